// The first page: the verdict, four figures, two charts, the accounts and the latest changes.
import { CountChart, stacked } from './count_chart.js';
import { h } from './dom.js';
import { clock, dayClock, moment, num, pct, signed, span } from './format.js';
import { t } from './i18n.js';
import { tell } from './live.js';
import { Ago, Badge, Blank, Block, ToneIcon } from './parts.js';
import { link } from './route.js';
import { filled } from './scale.js';
import { ShareChart } from './share_chart.js';
import { Change } from './status.js';
import { Verdict, VerdictSkeleton } from './verdict.js';
import { View } from './view.js';

const changes_shown = 5;
const percent = (p) => (p?.total > 0 ? (p.withTracking / p.total) * 100 : undefined);

const Kpi = ({ name, href, value, small, tone, id, n, children }) =>
  h('a.kpi', { href, 'data-kpi': id, 'data-n': n },
    h('span.t', name), h('span.v', { 'data-tone': tone }, value, tone && h(ToneIcon, { tone }), small && h('small', ' ', small)), h('span.s', children));

function Kpis({ o }) {
  const { coverage, untracked, freshness, missed } = o;
  const week = coverage.weekAgo === null || coverage.weekAgo === undefined ? undefined : coverage.coveragePercentage - coverage.weekAgo;
  const oldest = freshness.oldestCheckedAt ? Date.now() - moment(freshness.oldestCheckedAt) : null;
  const of = (missed.missed ?? 0) + (missed.changes ?? 0);
  return h('section.panel.kpis', { 'aria-label': t('k') },
    h(Kpi, { id: 'coverage', n: coverage.withTracking, name: t('k.coverage'), href: '#/orders', value: pct(coverage.coveragePercentage, 2), small: week === undefined ? null : t('k.week', { by: signed(week) }) }, t('k.coverage.s', { with: coverage.withTracking, total: coverage.total })),
    h(Kpi, { id: 'untracked', n: untracked.count, name: t('k.untracked', { n: Math.round(untracked.olderThanSeconds / 3600) }), href: link('orders', '', { view: 'untracked' }), value: num(untracked.count), tone: untracked.count ? 'warn' : undefined }, t('k.untracked.s', { n: untracked.unknownToCourier })),
    h(Kpi, { id: 'freshness', n: freshness.open, name: t('k.fresh'), href: link('orders', '', { view: 'unchecked' }), value: oldest === null ? '—' : span(oldest), tone: oldest !== null && oldest > freshness.boundSeconds * 1e3 ? 'warn' : undefined }, t('k.fresh.s', { n: freshness.open, bound: span(freshness.boundSeconds * 1e3) })),
    h(Kpi, { id: 'missed', n: missed.missed, name: t('k.missed'), href: '#/sweeps', value: of ? pct((missed.missed / of) * 100) : '—', small: t('k.days') }, t('k.missed.s', { n: missed.missed ?? 0, of })));
}

const waitingOrder = ['pending', 'parked', 'confirming', 'failed', 'conflict', 'quarantined', 'spooled'];
function Waiting({ waiting }) {
  const shown = waitingOrder.filter((o) => waiting?.[o] > 0);
  if (!shown.length) return null;
  return h('p.waiting-now', t('waiting'), ' ', shown.map((o) =>
    h('a.chip', { key: o, href: o === 'spooled' ? '#/webhooks' : link('webhooks', '', { outcome: o }), 'data-waiting': o }, t(`outcome.${o}`), ' ', h('b', num(waiting[o])))));
}

const Figures = ({ head, rows }) =>
  h('details.data', h('summary', t('figures')),
    h('.scroll', { tabindex: '0', role: 'region', 'aria-label': t('figures') }, h('table', h('thead', h('tr', head.map((name, i) => h('th', { key: i, class: i ? 'num' : '' }, name)))),
      h('tbody', rows.map((row, r) => h('tr', { key: r }, row.map((cell, i) => h('td', { key: i, class: i ? 'num' : '' }, cell))))))));

function CoverageChart({ data, names }) {
  const points = data.points.map((p) => ({ at: moment(p.at), of: { all: percent(p), ...Object.fromEntries(Object.entries(p.byAccount ?? {}).map(([id, one]) => [id, percent(one)])) } })).filter((p) => p.of.all !== undefined);
  if (!points.length) return h(Blank, { icon: 'overview', title: t('c.none') }, h('p', t('c.none.why')));
  const ids = Object.keys(points.at(-1).of).filter((id) => id !== 'all');
  const series = [{ id: 'all', name: t('c.all') }, ...(ids.length > 1 ? ids.slice(0, 6).map((id) => ({ id, name: names[id] ?? id })) : [])];
  const every = Math.max(1, Math.floor(points.length / 30));
  const rows = points.filter((_, i) => (points.length - 1 - i) % every === 0).reverse().map((p) => [dayClock(p.at), ...series.map((s) => (p.of[s.id] === undefined ? '—' : pct(p.of[s.id], 2)))]);
  return h('div', h(ShareChart, { points, series, label: t('c.coverage.label', { from: pct(points[0].of.all), to: pct(points.at(-1).of.all) }) }),
    h(Figures, { head: [t('th.day'), ...series.map((s) => s.name)], rows }));
}

export function countBars(data) {
  const step = data.stepSeconds * 1e3;
  const points = data.points.map((p) => ({ ...p, at: moment(p.at) }));
  return { step, bars: filled(points, moment(data.from), moment(data.until), step).map(stacked) };
}

function MinuteChart({ data, missedPoints }) {
  const { step, bars } = countBars(data);
  const missed = missedPoints.map((m) => ({ ...m, at: moment(m.at), until: moment(m.until), missed: m.missed ?? 0, told: m.told ?? 0 }));
  if (!bars.length) return h(Blank, { icon: 'webhooks', title: t('c.none') });
  const got = bars.reduce((sum, b) => sum + b.done + b.quiet + b.trouble, 0);
  const gone = missed.reduce((sum, m) => sum + m.missed, 0);
  const open = (i) => (location.hash = link('webhooks', '', { since: new Date(bars[i].at).toISOString(), until: new Date(bars[i].at + step).toISOString() }));
  return h('div', h(CountChart, { bars, missed, step, open, label: t('c.minute.label', { n: got, missed: gone }) }),
    h(Figures, { head: [t('th.time'), t('leg.done'), t('leg.quiet'), t('leg.trouble')], rows: [...bars].reverse().filter((b) => b.done + b.quiet + b.trouble).map((b) => [clock(b.at), num(b.done), num(b.quiet), num(b.trouble)]) }));
}

export const Legend = () =>
  h('.end.legend', h('span', h('i.done'), t('leg.done')), h('span', h('i.quietly'), t('leg.quiet')), h('span', h('i.trouble'), t('leg.trouble')));

// An account's worst problem, and its tone.
export function healthOf(account, problems) {
  const mine = (problems ?? []).filter((p) => p.account === account.id);
  const worst = mine.find((p) => p.severity === 'late') ?? mine[0];
  if (worst) return { tone: worst.severity === 'late' ? 'bad' : 'warn', kind: worst.kind };
  if (account.health === 'failing') return { tone: 'bad', kind: 'failing' };
  return account.health === 'ok' ? { tone: 'ok', kind: 'ok' } : { tone: 'unknown', kind: 'unknown' };
}

function ByAccount({ accounts, problems }) {
  if (!accounts.length) return h(Blank, { icon: 'accounts', title: t('v.empty') });
  const row = (a) => {
    const health = healthOf(a, problems);
    const share = a.coverage?.coveragePercentage;
    return h('tr', { key: a.id, 'data-account': a.id },
      h('td', h('a.strong', { href: link('accounts', a.id) }, a.name)),
      h('td.num', h('a', { href: link('orders', '', { account: a.id }) }, share === undefined ? '—' : pct(share, 2))),
      h('td.num.wide-only', h('a', { href: link('orders', '', { view: 'untracked', account: a.id }) }, num(a.untracked ?? 0))),
      h('td.wide-only.quiet', h('a', { href: link('webhooks', '', { account: a.id }) }, h(Ago, { at: a.webhookHeardAt }))),
      h('td', h(Badge, { tone: health.tone, icon: health.tone }, t(`health.${health.kind}`))));
  };
  return h('.scroll', h('table', h('thead', h('tr', h('th', t('th.account')), h('th.num', t('th.coverage')), h('th.num.wide-only', t('th.untracked')), h('th.wide-only', t('th.hook')), h('th', t('th.state')))), h('tbody', accounts.map(row))));
}

function LatestChanges({ changes }) {
  if (!changes.length) return h(Blank, { icon: 'sweeps', title: t('last.none') }, h('p', t('last.none.why')));
  return h('ul.feed', changes.slice(0, changes_shown).map((c) =>
    h('li', { key: `${c.at} ${c.reference} ${c.field}`, class: c.fresh ? 'fresh' : '' },
      h('span.nowrap.time', h(Ago, { at: c.at })), h('span.what', h('a.ltr', { href: link('orders', c.reference) }, c.reference ?? '—'), h(Change, c)), h('span.faint.nowrap', t(`source.${c.source}`)))));
}

export class Overview extends View {
  componentDidMount() {
    this.all();
    this.on('refresh', () => this.all());
    for (const topic of ['overview', 'problem']) this.on(topic, () => this.soon('overview', 1000, () => this.overview()));
    this.on('sweep', () => this.soon('overview', 3000, () => this.overview()));
    this.on('change', (c) => this.arrived(c));
    this.on('event', () => this.soon('webhooks', 5000, () => this.ask('webhooks', 'series', { name: 'webhooks', period: '1h' })));
    this.every(30_000, () => this.all());
    this.every(5_000, () => this.setState({})); // ages
  }
  all() {
    this.overview();
    this.ask('coverage', 'series', { name: 'coverage', period: '30d' });
    this.ask('webhooks', 'series', { name: 'webhooks', period: '1h' });
    this.ask('missed', 'series', { name: 'missed', period: '1h' });
    this.ask('changes', 'changes', { limit: 20 });
  }
  async overview() {
    this.ask('accounts', 'accounts');
    const answer = await this.ask('overview', 'overview');
    if (answer.data) tell('zone', answer.data.timezone);
  }
  arrived(change) {
    const known = this.state.changes?.data?.changes;
    if (!known) return;
    const changes = [{ ...change, fresh: true }, ...known].slice(0, 20);
    this.setState({ changes: { ...this.state.changes, data: { ...this.state.changes.data, changes } } });
  }

  render({ lost }, { overview, accounts, coverage, webhooks, missed, changes }) {
    const o = overview?.data;
    const known = accounts?.data?.accounts;
    const names = Object.fromEntries((known ?? []).map((a) => [a.id, a.name]));
    if (!o && overview?.error) return h('.stack', h('h1.sr', { tabindex: '-1' }, t('nav.overview')), h('section.panel', h(Block, { answer: overview, retry: () => this.all() })));
    const panel = (title, range, end, body) => h('section.panel', h('header', h('h2', title), range && h('span.faint', range), end), h('.body', body));
    return h('.stack', { class: lost ? 'stale' : '' },
      o ? h(Verdict, { overview: o, accounts: known, changed: () => this.overview() }) : h(VerdictSkeleton),
      o && overview.error && h(Block, { answer: overview, retry: () => this.overview(), draw: () => null }),
      o ? h(Kpis, { o }) : h('section.panel.kpis', { 'aria-busy': 'true' }, [1, 2, 3, 4].map((i) => h('.kpi', { key: i }, h('span.skeleton'), h('span.v', h('span.skeleton')), h('span.skeleton')))),
      o && h(Waiting, { waiting: o.waiting }),
      h('.two',
        panel(t('c.coverage'), t('c.coverage.range'), null, h(Block, { answer: coverage, height: 290, retry: () => this.all(), draw: (data) => h(CoverageChart, { data, names }) })),
        panel(t('c.minute'), t('c.minute.range'), h(Legend), h(Block, { answer: webhooks, height: 290, retry: () => this.all(), draw: (data) => h(MinuteChart, { data, missedPoints: missed?.data?.points ?? [] }) }))),
      h('.two',
        h('section.panel', h('header', h('h2', t('by.account')), h('.end', h('a', { href: '#/accounts' }, t('more')))), h(Block, { answer: accounts, height: 200, retry: () => this.all(), draw: (data) => h(ByAccount, { accounts: data.accounts, problems: o?.problems }) })),
        panel(t('last.changes'), null, h('.end', h('a', { href: '#/orders' }, t('all'))), h(Block, { answer: changes, height: 200, retry: () => this.all(), draw: (data) => h(LatestChanges, { changes: data.changes }) }))));
  }
}
