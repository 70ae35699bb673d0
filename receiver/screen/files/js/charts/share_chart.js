// A share over days: the one that counts as a bold line, its parts as thin ones, named at the lines' ends.
import { Chart } from './chart.js';
import { h } from '../dom.js';
import { day, dayClock, pct } from '../format.js';
import { isolate } from '../i18n.js';
import { niceTicks, scale, spread } from './scale.js';

// points: [{ at, of: { id: percent or undefined } }]; series: [{ id, name }], the first is the one that counts.
export class ShareChart extends Chart {
  render({ points, series, height = 248, label }) {
    const { width, at } = this.state;
    const pad = { left: 46, right: this.narrow ? 12 : 96, top: 10, bottom: 24 };
    const first = series[0].id;
    const [start, end] = spread(points, 6 * 3600e3);
    const values = points.flatMap((p) => series.map((s) => p.of[s.id])).filter((v) => v !== undefined);
    const high = Math.min(100, Math.ceil(Math.max(...values) + 0.4));
    const low = Math.max(0, Math.min(Math.floor(Math.min(...values) - 0.4), high - 4)); // below, each point is a tick of its own
    const x = scale(start, end, pad.left, width - pad.right);
    const y = scale(low, high, height - pad.bottom, pad.top);
    const path = (id) =>
      points
        .filter((p) => p.of[id] !== undefined)
        .map((p, i) => `${i ? 'L' : 'M'}${x(p.at).toFixed(1)} ${y(p.of[id]).toFixed(1)}`)
        .join('');
    const nearest = (px) =>
      points.reduce((best, p, i) => (Math.abs(x(p.at) - px) < Math.abs(x(points[best].at) - px) ? i : best), 0);
    const last = points.at(-1);
    // Names that would touch are moved apart.
    const ends = series
      .filter((s) => last.of[s.id] !== undefined)
      .map((s) => ({ ...s, v: last.of[s.id], y: y(last.of[s.id]) }))
      .sort((a, b) => a.y - b.y);
    ends.forEach((e, i) => {
      if (i && e.y - ends[i - 1].y < 15) e.y = ends[i - 1].y + 15;
    });
    const point = at !== null ? points[at] : null;
    return this.frame(
      {
        height,
        label,
        count: points.length,
        indexAt: nearest,
        x: (i) => x(points[i].at),
        tip: (i) => [
          h('b', dayClock(points[i].at)),
          ...series
            .filter((s) => points[i].of[s.id] !== undefined)
            .map((s) => h('div', `${s.name} ${pct(points[i].of[s.id], 2)}`)),
        ],
      },
      this.valueAxis(niceTicks(low, high, 5), y, pad.left, width - pad.right, (v) => pct(v, 0)),
      points.length > 1
        ? this.timeAxis(start, end, x, height, 7)
        : h('text', { x: x(last.at), y: height - 6, 'text-anchor': 'end' }, isolate(day(last.at))),
      h('path', { class: 'area', d: `${path(first)}L${x(last.at)} ${y(low)}L${x(points[0].at)} ${y(low)}Z` }),
      series.slice(1).map((s) => h('path', { key: `p${s.id}`, class: 'line thin', d: path(s.id) })),
      h('path', { class: 'line', d: path(first) }),
      // A line of one or two points is hardly one.
      points.length < 3 &&
        series.map((s) =>
          points
            .filter((p) => p.of[s.id] !== undefined)
            .map((p) =>
              h('circle', { class: s.id === first ? 'done' : 'done thin', cx: x(p.at), cy: y(p.of[s.id]), r: s.id === first ? 3.5 : 2.5 }),
            ),
        ),
      points.length === 1 &&
        this.narrow &&
        h('text', { class: 'lab', x: x(last.at) - 8, y: y(last.of[first]) + 16, 'text-anchor': 'end' }, pct(last.of[first], 1)),
      !this.narrow &&
        ends.map((e) =>
          h(
            'text',
            { key: `n${e.id}`, class: e.id === first ? 'lab' : '', x: width - pad.right + 8, y: e.y + 4 },
            isolate(e.name.length > 14 ? `${e.name.slice(0, 13)}…` : e.name),
            e.id === first ? ` ${pct(e.v, 1)}` : '',
          ),
        ),
      point && h('line', { class: 'cross', x1: x(point.at), x2: x(point.at), y1: pad.top, y2: height - pad.bottom }),
      point && h('circle', { class: 'done', cx: x(point.at), cy: y(point.of[first]), r: 4 }),
    );
  }
}
