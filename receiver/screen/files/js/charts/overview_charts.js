// The two charts of the first page, with their figures as tables for whoever cannot see a chart.
import { CountChart, stack, stacked, sumOf } from './count_chart.js';
import { h } from '../dom.js';
import { clock, dayClock, moment, num, pct } from '../format.js';
import { t } from '../i18n.js';
import { Blank } from '../parts.js';
import { go, link } from '../route.js';
import { filled } from './scale.js';
import { ShareChart } from './share_chart.js';

const percent = (p) => (p?.total > 0 ? (p.withTracking / p.total) * 100 : undefined);

const Figures = ({ head, rows }) =>
  h(
    'details.data',
    h('summary', t('figures')),
    h(
      '.scroll',
      { tabindex: '0', role: 'region', 'aria-label': t('figures') },
      h(
        'table',
        h(
          'thead',
          h(
            'tr',
            head.map((name, i) => h('th', { key: i, class: i ? 'num' : '' }, name)),
          ),
        ),
        h(
          'tbody',
          rows.map((row, r) =>
            h(
              'tr',
              { key: r },
              row.map((cell, i) => h('td', { key: i, class: i ? 'num' : '' }, cell)),
            ),
          ),
        ),
      ),
    ),
  );

export function CoverageChart({ data, names }) {
  const points = data.points
    .map((p) => ({
      at: moment(p.at),
      of: {
        all: percent(p),
        ...Object.fromEntries(Object.entries(p.byAccount ?? {}).map(([id, one]) => [id, percent(one)])),
      },
    }))
    .filter((p) => p.of.all !== undefined);
  if (!points.length) return h(Blank, { icon: 'overview', title: t('c.none') }, h('p', t('c.none.why')));
  const ids = Object.keys(points.at(-1).of).filter((id) => id !== 'all');
  const series = [
    { id: 'all', name: t('c.all') },
    ...(ids.length > 1 ? ids.slice(0, 6).map((id) => ({ id, name: names[id] ?? id })) : []),
  ];
  const every = Math.max(1, Math.floor(points.length / 30));
  const rows = points
    .filter((_, i) => (points.length - 1 - i) % every === 0)
    .reverse()
    .map((p) => [dayClock(p.at), ...series.map((s) => (p.of[s.id] === undefined ? '—' : pct(p.of[s.id], 2)))]);
  return h(
    'div',
    h(ShareChart, {
      points,
      series,
      label: t('c.coverage.label', { from: pct(points[0].of.all), to: pct(points.at(-1).of.all) }),
    }),
    h(Figures, { head: [t('th.day'), ...series.map((s) => s.name)], rows }),
  );
}

export function countBars(data) {
  const step = data.stepSeconds * 1e3;
  const points = data.points.map((p) => ({ ...p, at: moment(p.at) }));
  return { step, bars: filled(points, moment(data.from), moment(data.until), step).map(stacked) };
}

export function MinuteChart({ data, missedPoints }) {
  const { step, bars } = countBars(data);
  const missed = missedPoints.map((m) => ({
    ...m,
    at: moment(m.at),
    until: moment(m.until),
    missed: m.missed ?? 0,
    told: m.told ?? 0,
  }));
  if (!bars.length) return h(Blank, { icon: 'webhooks', title: t('c.none') });
  const got = bars.reduce((sum, b) => sum + sumOf(b), 0);
  const gone = missed.reduce((sum, m) => sum + m.missed, 0);
  const open = (i) =>
    go(
      link('webhooks', '', {
        since: new Date(bars[i].at).toISOString(),
        until: new Date(bars[i].at + step).toISOString(),
      }),
    );
  return h(
    'div',
    h(CountChart, { bars, missed, step, open, label: t('c.minute.label', { received: t('n.received', { n: got }), missed: t('n.missed', { n: gone }) }) }),
    h(Figures, {
      head: [t('th.time'), ...stack.map((kind) => t(`leg.${kind}`))],
      rows: [...bars]
        .reverse()
        .filter(sumOf)
        .map((b) => [clock(b.at), ...stack.map((kind) => num(b[kind]))]),
    }),
  );
}

// What waits is named where some does: mostly nothing does for long.
export const Legend = ({ data }) => {
  const waits = data?.points.some((p) => stacked(p).waiting > 0);
  return h(
    '.end.legend',
    stack.filter((kind) => kind !== 'waiting' || waits).map((kind) => h('span', { key: kind }, h(`i.${kind}`), t(`leg.${kind}`))),
  );
};
