// Orders: searched, by view, by account, by state; one of them beside the list.
import { h } from '../dom.js';
import { num } from '../format.js';
import { Icon } from '../icons.js';
import { known, t } from '../i18n.js';
import { Order } from './order.js';
import { Ago, Blank, Block, Button, Chip, Head, Select } from '../parts.js';
import { changed, go, replace } from '../route.js';
import { Status, statusWord } from '../status.js';
import { View } from '../view.js';

const views = ['all', 'untracked', 'unchecked', 'alerted', 'contested', 'unassigned', 'conflicting'];
const shown_always = views.slice(0, 4); // the others where there are any
const narrowing = ['query', 'account', 'status', 'unmatched']; // beside the view
const statuses = [
  'CRÉÉ',
  'PRÊT À EXPÉDIER',
  'EN TRANSIT POUR EXPÉDITION',
  'ASSIGNÉ',
  'EXPÉDIÉ',
  'ALERTÉ',
  'REPORTÉ',
  'LIVRÉ',
  'ANNULÉ',
  'PRÊT À RETOURNER',
  'EN TRANSIT POUR RETOUR',
  'PRIS PAR LE MAGASIN',
];
const rows_asked = 25;
const typing_ms = 300;

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
              onClick: () => go(changed(route, { view: v === 'all' ? '' : v, unmatched: '' })),
            },
            t(`o.view.${v}`),
            counts?.[v] !== undefined && [' ', h('b', num(counts[v]))],
          ),
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
          value: route.query.get('account') ?? '',
          options: [['', t('w.account')], ...accounts.map((a) => [a.id, a.name])],
          onChoose: (account) => go(changed(route, { account })),
        }),
      h(Select, {
        label: t('th.status'),
        value: route.query.get('status') ?? '',
        options: [['', t('o.status')], ...statuses.map((s) => [s, statusWord(s)])],
        onChoose: (status) => go(changed(route, { status })),
      }),
    );
    return [h('.filters', chips), controls];
  }

  row(o, route) {
    const why = o.why ? (known(`why.${o.why}`) ? t(`why.${o.why}`) : o.why) : null;
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
    if (!rows.length)
      return h(
        Blank,
        { icon: 'search', title: t('o.none') },
        h('p', t(route.query.get('view') === 'untracked' ? 'o.none.untracked' : 'o.none.why')),
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
