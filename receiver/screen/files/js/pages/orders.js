// Orders: searched, by view, by account, by state; one of them beside the list.
import { h } from '../dom.js';
import { num } from '../format.js';
import { Icon } from '../icons.js';
import { known as known_word, language, t } from '../i18n.js';
import { Order } from './order.js';
import { Ago, Blank, Block, Button, Chip, Head, Select } from '../parts.js';
import { changed, go, replace } from '../route.js';
import { statesOf } from '../states.js';
import { Status, statusWord } from '../status.js';
import { View } from '../view.js';

const views = ['all', 'untracked', 'unchecked', 'alerted', 'contested', 'unassigned', 'conflicting'];
const shown_always = views.slice(0, 4); // the others where there are any
const narrowing = ['query', 'account', 'status', 'only', 'sweep', 'counted', 'unmatched']; // beside the view
const rows_asked = 25;
const typing_ms = 300;

// Of the account that is chosen, else of all; until they are known, or where there is none, the first courier's.
function couriersOf(accounts, chosen) {
  const one = accounts.find((a) => a.id === chosen);
  return one ? [one.courier] : accounts.length ? accounts.map((a) => a.courier) : ['maystro'];
}

// The states of those couriers, as [text, word]; of several in the order of the alphabet. `also`: one that is there whatever they
// have.
export function stateChoices(couriers, also) {
  const known = [...new Set(couriers)].filter((courier) => Object.hasOwn(statesOf, courier));
  const texts = new Set(known.flatMap((courier) => statesOf[courier]));
  if (also) texts.add(also);
  const choices = [...texts].map((text) => [text, statusWord(text)]);
  return known.length > 1 ? choices.sort((a, b) => a[1].localeCompare(b[1], language())) : choices;
}

export class Orders extends View {
  componentDidMount() {
    this.load();
    this.ask('accounts', 'accounts');
    this.on('refresh', () => this.load());
    this.on('change', () => this.soon('list', 3000, () => this.load()));
    this.every(30_000, () => this.load());
    this.every(5_000, () => this.setState({}));
    if (this.props.route.query.get('find')) this.field?.focus();
  }
  componentDidUpdate(before) {
    const filter = (route) => ['view', ...narrowing].map((name) => route.query.get(name)).join('\n');
    if (filter(before.route) !== filter(this.props.route)) {
      this.setState({ more: null });
      this.forget('list');
      this.load();
      // Another address says what is looked for, unless it is the one that this very text led to.
      const text = this.props.route.query.get('query') ?? '';
      if (this.state.text !== undefined && this.state.text.trim() !== text) this.setState({ text: undefined });
    }
    if (this.props.route.query.get('find') && !before.route.query.get('find')) this.field?.focus();
  }
  filter(after = '') {
    const q = this.props.route.query;
    return {
      query: q.get('query'),
      view: q.get('view') ?? 'all',
      account: q.get('account'),
      status: q.get('status'),
      only: q.get('only'),
      sweep: q.get('sweep'),
      counted: q.get('counted'),
      unmatched: q.get('unmatched'),
      limit: rows_asked,
      after,
    };
  }
  async load() {
    const answer = await this.ask('list', 'orders', this.filter());
    if (answer.data?.counts) this.setState({ counts: answer.data.counts });
  }
  async more(after) {
    const before = this.state.more ?? [];
    this.setState({ loading: true });
    const answer = await this.ask('page', 'orders', this.filter(after));
    this.setState({ loading: false });
    if (answer.data && !answer.error)
      this.setState({ more: [...before, ...answer.data.orders], next: answer.data.next });
  }
  type(text) {
    clearTimeout(this.typed);
    this.setState({ text });
    this.typed = setTimeout(() => replace(changed(this.props.route, { query: text.trim(), find: '' })), typing_ms);
  }

  filters(route, known, accounts) {
    const view = route.query.get('view') ?? 'all';
    const only = route.query.get('only');
    const given = (name) => route.query.get(name) ?? '';
    // Counts are all orders': beside another filter they would be another list's.
    const counts = narrowing.some((name) => route.query.get(name)) ? undefined : known;
    const remember = (node) => {
      if (node) this.field = node;
    };
    const text = this.state.text ?? route.query.get('query') ?? '';
    const chips = h(
      '.chips',
      { role: 'group', 'aria-label': t('o.views') },
      views
        .filter((v) => shown_always.includes(v) || v === view || counts?.[v] > 0)
        .map((v) =>
          h(
            Chip,
            {
              key: v,
              pressed: v === view,
              'data-view': v,
              'data-n': counts?.[v],
              onClick: () => go(changed(route, { view: v === 'all' ? '' : v, only: '', sweep: '', counted: '', unmatched: '' })),
            },
            t(`o.view.${v}`),
            counts?.[v] !== undefined && [' ', h('b', num(counts[v]))],
          ),
        ),
      given('sweep') &&
        h(
          Chip,
          {
            key: 'sweep',
            pressed: true,
            'data-sweep': given('sweep'),
            onClick: () => go(changed(route, { sweep: '', counted: '' })),
          },
          t('s.one', { id: given('sweep') }),
          given('counted') && ` · ${t(`count.${given('counted')}`)}`,
          ' ×',
        ),
      known_word(`o.only.${only}`) &&
        h(
          Chip,
          { key: 'only', pressed: true, 'data-only': only, onClick: () => go(changed(route, { only: '' })) },
          t(`o.only.${only}`),
          ' ×',
        ),
    );
    const controls = h(
      '.filters',
      h(
        '.search',
        h(Icon, { name: 'search' }),
        h('input.field', {
          ref: remember,
          type: 'search',
          value: text,
          placeholder: t('o.search'),
          'aria-label': t('o.search'),
          onInput: (e) => this.type(e.target.value),
        }),
        h('kbd', { 'aria-hidden': 'true' }, '/'),
      ),
      accounts.length > 1 &&
        h(Select, {
          label: t('th.account'),
          value: given('account'),
          options: [['', t('w.account')], ...accounts.map((a) => [a.id, a.name])],
          onChoose: (account) => go(changed(route, { account })),
        }),
      h(Select, {
        label: t('th.status'),
        value: given('status'),
        options: [['', t('o.status')], ...stateChoices(couriersOf(accounts, given('account')), given('status'))],
        onChoose: (status) => go(changed(route, { status })),
      }),
    );
    return [h('.filters', chips), controls];
  }

  row(o, route) {
    const why = o.why ? (known_word(`why.${o.why}`) ? t(`why.${o.why}`) : o.why) : null;
    return h(
      'tr.pick',
      { key: o.reference, 'aria-selected': o.reference === route.id ? 'true' : 'false', 'data-reference': o.reference },
      h(
        'td',
        h('a.row.ltr', { href: changed(route, { find: '' }, o.reference) }, o.reference),
        o.trackingNumber ? h('span.under.mono.ltr', o.trackingNumber) : h('span.under', why ?? t('o.none.number')),
      ),
      h('td', h(Status, { value: o.shippingStatus }), o.alertReason && h('span.under', { dir: 'auto' }, o.alertReason)),
      h(
        'td.wide-only.quiet.nowrap',
        h(Ago, { at: o.changedAt }),
        o.changedBy && h('span.under', t(`source.${o.changedBy}`)),
      ),
      h('td.num.quiet.wide-only.spare', h(Ago, { at: o.checkedAt })),
    );
  }
  list(data, route) {
    const { more, loading } = this.state;
    const rows = [...data.orders, ...(more ?? []).filter((o) => !data.orders.some((d) => d.reference === o.reference))];
    const next = more ? this.state.next : data.next;
    const narrowed = narrowing.some((name) => route.query.get(name));
    const view = route.query.get('view') ?? 'all';
    if (!rows.length && !narrowed && view === 'all')
      return h(Blank, { icon: 'orders', title: t('o.none.yet') }, h('p', t('o.none.yet.why')));
    if (!rows.length)
      return h(
        Blank,
        { icon: 'search', title: t('o.none') },
        h('p', t(narrowed ? 'o.none.why' : view === 'untracked' ? 'o.none.untracked' : 'o.none.view')),
      );
    return h(
      'div',
      h(
        '.scroll',
        h(
          'table',
          { 'data-list': 'orders' },
          h(
            'thead',
            h(
              'tr',
              h('th', t('th.order')),
              h('th', t('th.status')),
              h('th.wide-only', t('th.changed')),
              h('th.num.wide-only.spare', t('th.checked')),
            ),
          ),
          h(
            'tbody',
            rows.map((o) => this.row(o, route)),
          ),
        ),
      ),
      h(
        '.foot-row',
        h('span', t('list.shown', { n: rows.length })),
        next && h(Button, { busy: loading, onClick: () => this.more(next) }, t('list.more')),
      ),
    );
  }

  render({ route }, { list, counts, accounts }) {
    const known = accounts?.data?.accounts ?? [];
    const open = Boolean(route.id);
    return h(
      'div',
      h(Head, { title: t('nav.orders') }),
      this.filters(route, counts, known),
      h(
        '.split',
        { class: open ? 'open hide-list' : 'hide-detail' },
        h(
          'section.panel.list',
          { 'aria-label': t('nav.orders') },
          h(Block, { answer: list, height: 420, retry: () => this.load(), draw: (data) => this.list(data, route) }),
        ),
        open && h(Order, { reference: route.id, route, accounts: known }),
      ),
    );
  }
}
