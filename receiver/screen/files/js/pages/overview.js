// The first page: the verdict, four figures, two charts, the accounts and the latest changes.
import { h } from '../dom.js';
import { Kpis, Waiting } from './figures.js';
import { num, pct } from '../format.js';
import { healthOf } from '../health.js';
import { t } from '../i18n.js';
import { tell } from '../live.js';
import { CoverageChart, Legend, MinuteChart } from '../charts/overview_charts.js';
import { Ago, Badge, Blank, Block, Count } from '../parts.js';
import { link } from '../route.js';
import { Change } from '../status.js';
import { Verdict, VerdictSkeleton } from './verdict.js';
import { View } from '../view.js';

const changes_shown = 5;
const accounts_shown = 12;
const tones = ['bad', 'warn', 'unknown', 'ok'];
const changes_kept = 50; // one order's state, number and ids change at once

// What all accounts have together, where there are several.
function allOf(accounts) {
  const counted = accounts.filter((a) => a.coverage);
  const total = counted.reduce((n, a) => n + a.coverage.total, 0);
  const tracked = counted.reduce((n, a) => n + a.coverage.withTracking, 0);
  const heard = accounts.map((a) => a.webhookHeardAt).filter(Boolean).sort();
  return {
    share: !counted.length ? undefined : total ? (tracked * 100) / total : 100,
    untracked: accounts.reduce((n, a) => n + (a.untracked ?? 0), 0),
    heardAt: heard.at(-1) ?? null,
  };
}

// Of many accounts those that need somebody come first, and the rest is a page away.
function ByAccount({ accounts, problems }) {
  if (!accounts.length) return h(Blank, { icon: 'accounts', title: t('v.empty') });
  const all = allOf(accounts);
  const known = accounts.map((a) => ({ a, health: healthOf(a, problems) }));
  if (known.length > accounts_shown) known.sort((x, y) => tones.indexOf(x.health.tone) - tones.indexOf(y.health.tone));
  const row = ({ a, health }) => {
    const share = a.coverage?.coveragePercentage;
    return h(
      'tr',
      { key: a.id, 'data-account': a.id },
      h('td', h('a.strong', { href: link('accounts', a.id) }, a.name)),
      h('td.num', h('a', { href: link('orders', '', { account: a.id, only: 'with_account' }) }, share === undefined ? '—' : pct(share, 2))),
      h(
        'td.num.wide-only',
        h(Count, { n: a.untracked ?? 0, href: link('orders', '', { view: 'untracked', account: a.id }) }),
      ),
      h(
        'td.wide-only.roomy-only.quiet',
        h('a', { href: link('webhooks', '', { account: a.id }) }, h(Ago, { at: a.webhookHeardAt })),
      ),
      h('td', h(Badge, { tone: health.tone, icon: health.tone }, t(`health.${health.kind}`))),
    );
  };
  return h(
    '.scroll',
    h(
      'table',
      h(
        'thead',
        h(
          'tr',
          h('th', t('th.account')),
          h('th.num', t('th.coverage')),
          h('th.num.wide-only', t('th.untracked')),
          h('th.wide-only.roomy-only', t('th.hook')),
          h('th', t('th.state')),
        ),
      ),
      h('tbody', known.slice(0, accounts_shown).map(row)),
      accounts.length > 1 &&
        h(
          'tfoot',
          h(
            'tr',
            { 'data-all': '' },
            h(
              'td.quiet',
              known.length > accounts_shown
                ? h('a', { href: '#/accounts' }, t('todo.all', { count: num(known.length) }))
                : t('c.all'),
            ),
            h('td.num', h('a', { href: link('orders', '', { only: 'with_account' }) }, all.share === undefined ? '—' : pct(all.share, 2))),
            h('td.num.wide-only', h(Count, { n: all.untracked, href: link('orders', '', { view: 'untracked' }) })),
            h('td.wide-only.roomy-only.quiet', h('a', { href: link('webhooks') }, h(Ago, { at: all.heardAt }))),
            h('td'),
          ),
        ),
    ),
  );
}

// What of an order changed at one moment is one line: its state before its number, and nothing that nobody reads. Pure.
const told_first = ['shippingStatus', 'trackingNumber', 'status', 'alertReason', 'abortReason'];
export function latest(changes, most) {
  const lines = new Map();
  for (const change of changes) {
    const rank = told_first.indexOf(change.field);
    if (rank < 0) continue;
    const key = `${change.at} ${change.reference} ${change.source}`;
    const before = lines.get(key);
    if (!before || rank < told_first.indexOf(before.field)) lines.set(key, { ...change, key });
  }
  return [...lines.values()].slice(0, most);
}

function LatestChanges({ changes }) {
  if (!changes.length) return h(Blank, { icon: 'sweeps', title: t('last.none') }, h('p', t('last.none.why')));
  return h(
    'ul.feed',
    latest(changes, changes_shown).map((c) =>
      h(
        'li',
        { key: c.key, class: c.fresh ? 'fresh' : '' },
        h('span.nowrap.time', h(Ago, { at: c.at })),
        h('span.what', h('a.ltr', { href: link('orders', c.reference) }, c.reference ?? '—'), h(Change, c)),
        h('span.faint.nowrap', t(`source.${c.source}`)),
      ),
    ),
  );
}

export class Overview extends View {
  componentDidMount() {
    this.all();
    this.on('refresh', () => this.all());
    for (const topic of ['overview', 'problem'])
      this.on(topic, () => this.soon('overview', 1000, () => this.overview()));
    this.on('sweep', () => this.soon('overview', 3000, () => this.overview()));
    this.on('change', (c) => this.arrived(c));
    this.on('event', () =>
      this.soon('webhooks', 5000, () => this.ask('webhooks', 'series', { name: 'webhooks', period: '1h' })),
    );
    this.every(30_000, () => this.all());
    this.every(5_000, () => this.setState({})); // ages
  }
  // The heading that had the focus while it was awaited hands it on.
  componentWillUpdate() {
    this.heading = document.activeElement?.tagName === 'H1';
  }
  componentDidUpdate() {
    if (this.heading && document.activeElement === document.body)
      document.querySelector('main h1')?.focus({ preventScroll: true });
  }
  all() {
    this.overview();
    this.ask('coverage', 'series', { name: 'coverage', period: '30d' });
    this.ask('webhooks', 'series', { name: 'webhooks', period: '1h' });
    this.ask('missed', 'series', { name: 'missed', period: '1h' });
    this.ask('changes', 'changes', { limit: changes_kept });
  }
  async overview() {
    this.ask('accounts', 'accounts');
    const answer = await this.ask('overview', 'overview');
    if (answer.data) tell('zone', answer.data.timezone);
  }
  arrived(change) {
    const known = this.state.changes?.data?.changes;
    if (!known) return;
    const changes = [{ ...change, fresh: true }, ...known].slice(0, changes_kept);
    this.setState({ changes: { ...this.state.changes, data: { ...this.state.changes.data, changes } } });
  }

  render({ lost }, { overview, accounts, coverage, webhooks, missed, changes }) {
    const o = overview?.data;
    const known = accounts?.data?.accounts;
    const names = Object.fromEntries((known ?? []).map((a) => [a.id, a.name]));
    if (!o && overview?.error)
      return h(
        '.stack',
        h('h1.sr', { tabindex: '-1' }, t('nav.overview')),
        h('section.panel', h(Block, { answer: overview, retry: () => this.all() })),
      );
    const panel = (title, range, end, body) =>
      h('section.panel', h('header', h('h2', title), range && h('span.faint', range), end), h('.body', body));
    return h(
      '.stack',
      { class: lost ? 'stale' : '' },
      o ? h(Verdict, { overview: o, accounts: known, changed: () => this.overview() }) : h(VerdictSkeleton),
      o && overview.error && h(Block, { answer: overview, retry: () => this.overview(), draw: () => null }),
      o
        ? h(Kpis, { o })
        : h(
            'section.panel.kpis',
            { 'aria-busy': 'true' },
            [1, 2, 3, 4].map((i) =>
              h('.kpi', { key: i }, h('span.skeleton'), h('span.v', h('span.skeleton')), h('span.skeleton')),
            ),
          ),
      o && h(Waiting, { waiting: o.waiting }),
      h(
        '.two',
        panel(
          t('c.coverage'),
          t('c.coverage.range'),
          null,
          h(Block, {
            answer: coverage,
            height: 290,
            retry: () => this.all(),
            draw: (data) => h(CoverageChart, { data, names }),
          }),
        ),
        panel(
          t('c.minute'),
          t('c.minute.range'),
          h(Legend, { data: webhooks?.data }),
          h(Block, {
            answer: webhooks,
            height: 290,
            retry: () => this.all(),
            draw: (data) => h(MinuteChart, { data, missedPoints: missed?.data?.points ?? [] }),
          }),
        ),
      ),
      h(
        '.two',
        h(
          'section.panel',
          h('header', h('h2', t('by.account')), h('.end', h('a', { href: '#/accounts' }, t('more')))),
          h(Block, {
            answer: accounts,
            height: 200,
            retry: () => this.all(),
            draw: (data) => h(ByAccount, { accounts: data.accounts, problems: o?.problems }),
          }),
        ),
        panel(
          t('last.changes'),
          null,
          h('.end', h('a', { href: '#/orders' }, t('all'))),
          h(Block, {
            answer: changes,
            height: 200,
            retry: () => this.all(),
            draw: (data) => h(LatestChanges, { changes: data.changes }),
          }),
        ),
      ),
    );
  }
}
