// Every text can be read, whatever state the page is in: its contrast as WCAG 2.2 AA asks, in light and dark,
// in every language. And an outcome has one color, wherever it is drawn.
#include "tests/browser/screen_shop.hpp"

using namespace suivi::test;

namespace {

// What the page sees of a text: its color over all that lies under it, through what fades and desaturates it.
// `faintTexts()` are those with less contrast than they need (3 where large, else 4.5); what cannot be used
// just now and what nobody sees needs none.
const std::string measure = R"js(
  const paint = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const parsed = new Map();
  const color = (css) => {
    if (!parsed.has(css)) {
      paint.clearRect(0, 0, 1, 1);
      paint.fillStyle = css;
      paint.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = paint.getImageData(0, 0, 1, 1).data;
      parsed.set(css, [r, g, b, a / 255]);
    }
    return parsed.get(css);
  };
  const over = (top, under) => under.map((u, i) => top[i] * top[3] + u * (1 - top[3])).slice(0, 3);
  const saturated = ([r, g, b], s) => [
    (0.213 + 0.787 * s) * r + (0.715 - 0.715 * s) * g + (0.072 - 0.072 * s) * b,
    (0.213 - 0.213 * s) * r + (0.715 + 0.285 * s) * g + (0.072 - 0.072 * s) * b,
    (0.213 - 0.213 * s) * r + (0.715 - 0.715 * s) * g + (0.072 + 0.928 * s) * b,
  ];
  const light = (c) => c.map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const contrast = (a, b) => (Math.max(light(a), light(b)) + 0.05) / (Math.min(light(a), light(b)) + 0.05);
  // The two colors at an element: of its ground and of a text painted on it with `ink`.
  const seen = (element, ink) => {
    const chain = [];
    for (let e = element; e; e = e.parentElement) chain.unshift(getComputedStyle(e));
    const draw = (from, ground) => {
      if (from === chain.length) return [ground, over(ink, ground)];
      const style = chain[from];
      let [below, text] = draw(from + 1, over(color(style.backgroundColor), ground));
      const fade = Number(style.opacity);
      [below, text] = [below, text].map((c) => over([...c, fade], ground));
      if (style.filter.startsWith('saturate(')) {
        const s = Number(style.filter.slice(9, -1));
        [below, text] = [below, text].map((c) => saturated(c, s));
      } else if (style.filter !== 'none') throw new Error(`a filter that is not known here: ${style.filter}`);
      return [below, text];
    };
    return draw(0, [255, 255, 255]);
  };
  const isSeen = (e) => e.checkVisibility({ visibilityProperty: true }) && !e.closest('.sr, .skeleton, :disabled, option, .skip')
    && !document.querySelector('dialog[open]:not(:has(*))') && (!document.querySelector('dialog[open]') || e.closest('dialog, .notices'));
  const faintTexts = () => {
    const found = new Set();
    const judge = (element, ink, text) => {
      const style = getComputedStyle(element);
      const size = parseFloat(style.fontSize);
      const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
      const [ground, painted] = seen(element, color(ink));
      const ratio = contrast(ground, painted);
      judged += 1;
      if (ratio < (large ? 3 : 4.5) - 0.005) found.add(`${ratio.toFixed(2)} ${element.tagName}.${element.getAttribute('class')} ${text.trim().slice(0, 40)}`);
    };
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const e = texts.currentNode.parentElement;
      if (!texts.currentNode.data.trim() || !isSeen(e)) continue;
      const style = getComputedStyle(e);
      judge(e, e.closest('svg') ? style.fill : style.color, texts.currentNode.data);
    }
    for (const e of document.querySelectorAll('input[placeholder]'))
      if (isSeen(e)) judge(e, getComputedStyle(e, '::placeholder').color, e.placeholder);
    return [...found];
  };
  let judged = 0;
)js";

// The page asks its own questions, and answers of the name `n` come out of `shown[n]` as that changes them.
const std::string stand_in = R"js(
  window.usual ??= window.fetch;
  window.shown = {};
  window.fetch = async (address, wish) => {
    const name = new URL(address).pathname.split('/api/v1/')[1];
    const change = window.shown[name] ?? window.shown.all;
    if (!change) return window.usual(address, wish);
    const answer = await (await window.usual(address, wish)).json();
    answer.data = await change(answer.data);
    return new Response(JSON.stringify(answer));
  };
)js";

// Every kind of problem at once, and so every tone and button of the list.
const std::string all_kinds = R"js(
  const kinds = Object.keys((await import(`/assets/lang/${document.documentElement.lang}.js`)).default)
    .map((k) => /^p\.(\w+)$/.exec(k)?.[1]).filter(Boolean);
  const ago = new Date(Date.now() - 3600e3).toISOString();
  window.shown.overview = (o) => ({ ...o, verdict: 'late', since: ago, reasons: ['key_refused'],
    waiting: { ...o.waiting, parked: 7, quarantined: 3 },
    problems: kinds.map((kind, i) => ({ kind, severity: i < 5 ? 'late' : 'attention', account: 'example-a',
      accountName: 'Alger', count: 3, since: ago, detail: '', action: null, view: '#/orders' })) });
)js";

struct page_state {
  std::string name, hash, before, condition; // scripts
};

const std::vector<page_state> states{
    {"in order", "#/overview",
     "window.shown.overview = (o) => ({ ...o, verdict: 'ok', reasons: [], problems: [] })",
     "document.querySelector('[data-verdict=ok]')"},
    {"late", "#/overview", all_kinds, "document.querySelector('[data-verdict=late]')"},
    {"without account", "#/overview",
     "window.shown.overview = (o) => ({ ...o, verdict: 'unknown', reasons: [], problems: [] });"
     "window.shown.accounts = () => ({ accounts: [] })",
     "document.querySelector('.steps')"},
    {"loading", "#/webhooks", "window.shown.all = () => new Promise(() => {})",
     "document.querySelector('.skeleton')"},
    {"nothing there", "#/orders?view=contested", "", "document.querySelector('.blank')"},
    {"an error", "#/accounts", "window.shown.all = () => { throw new TypeError('away') }",
     "document.querySelector('.fault')"},
    {"an order", "#/orders/R1", "", "document.querySelector('.detail ol.line li')"},
    {"a webhook", "#/webhooks", "", "document.querySelectorAll('tr[data-event]').length > 1"},
    {"sweeps", "#/sweeps", "", "document.querySelector('tr[data-sweep]')"},
    {"accounts", "#/accounts",
     "window.shown.problems = (p) => p; window.shown.accounts = (a) => ({ accounts: a.accounts.map((one) => "
     "({ ...one, "
     "problem: 'unauthorized' })) })",
     "document.querySelector('[data-account]')"},
};

// As it is, and while the connection is lost.
std::string faint(browser& b) {
  return b.text(measure + R"js(
    const { tell } = (await import('/assets/js/app.js')).live;
    const wrong = [];
    for (const live of ['on', 'lost']) {
      tell('state', live);
      while (Boolean(document.querySelector('.banner')) !== (live === 'lost')) await new Promise((go) => setTimeout(go, 5));
      for (const theme of ['light', 'dark']) {
        document.documentElement.dataset.theme = theme;
        for (const text of faintTexts()) wrong.push(`${live}, ${theme}: ${text}`);
      }
    }
    tell('state', 'on');
    if (judged < 40) wrong.push(`${judged} texts only`);
    return wrong;
  )js");
}

} // namespace

TEST_CASE(
    "every text has the contrast it needs in each state of each page, light and dark, in three languages") {
  screen_shop shop;
  shop.deliver("R1", 31);
  shop.deliver_nonsense();
  shop.sweep();
  browser b;
  b.open(shop.base + "/");
  b.await("document.querySelector('form input')");
  CHECK(b.text(measure + "const wrong = faintTexts(); return judged > 4 ? wrong : 'nothing judged'") == "[]");
  sign_in(b, shop);
  for (const std::string language : {"fr", "en", "ar"}) {
    b.run("localStorage.setItem('language', arguments[0]); location.reload()", {language});
    b.await("document.documentElement.lang === arguments[0] && document.querySelector('.shell') && "
            "document.body.dataset.ready",
            {language});
    for (const page_state& state : states) {
      CAPTURE(language);
      CAPTURE(state.name);
      b.run(stand_in + state.before +
                "; location.hash = arguments[0]; ((await import('/assets/js/app.js')).live).tell('refresh')",
            {state.hash});
      b.await(state.condition);
      CHECK(faint(b) == "[]");
    }
  }
}

TEST_CASE("an outcome has one color in its badge, its chip and its bar, and the legend says which") {
  screen_shop shop;
  browser b;
  sign_in(b, shop, "#/webhooks");
  auto wrong = b.text(R"js(
    const { h, render } = (await import('/assets/js/app.js')).dom;
    const { Outcome, outcomeKind, outcomeOrder } = (await import('/assets/js/app.js')).status;
    const { stack, stacked } = (await import('/assets/js/app.js')).count_chart;
    const { Legend } = (await import('/assets/js/app.js')).overview_charts;
    const place = document.body.appendChild(document.createElement('div'));
    const tones = {};
    const wrong = [];
    for (const outcome of outcomeOrder) {
      const kind = outcomeKind(outcome);
      place.replaceChildren();
      const bar = stacked({ at: 1, [outcome]: 5 });
      for (const each of stack) if (bar[each] !== (each === kind ? 5 : 0)) wrong.push(`${outcome} counts as ${each}`);
      render(h('div', h(Outcome, { value: outcome }), h(Legend, { data: { points: [{ at: 1, parked: 1 }] } }), h('svg', h('rect', { class: kind }))), place);
      const tone = place.querySelector('.badge').dataset.tone ?? '';
      if ((tones[kind] ??= tone) !== tone) wrong.push(`${outcome} has another badge than ${kind}`);
      place.querySelector('svg').setAttribute('class', 'chart');
      place.firstChild.className = 'chart';
      const drawn = getComputedStyle(place.querySelector('rect')).fill;
      const told = getComputedStyle(place.querySelector(`.legend i.${kind}`)).backgroundColor;
      if (drawn !== told) wrong.push(`${outcome} is drawn ${drawn}, the legend has ${told}`);
    }
    if (new Set(Object.values(tones)).size !== stack.length) wrong.push('two kinds have one badge');
    return wrong;
  )js");
  CHECK(wrong == "[]");
}
