// The screen's pure parts, in the browser that runs them: numbers, times, ticks, timelines, verdicts.
#include "tests/browser/screen_shop.hpp"

using namespace suivi::test;

namespace {

// One page for all of them; nothing of the shop is asked.
struct laboratory {
  screen_shop shop{two_accounts, 1, 1};
  browser b;
  laboratory() { b.open(shop.base + "/"); }
  // What the script returns; blanks that do not break are blanks here.
  std::string result(const std::string& script) {
    return b.text("const i18n = (await import('/assets/js/app.js')).i18n; const f = (await "
                  "import('/assets/js/app.js')).format;"
                  "const at = Date.parse('2026-11-25T13:32:08Z'); const said = await (async () => {" +
                  script + "})(); return typeof said === 'string' ? said.replace(/\\s/g, ' ') : said");
  }
};

} // namespace

TEST_CASE("times are the shop's zone's, of 24 hours, and numbers are written as the reader's language does") {
  laboratory l;
  CHECK(l.result("await i18n.speak('fr'); return f.clock(at)") == "14:32");
  CHECK(l.result("await i18n.speak('fr'); return f.seconds(at)") == "14:32:08");
  CHECK(l.result("await i18n.speak('en'); return f.clock(at)") == "14:32");
  CHECK(l.result("await i18n.speak('ar'); return f.clock(at)") == "14:32");
  CHECK(l.result("await i18n.speak('fr'); f.setTimeZone('UTC'); const c = f.clock(at); "
                 "f.setTimeZone('Africa/Algiers'); return c") == "13:32");
  CHECK(l.result("await i18n.speak('fr'); return f.dayClock(at, at + 3600e3)") == "14:32");
  CHECK(l.result("await i18n.speak('en'); return f.dayClock(at, at + 86400e3)") == "25 Nov, 14:32");
  CHECK(l.result("await i18n.speak('fr'); return f.ago(at - 9.2 * 3600e3, at)") == "il y a 9 h");
  CHECK(l.result("await i18n.speak('fr'); return f.ago(at + 5000, at)") == "il y a 0 s"); // no future
  CHECK(l.result("await i18n.speak('fr'); return [9.21 * 3600e3, 5300, 180e3, 3 * "
                 "86400e3, 59999].map(f.span).join('; ').replace(/\\s/g, ' ')") ==
        "9 h 12; 5,3 s; 3 min; 3 j; 59 s");
  CHECK(l.result("await i18n.speak('en'); return f.pct(97.734, 2)") == "97.73%");
  CHECK(l.result("await i18n.speak('fr'); return f.pct(97.734, 2)") == "97,73 %");
  CHECK(l.result("return f.signed(-0.4) + f.signed(0.4)").starts_with("−0"));
}

TEST_CASE("a word with forms is chosen by its number, in Arabic among six") {
  laboratory l;
  CHECK(l.result("await i18n.speak('fr'); return i18n.t('p.untracked', {n: 1})") ==
        "1 commande sans numéro de suivi");
  CHECK(l.result("await i18n.speak('fr'); return i18n.t('p.untracked', {n: 42})") ==
        "42 commandes sans numéro de suivi");
  CHECK(l.result("await i18n.speak('ar'); return i18n.t('p.untracked', {n: 2})") == "طلبان بلا رقم تتبع");
  CHECK(l.result("await i18n.speak('ar'); return i18n.t('p.untracked', {n: 5})") == "5 طلبات بلا رقم تتبع");
  CHECK(l.result("await i18n.speak('ar'); return i18n.t('p.untracked', {n: 42})") == "42 طلبا بلا رقم تتبع");
  CHECK(l.result("await i18n.speak('ar'); return i18n.t('live.banner', {at: '14:32'})")
            .find("\u2068"
                  "14:32\u2069") != std::string::npos); // does not turn its neighbors around
  CHECK(l.result("return i18n.t('no.such.word')") == "no.such.word");
}

TEST_CASE("a word with a count has every form that its language's grammar has, in all three languages") {
  laboratory l;
  CHECK(l.result(R"(
    const wrong = [];
    const words = {};
    for (const id of ['fr', 'en', 'ar']) words[id] = (await import(`/assets/lang/${id}.js`)).default;
    for (const id of ['fr', 'en', 'ar']) {
      // None is said as hundreds are, and a million in French as thousands.
      const forms = new Intl.PluralRules(id).resolvedOptions().pluralCategories
        .filter((form) => form !== 'zero' && !(id === 'fr' && form === 'many'));
      for (const [key, word] of Object.entries(words[id])) {
        if (key === 'st') continue;
        const has = typeof word === 'object' ? Object.keys(word) : [];
        const counts = (one) => typeof one === 'object' || /\{n\}/.test(one);
        if (!counts(word) && !(id === 'ar' && typeof words.fr[key] === 'object')) continue;
        for (const form of forms) if (!has.includes(form)) wrong.push(`${id} ${key} lacks ${form}`);
      }
    }
    return wrong)") == "[]");
  // One, two, some, many, hundreds.
  CHECK(l.result("await i18n.speak('ar'); return [1, 2, 3, 10, 11, 99, 100, 102, 103, 0].map((n) => "
                 "i18n.t('p.quarantined', {n}))") ==
        R"(["إشعار واحد غير مفهوم","إشعاران غير مفهومين","3 إشعارات غير مفهومة","10 إشعارات غير مفهومة",)"
        R"("11 إشعارا غير مفهوم","99 إشعارا غير مفهوم","100 إشعار غير مفهوم","102 إشعار غير مفهوم",)"
        R"("103 إشعارات غير مفهومة","0 إشعار غير مفهوم"])");
  // A number that is not {n} would have no forms: it is told as a missing word is.
  CHECK(l.result(
            "await i18n.speak('fr'); i18n.t('s.progress', {done: 3, of: '4'}); return i18n.missingWords()") ==
        R"(["s.progress {done}"])");
}

TEST_CASE("ticks stand at full hours of the shop's zone and at round values") {
  laboratory l;
  const std::string scale = "const s = (await import('/assets/js/app.js')).scale; await i18n.speak('fr'); ";
  CHECK(l.result(scale + "return s.niceTicks(0, 15.6, 4)") == "[0,5,10,15]");
  CHECK(l.result(scale + "return s.niceTicks(92.1, 98.7, 5)") == "[94,96,98]");
  CHECK(l.result(scale + "return s.niceTicks(0, 4.16, 2)") == "[0,2,4]"); // never the lowest alone
  CHECK(l.result(scale + "const t = s.timeTicks(at - 3600e3, at, 7); return t.ticks.map(t.label)") ==
        R"(["13:40","13:50","14:00","14:10","14:20","14:30"])");
  CHECK(l.result(scale + "return s.filled([{at: 120e3, n: 1}], 60e3, 240e3, 60e3).map((p) => p.n ?? 0)") ==
        "[0,1,0]");
  CHECK(l.result(scale + "return [s.share(1, 3), s.share(0, 0)]") == "[25,0]");
}

TEST_CASE("an order's changes of one cause are one step, and webhooks without effect are steps too") {
  laboratory l;
  CHECK(l.result(R"(
    const { timeline } = (await import('/assets/js/app.js')).order;
    const sweep = { at: '2026-11-25T13:29:00Z', source: 'sweep', sweepId: '7' };
    return timeline(
      [{ at: '2026-11-25T08:20:00Z', source: 'webhook', eventId: '1', field: 'shippingStatus', from: 'A', to: 'B' },
       { ...sweep, field: 'shippingStatus', from: 'B', to: 'C' }, { ...sweep, field: 'alertReason', from: null, to: 'x' }],
      [{ id: '1', createdAt: '2026-11-25T08:20:00Z', outcome: 'applied' }, { id: '2', createdAt: '2026-11-25T08:26:00Z', outcome: 'stale' }])
      .map((s) => `${s.source} ${s.outcome ?? ''} ${s.changes.length}`))") ==
        R"(["sweep  2","webhook stale 0","webhook  1"])");
}

TEST_CASE("the verdict's words follow the verdict and what decided it") {
  laboratory l;
  const std::string words =
      "const { verdictWords: w } = (await import('/assets/js/app.js')).verdict; await i18n.speak('fr'); ";
  CHECK(l.result(words + "return w({verdict: 'ok', problems: [], reasons: []}).title") ==
        "Vos livraisons sont à jour");
  CHECK(
      l.result(words +
               "return w({verdict: 'attention', reasons: ['quarantined'], problems: [{kind: 'quarantined'}, "
               "{kind: 'failed'}]}).title") == "À jour, avec 2 points à regarder");
  CHECK(l.result(words +
                 "return w({verdict: 'attention', reasons: ['untracked'], problems: [{kind: 'untracked', "
                 "count: 42}]}).title") == "À jour, sauf 42 commandes");
  CHECK(l.result(words + "return w({verdict: 'attention', reasons: ['untracked'], problems: [{kind: "
                         "'untracked', count: 1}]}).lead")
            .find("Celle-ci n’a toujours pas") != std::string::npos);
  CHECK(l.result(words +
                 "return w({verdict: 'late', since: new Date(Date.now() - 1000).toISOString(), reasons: "
                 "['key_refused'], problems: [{kind: 'key_refused', accountName: 'Oran'}]}).lead")
            .starts_with("Le transporteur refuse la clé du compte Oran."));
  CHECK(l.result(words + "return w({verdict: 'unknown', reasons: [], problems: []}, []).title") ==
        "Aucun compte de livraison n’est branché");
  CHECK(l.result(words + "return w({verdict: 'unknown', reasons: [], problems: []}, [{}]).title") ==
        "Première synchronisation en cours");
}
