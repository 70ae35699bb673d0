// Counts over time as stacked bars; below them, on the same axis, the share that webhooks had missed and sweeps found.
import { Chart } from './chart.js';
import { h } from '../dom.js';
import { dayClock, num, pct } from '../format.js';
import { t } from '../i18n.js';
import { outcomeKind, outcomeOrder } from '../status.js';
import { niceTicks, scale, share } from './scale.js';

// From the axis upwards.
export const stack = ['done', 'quietly', 'waiting', 'trouble'];
// { at, applied: 3, stale: 1 } → { at, done: 3, quietly: 1, waiting: 0, trouble: 0 }
export function stacked(point) {
  const sums = { at: point.at, done: 0, quietly: 0, waiting: 0, trouble: 0 };
  for (const outcome of outcomeOrder) sums[outcomeKind(outcome)] += point[outcome] ?? 0;
  return sums;
}
export const sumOf = (bar) => stack.reduce((sum, kind) => sum + bar[kind], 0);

// bars: [{ at, done, quietly, waiting, trouble }], one every `step` ms; missed: [{ at, until, missed, told }].
export class CountChart extends Chart {
  render({ bars, missed, step, height = 248, label, open }) {
    const { width, at } = this.state;
    const pad = { left: 38, right: 6, top: 10, bottom: 24 };
    const lane = missed ? 44 : 0;
    const floor = height - pad.bottom - lane - (missed ? 30 : 0);
    const [start, end] = [bars[0].at, bars.at(-1).at + step];
    const most = Math.max(4, ...bars.map(sumOf)) * 1.04;
    const x = scale(start, end, pad.left, width - pad.right);
    const y = scale(0, most, floor, pad.top);
    const wide = Math.max(1, (width - pad.left - pad.right) / bars.length - 1.6);
    const found = (missed ?? []).filter((m) => m.until > start && m.at < end);
    const top = niceTicks(0, Math.max(10, ...found.map((m) => share(m.missed, m.told))) * 1.3, 2).at(-1);
    const z = scale(0, top, height - pad.bottom, height - pad.bottom - lane);
    const column = (b) => {
      let v = 0;
      return stack.map((kind) => {
        const n = b[kind];
        if (!n) return null;
        v += n;
        return h('rect', {
          key: kind + b.at,
          class: kind,
          'data-n': n,
          x: x(b.at) + 0.8,
          width: wide,
          y: y(v),
          height: y(v - n) - y(v),
        });
      });
    };
    const under = (i) => found.find((m) => bars[i].at >= m.at && bars[i].at < m.until);
    return this.frame(
      {
        height,
        label,
        count: bars.length,
        open,
        x: (i) => x(bars[i].at),
        indexAt: (px) => Math.floor(((px - pad.left) / (width - pad.left - pad.right)) * bars.length),
        tip: (i) => [
          h('b', dayClock(bars[i].at)),
          h('div', t('chart.done', { n: bars[i].done })),
          h('div', t('chart.quiet', { n: bars[i].quietly })),
          bars[i].waiting > 0 && h('div', t('chart.waiting', { n: bars[i].waiting })),
          bars[i].trouble > 0 && h('div', t('chart.trouble', { n: bars[i].trouble })),
          under(i) &&
            h('div', t('chart.missed', { n: under(i).missed, share: pct(share(under(i).missed, under(i).told)) })),
        ],
      },
      this.valueAxis(
        niceTicks(0, most, height < 140 ? 2 : 4).filter(Number.isInteger),
        y,
        pad.left,
        width - pad.right,
        (v) => num(v),
      ),
      bars.map(column),
      missed && [
        h('line', { class: 'axis', x1: pad.left, x2: width - pad.right, y1: z(0), y2: z(0) }),
        h('text', { x: pad.left - 8, y: z(top) + 8, 'text-anchor': 'end' }, pct(top, 0)),
        h('text', { x: pad.left, y: z(top) - 6 }, t('leg.lane')),
        found
          .filter((m) => m.missed > 0)
          .map((m) =>
            h('rect', {
              key: m.at,
              class: 'missed',
              'data-missed': m.missed,
              x: x(Math.max(m.at, start)) + 1,
              width: Math.max(2, x(Math.min(m.until, end)) - x(Math.max(m.at, start)) - 2),
              y: z(share(m.missed, m.told)),
              height: z(0) - z(share(m.missed, m.told)),
            }),
          ),
      ],
      this.timeAxis(start, end, x, height, 7),
      at !== null &&
        bars[at] &&
        h('rect', {
          class: 'cursor',
          x: x(bars[at].at),
          width: wide + 1.6,
          y: pad.top,
          height: height - pad.bottom - pad.top,
        }),
    );
  }
}
