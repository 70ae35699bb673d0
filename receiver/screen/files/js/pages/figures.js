// The four figures under the verdict, and what is received and not applied yet. Each leads to what it counts.
import { h } from '../dom.js';
import { moment, num, pct, signed, span } from '../format.js';
import { t } from '../i18n.js';
import { ToneIcon } from '../parts.js';
import { link } from '../route.js';

const Kpi = ({ name, href, value, small, tone, id, n, children }) =>
  h(
    'a.kpi',
    { href, 'data-kpi': id, 'data-n': n },
    h('span.t', name),
    h('span.v', { 'data-tone': tone }, value, tone && h(ToneIcon, { tone }), small && h('small', ' ', small)),
    h('span.s', children),
  );

export function Kpis({ o }) {
  const { coverage, untracked, freshness, missed } = o;
  const week =
    coverage.weekAgo === null || coverage.weekAgo === undefined
      ? undefined
      : coverage.coveragePercentage - coverage.weekAgo;
  const oldest = freshness.oldestCheckedAt ? Date.now() - moment(freshness.oldestCheckedAt) : null;
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
        href: '#/orders',
        value: pct(coverage.coveragePercentage, 2),
        small: week === undefined ? null : t('k.week', { by: signed(week) }),
      },
      t('k.coverage.s', { with: coverage.withTracking, total: coverage.total }),
    ),
    h(
      Kpi,
      {
        id: 'untracked',
        n: untracked.count,
        name: t('k.untracked', { n: Math.round(untracked.olderThanSeconds / 3600) }),
        href: link('orders', '', { view: 'untracked' }),
        value: num(untracked.count),
        tone: untracked.count ? 'warn' : undefined,
      },
      t('k.untracked.s', { n: untracked.unknownToCourier }),
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
      t('k.fresh.s', { n: freshness.open, bound: span(freshness.boundSeconds * 1e3) }),
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
      of ? t('k.missed.s', { n: missed.missed ?? 0, of }) : t('last.none'),
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
        { key: o, href: o === 'spooled' ? '#/webhooks' : link('webhooks', '', { outcome: o }), 'data-waiting': o },
        t(`outcome.${o}`),
        ' ',
        h('b', num(waiting[o])),
      ),
    ),
  );
}
