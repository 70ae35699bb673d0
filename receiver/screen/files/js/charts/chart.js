// What all charts share: their width, and the mark under the pointer or chosen with the arrow keys. SVG, so that marks take their
// colours from the sheet, can be read by a test and by a screen reader, and print. Time runs from left to right in Arabic
// too, as numbers do in Algerian schools and spreadsheets.
import { Component, h } from '../dom.js';
import { isolate } from '../i18n.js';
import { clamp, timeTicks } from './scale.js';

export class Chart extends Component {
  constructor(props) {
    super(props);
    this.state = { width: 600, at: null };
    this.place = (node) => {
      this.observer?.disconnect();
      if (!node) return;
      this.observer = new ResizeObserver(([e]) => {
        const width = Math.round(e.contentRect.width);
        if (width > 0 && width !== this.state.width) this.setState({ width });
      });
      this.observer.observe(node);
    };
  }
  get narrow() {
    return this.state.width < 460;
  }
  choose(at) {
    if (at !== this.state.at) this.setState({ at });
  }

  // count: of marks; indexAt: which of them is at that distance from the left edge; open: what a click or Enter leads to.
  frame({ height, label, count, indexAt, open, tip, x }, ...marks) {
    const { width, at } = this.state;
    const chosen = at !== null && at < count ? at : null;
    const keys = (e) => {
      const by = { ArrowLeft: -1, ArrowRight: 1 }[e.key];
      if (e.key === 'Enter' && open && chosen !== null) open(chosen);
      if (!by || !count) return;
      e.preventDefault();
      this.choose(clamp((at ?? (by < 0 ? count : -1)) + by, 0, count - 1));
    };
    const svg = {
      height,
      viewBox: `0 0 ${width} ${height}`,
      role: 'img',
      'aria-label': label,
      tabindex: '0',
      direction: 'ltr',
      class: open ? 'opens' : '',
      onPointerMove: (e) =>
        count && this.choose(clamp(indexAt(e.clientX - e.currentTarget.getBoundingClientRect().left), 0, count - 1)),
      onPointerLeave: () => this.choose(null),
      onBlur: () => this.choose(null),
      onKeyDown: keys,
      onClick: () => open && chosen !== null && open(chosen),
    };
    const left = chosen !== null ? x(chosen) : 0;
    const side = left > width / 2 ? { right: `${width - left + 10}px` } : { left: `${left + 10}px` };
    return h(
      'figure.chart',
      { ref: this.place },
      h('svg', svg, ...marks),
      chosen !== null && h('.tip', { role: 'status', dir: 'auto', style: side }, tip(chosen)),
    );
  }

  timeAxis(from, to, x, height, most) {
    const { ticks, label } = timeTicks(from, to, this.narrow ? 4 : most);
    return ticks.map((at) =>
      h('text', { key: `t${at}`, x: x(at), y: height - 6, 'text-anchor': 'middle' }, isolate(label(at))),
    );
  }
  valueAxis(values, y, left, right, write) {
    return values.map((v) =>
      h(
        'g',
        { key: `v${v}` },
        h('line', { class: v ? 'grid' : 'axis', x1: left, x2: right, y1: y(v), y2: y(v) }),
        h('text', { x: left - 8, y: y(v) + 4, 'text-anchor': 'end' }, write(v)),
      ),
    );
  }
}
