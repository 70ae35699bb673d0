// The four figures under the verdict, and what is received and not applied yet. Each number leads to what it counts.
import { now } from '../clock.js';
import { h } from '../dom.js';
import { moment, num, pct, signed, span } from '../format.js';
import { rich, t } from '../i18n.js';
import { Count, ToneIcon } from '../parts.js';
import { link } from '../route.js';

// `count`: its value is that number of rows behind `href`.
const Kpi = ({ name, href, value, small, tone, id, n, count, children }) =>
  h(
    '.kpi',
    h(
      'a.main',
      { href, 'data-kpi': id, 'data-n': n, 'data-count': count },
      h('span.t', name),
      h('span.v', { 'data-tone': tone }, value, tone && h(ToneIcon, { tone }), small && h('small', ' ', small)),
    ),
    h('span.s', children),
  );
const orders = (only, more) => link('orders', '', { ...more, only });

// 1 228 of 1 240 orders, each number with its list; `account`: of that one alone.
export const Covered = ({ coverage, account }) =>
  h(
    'span',
    rich('k.coverage.s', {
      with: h(Count, { n: coverage.withTracking, href: orders('with_number', { account }) }),
      of: h(
        Count,
        { n: coverage.total, href: orders('with_account', { account }) },
        t('n.orders', { n: coverage.total }),
      ),
    }),
  );
// How many of the orders without number the courier does not know.
export const Unknown = ({ n }) =>
  h(Count, { n, href: orders('unknown_to_courier', { view: 'untracked' }) }, t('k.untracked.s', { n }));

export function Kpis({ o }) {
  const { coverage, untracked, freshness, missed } = o;
  const week =
    coverage.weekAgo === null || coverage.weekAgo === undefined
      ? undefined
      : coverage.coveragePercentage - coverage.weekAgo;
  const oldest = freshness.oldestCheckedAt ? now() - moment(freshness.oldestCheckedAt) : null;
  const of = missed.changes ?? 0; // those missed among them
  return h(
    'section.panel.kpis',
    { 'aria-label': t('k') },
    h(
      Kpi,
      {
        id: 'coverage',
        n: coverage.withTracking,
        name: t('k.coverage'),
        href: orders('with_account'),
        value: coverage.total ? pct(coverage.coveragePercentage, 2) : '—',
        small: week === undefined ? null : t('k.week', { by: signed(week) }),
      },
      h(Covered, { coverage }),
    ),
    h(
      Kpi,
      {
        id: 'untracked',
        n: untracked.count,
        count: untracked.count,
        name: t('k.untracked', { span: span(untracked.olderThanSeconds * 1e3) }),
        href: link('orders', '', { view: 'untracked' }),
        value: num(untracked.count),
        tone: untracked.count ? 'warn' : undefined,
      },
      h(Unknown, { n: untracked.unknownToCourier }),
    ),
    h(
      Kpi,
      {
        id: 'freshness',
        n: freshness.open,
        name: t('k.fresh'),
        href: link('orders', '', { view: 'unchecked' }),
        value: oldest === null ? '—' : span(oldest),
        tone: oldest !== null && oldest > freshness.boundSeconds * 1e3 ? 'warn' : undefined,
      },
      rich('k.fresh.s', {
        open: h(
          Count,
          { n: freshness.open, href: orders('on_the_way') },
          t('n.on_the_way', { n: freshness.open }),
        ),
        bound: span(freshness.boundSeconds * 1e3),
      }),
    ),
    h(
      Kpi,
      {
        id: 'missed',
        n: missed.missed,
        name: t('k.missed'),
        href: '#/sweeps',
        value: of ? pct((missed.missed / of) * 100) : '—',
        small: of ? t('k.days') : null,
      },
      of
        ? h('a.count', { href: '#/sweeps' }, t('k.missed.s', { missed: num(missed.missed ?? 0), of: t('n.changes', { n: of }) }))
        : t('last.none'),
    ),
  );
}

const waitingOrder = ['pending', 'parked', 'confirming', 'failed', 'conflict', 'quarantined', 'spooled'];
export function Waiting({ waiting }) {
  const shown = waitingOrder.filter((o) => waiting?.[o] > 0);
  if (!shown.length) return null;
  return h(
    'p.waiting-now',
    t('waiting'),
    ' ',
    shown.map((o) =>
      h(
        'a.chip',
        // What is in the spool is not in the list yet.
        o === 'spooled'
          ? { key: o, href: '#/webhooks', 'data-waiting': o }
          : { key: o, href: link('webhooks', '', { outcome: o }), 'data-waiting': o, 'data-count': waiting[o] },
        t(`outcome.${o}`),
        ' ',
        h('b', num(waiting[o])),
      ),
    ),
  );
}
