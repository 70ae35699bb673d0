// Numbers and times as the reader writes them, in the shop's time zone. Digits are Latin in all three languages, as in
// Algeria, and the day has 24 hours (the browser's fr-DZ would say 2:32 PM).
import { now } from './clock.js';
import { isolate, language, locale, t } from './i18n.js';

let timeZone = 'Africa/Algiers'; // until the server has said which
export function setTimeZone(name) {
  if (name) timeZone = name;
}
export const zone = () => timeZone;

const made = new Map();
function formatter(kind, options) {
  const key = `${kind.name} ${locale()} ${timeZone} ${JSON.stringify(options)}`;
  if (!made.has(key)) made.set(key, new kind(locale(), options));
  return made.get(key);
}
const date = (options) => formatter(Intl.DateTimeFormat, { timeZone, ...options });
const time = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' };

// Every moment is given as the API gives it, a text, or as milliseconds.
export const moment = (at) => (typeof at === 'number' ? at : Date.parse(at));
export const clock = (at) => date(time).format(moment(at));
export const seconds = (at) => date({ ...time, second: '2-digit' }).format(moment(at));
export const day = (at) => date({ day: 'numeric', month: 'short' }).format(moment(at));
export const longDay = (at) => date({ weekday: 'long', day: 'numeric', month: 'long' }).format(moment(at));
export const exactly = (at) => `${longDay(at)}${t('comma')}${seconds(at)}`;
const calendarDay = (at) => date({ year: 'numeric', month: '2-digit', day: '2-digit' }).format(moment(at));
export const isSameDay = (a, b) => calendarDay(a) === calendarDay(b);
// 14:32 today, 24 nov., 14:32 on another day.
export const dayClock = (at, today = now()) => (isSameDay(at, today) ? clock(at) : `${day(at)}${t('comma')}${clock(at)}`);
export const daySeconds = (at, today = now()) => (isSameDay(at, today) ? seconds(at) : `${day(at)}${t('comma')}${clock(at)}`);

export const num = (n, digits = 0) =>
  formatter(Intl.NumberFormat, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(n);
export const pct = (x, digits = 1) => (language() === 'fr' ? `${num(x, digits)}\u202f%` : `${num(x, digits)}%`);
export const signed = (x, digits = 1) => `${x < 0 ? '−' : '+'}${num(Math.abs(x), digits)}`;

// 00:00, 06:00 et 12:00
export const listed = (texts) => formatter(Intl.ListFormat, { type: 'conjunction' }).format(texts.map(isolate));

const sizes = [
  ['day', 86400e3],
  ['hour', 3600e3],
  ['minute', 60e3],
  ['second', 1e3],
];
export function ago(at, from = now()) {
  const ms = Math.min(0, moment(at) - from);
  const [unit, size] = sizes.find(([, s]) => Math.abs(ms) >= s) ?? sizes[3];
  return formatter(Intl.RelativeTimeFormat, { style: 'short', numeric: 'always' }).format(
    Math.trunc(ms / size) || -0,
    unit,
  );
}

// 38 ms; from a second on as span() says it.
export const took = (ms) => (ms < 1e3 ? unit(ms, 'millisecond') : span(ms));
export const bytes = (n) =>
  formatter(Intl.NumberFormat, { style: 'unit', unit: 'byte', unitDisplay: 'long' }).format(n);

const unit = (n, name, digits = 0) =>
  formatter(Intl.NumberFormat, {
    style: 'unit',
    unit: name,
    unitDisplay: language() === 'ar' ? 'long' : 'short',
    maximumFractionDigits: digits,
  }).format(n);

// Nothing where it has not ended.
export function delay(from, to) {
  if (!to) return null;
  return took(Math.max(0, moment(to) - moment(from)));
}

// 2 h 32, 3 min, 5,3 s
export function span(ms) {
  if (ms >= 2 * 86400e3) return unit(Math.floor(ms / 86400e3), 'day');
  if (ms >= 3600e3) {
    const hours = Math.floor(ms / 3600e3);
    const minutes = Math.floor((ms % 3600e3) / 60e3);
    if (language() === 'fr') return minutes ? `${hours}\u00a0h\u00a0${String(minutes).padStart(2, '0')}` : `${hours}\u00a0h`;
    return minutes ? `${unit(hours, 'hour')} ${unit(minutes, 'minute')}` : unit(hours, 'hour');
  }
  if (ms >= 60e3) return unit(Math.floor(ms / 60e3), 'minute');
  if (ms >= 10e3) return unit(Math.floor(ms / 1e3), 'second');
  return unit(Math.max(0, ms) / 1e3, 'second', 1);
}
