// Where marks of a chart stand, and which values and times are written at its axes. Pure.
import { clock, day, zone } from '../format.js';

const minute = 60e3;
const hour = 60 * minute;
const aDay = 24 * hour;
const steps = [
  minute,
  2 * minute,
  5 * minute,
  10 * minute,
  15 * minute,
  30 * minute,
  hour,
  2 * hour,
  3 * hour,
  6 * hour,
  12 * hour,
  aDay,
  2 * aDay,
  7 * aDay,
  14 * aDay,
];

export const scale = (from, to, start, end) => (v) => start + ((v - from) / (to - from || 1)) * (end - start);
export const share = (part, rest) => (part + rest > 0 ? (part / (part + rest)) * 100 : 0);

// How far the shop's zone is ahead of UTC at that moment, for ticks at its full hours.
function offset(at) {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone(),
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
  }).formatToParts(at);
  const p = Object.fromEntries(parts.map((x) => [x.type, Number(x.value)]));
  return Date.UTC(p.year, p.month - 1, p.day, p.hour, p.minute) - Math.floor(at / minute) * minute;
}
// From the first point to the last, but at least that long: a lone point stands at the end.
export const spread = (points, least) => [Math.min(points[0].at, points.at(-1).at - least), points.at(-1).at];
// At most `most` of them, each at a full step of the shop's clock.
export function timeTicks(from, to, most) {
  const step = steps.find((s) => (to - from) / s <= most) ?? steps.at(-1);
  const ahead = offset(from);
  const ticks = [];
  for (let at = Math.ceil((from + ahead) / step) * step - ahead; at <= to; at += step) ticks.push(at);
  return { ticks, label: step >= aDay ? day : clock };
}
// About `about` round values within low and high.
export function niceTicks(low, high, about) {
  const raw = (high - low) / about || 1;
  const power = 10 ** Math.floor(Math.log10(raw));
  const rounds = [1, 2, 5, 10].map((m) => m * power);
  const fitting = rounds.find((s) => s >= raw * 0.999) ?? 10 * power;
  // One that reaches beyond the top would leave the lowest value alone.
  const step = fitting <= high - low ? fitting : (rounds.findLast((s) => s <= high - low) ?? fitting);
  const ticks = [];
  for (let v = Math.ceil(low / step - 1e-9) * step; v <= high + step / 1e6; v += step)
    ticks.push(Number(v.toFixed(10)));
  return ticks;
}
// Buckets without anything are left out of an answer: puts zeros there. `points` have `at` as milliseconds.
export function filled(points, from, until, step) {
  const known = new Map(points.map((p) => [Math.floor(p.at / step), p]));
  const all = [];
  for (let n = Math.floor(from / step); n * step < until; n++) all.push(known.get(n) ?? { at: n * step });
  return all;
}
export const clamp = (n, low, high) => Math.max(low, Math.min(high, n));
