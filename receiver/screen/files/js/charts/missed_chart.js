// One dot for each span of sweeps: which share of the changes webhooks had missed; hollow where a sweep did not see everything.
import { Chart } from './chart.js';
import { h } from '../dom.js';
import { dayClock, pct } from '../format.js';
import { t } from '../i18n.js';
import { niceTicks, scale, share, spread } from './scale.js';

// points: [{ at, missed, told, complete }]
export class MissedChart extends Chart {
  render({ points, height = 150, label }) {
    const { width, at } = this.state;
    const pad = { left: 46, right: 8, top: 12, bottom: 24 };
    const [start, end] = spread(points, 86400e3);
    const top = Math.max(5, ...points.map((p) => share(p.missed, p.told))) * 1.08;
    const x = scale(start, end, pad.left + 8, width - pad.right - 8);
    const y = scale(0, top, height - pad.bottom, pad.top);
    const nearest = (px) =>
      points.reduce((best, p, i) => (Math.abs(x(p.at) - px) < Math.abs(x(points[best].at) - px) ? i : best), 0);
    return this.frame(
      {
        height,
        label,
        count: points.length,
        indexAt: nearest,
        x: (i) => x(points[i].at),
        tip: (i) => [
          h('b', dayClock(points[i].at)),
          h('div', t('chart.missed', { n: points[i].missed, share: pct(share(points[i].missed, points[i].told)) })),
          !points[i].complete && h('div', t('verdict.incomplete')),
        ],
      },
      this.valueAxis(niceTicks(0, top, 4), y, pad.left, width - pad.right, (v) => pct(v, 0)),
      points.map((p) =>
        h(
          'g',
          { key: p.at },
          h('line', { class: 'stem', x1: x(p.at), x2: x(p.at), y1: y(0), y2: y(share(p.missed, p.told)) }),
          h('circle', {
            class: p.complete ? 'missed' : 'hollow',
            'data-missed': p.missed,
            cx: x(p.at),
            cy: y(share(p.missed, p.told)),
            r: p.complete ? 3.5 : 4.5,
          }),
        ),
      ),
      this.timeAxis(start, end, x, height, 9),
      at !== null &&
        points[at] &&
        h('line', { class: 'cross', x1: x(points[at].at), x2: x(points[at].at), y1: pad.top, y2: height - pad.bottom }),
    );
  }
}
