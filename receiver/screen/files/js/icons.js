// The outlines: 24 units wide, one stroke. Shapes tell tones apart without colour: circle, triangle, octagon, dashed circle.
import { h } from './dom.js';

const outlines = {
  check: ['M5 12.5l4.5 4.5L19 7.5'],
  ok: ['M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18z', 'M8 12.3l2.8 2.8L16.2 9.6'],
  warn: ['M12 4L2.8 20h18.4z', 'M12 10v4.5', 'M12 17.3v.1'],
  bad: ['M8.3 3h7.4L21 8.3v7.4L15.7 21H8.3L3 15.7V8.3z', 'M12 8v5', 'M12 16v.1'],
  unknown: [
    'M12 3a9 9 0 0 1 4.5 1.2',
    'M19.8 7.5a9 9 0 0 1 1.2 4.5',
    'M19.8 16.5a9 9 0 0 1-3.3 3.3',
    'M12 21a9 9 0 0 1-4.5-1.2',
    'M4.2 16.5A9 9 0 0 1 3 12',
    'M4.2 7.5a9 9 0 0 1 3.3-3.3',
  ],
  overview: ['M4.5 17.5a9 9 0 1 1 15 0', 'M12 13.5l4-4.5'],
  orders: ['M12 3l8 4.5v9L12 21l-8-4.5v-9z', 'M4 7.5l8 4.5l8-4.5', 'M12 12v9'],
  webhooks: [
    'M12 4.2a3.2 3.2 0 0 1 2 5.7l3 5.1',
    'M9 8.5a3.2 3.2 0 0 1 3-4.3',
    'M10.3 9.8L7 15.3',
    'M5.2 13.6a3.2 3.2 0 1 0 4.6 4H17',
    'M16.9 14.6a3.2 3.2 0 1 1-2 5.4',
  ],
  webhook: ['M13 3L5 13.5h6L10 21l9-11h-6.3z'],
  sweeps: ['M20 11a8 8 0 0 0-14.5-3.6L3.5 9.5', 'M3.5 4.5v5h5', 'M4 13a8 8 0 0 0 14.5 3.6l2-2.1', 'M20.5 19.5v-5h-5'],
  accounts: ['M4 10v10h16V10', 'M3 10l2-6h14l2 6z', 'M9.5 20v-6h5v6'],
  lookup: ['M10.5 4a6.5 6.5 0 1 0 0 13a6.5 6.5 0 1 0 0-13z', 'M15.3 15.3L20.5 20.5'],
  search: ['M10.5 4a6.5 6.5 0 1 0 0 13a6.5 6.5 0 1 0 0-13z', 'M15.3 15.3L20.5 20.5'],
  confirm: ['M5 12.5l4.5 4.5L19 7.5'],
  replay: ['M11 6L4 12l7 6z', 'M20 6l-7 6l7 6z'],
  arrow: ['M5 12h14', 'M13.5 6.5L19 12l-5.5 5.5'],
  chevron: ['M9.5 6l6 6l-6 6'],
  copy: ['M9 9h11v11H9z', 'M5 15H4V4h11v1'],
  trash: ['M4 7h16', 'M9.5 7V4h5v3', 'M6 7l1 13h10l1-13', 'M10 11v5.5', 'M14 11v5.5'],
  pause: ['M7 5h3v14H7z', 'M14 5h3v14h-3z'],
  play: ['M7 5l12 7l-12 7z'],
  key: ['M15.5 4a4.5 4.5 0 1 0 0 9a4.5 4.5 0 1 0 0-9z', 'M12.3 11.7L4 20', 'M4.5 19.5l2.5 2', 'M8 16l2.5 2'],
  calendar: ['M4 6h16v14H4z', 'M4 10.5h16', 'M8.5 3.5v4', 'M15.5 3.5v4'],
  moon: ['M19.5 14.5A8 8 0 0 1 9.5 4.5a8 8 0 1 0 10 10z'],
  sun: [
    'M12 8a4 4 0 1 0 0 8a4 4 0 1 0 0-8z',
    'M12 2.5v2',
    'M12 19.5v2',
    'M2.5 12h2',
    'M19.5 12h2',
    'M5.3 5.3l1.4 1.4',
    'M17.3 17.3l1.4 1.4',
    'M5.3 18.7l1.4-1.4',
    'M17.3 6.7l1.4-1.4',
  ],
  logout: ['M10 4H4v16h6', 'M9.5 12H20', 'M16 8l4 4l-4 4'],
};

// `turns`: mirrored where the page reads from right to left.
export const Icon = ({ name, turns }) =>
  h(
    'svg',
    { class: turns ? 'icon turns' : 'icon', viewBox: '0 0 24 24', 'aria-hidden': 'true' },
    (outlines[name] ?? outlines.unknown).map((d) => h('path', { key: d, d })),
  );
