// Words in the reader's language; only the chosen language's are loaded. Plural forms are the browser's (Arabic has six).
import { keep, kept } from './dom.js';
import { states } from './states.js';

export const languages = [
  { id: 'fr', locale: 'fr-DZ', name: 'Français' },
  { id: 'en', locale: 'en-GB', name: 'English' },
  { id: 'ar', locale: 'ar-DZ-u-nu-latn', name: 'العربية' },
];

let current = languages[0];
let words = {};
let plural = new Intl.PluralRules('fr');
const missing = new Set();

export const language = () => current.id;
export const locale = () => current.locale;
export const missingWords = () => [...missing];

// The one kept, else the first of the browser's that is spoken here, else French.
export function preferredLanguage() {
  const wanted = [kept('language'), ...(navigator.languages ?? [])].map((l) => (l ?? '').slice(0, 2));
  return wanted.find((id) => languages.some((l) => l.id === id)) ?? 'fr';
}

export async function speak(id) {
  const next = languages.find((l) => l.id === id) ?? languages[0];
  const loaded = await import(`../lang/${next.id}.js`);
  current = next;
  words = loaded.default;
  plural = new Intl.PluralRules(next.locale);
  document.documentElement.lang = next.id;
  document.documentElement.dir = next.id === 'ar' ? 'rtl' : 'ltr';
}
export function chooseLanguage(id) {
  keep('language', id);
  return speak(id);
}

export const known = (key) => Object.hasOwn(words, key);
// A courier's word, where the reader's language has one for it.
export const courierWord = (text) => words.st?.[states.indexOf(text)] ?? text;

// A name of the other direction does not turn its neighbours around.
const turns = (text) => current.id === 'ar' || /[\u0590-\u08ff]/.test(text);
export const isolate = (text) => (turns(text) ? `\u2068${text}\u2069` : `${text}`);

// The word's parts: texts, and in its holes what is given for them. A number has its word's forms only as {n}: others come
// as texts, with their own words where they count something.
function pieces(key, given) {
  if (!known(key)) missing.add(key);
  let word = words[key] ?? key;
  if (typeof word === 'object') word = word[plural.select(Number(given.n) || 0)] ?? word.other;
  return word.split(/\{(\w+)\}/).map((piece, i) => {
    if (i % 2 === 0) return piece;
    const value = given[piece];
    if (typeof value !== 'number') return typeof value === 'object' && value !== null ? value : isolate(value ?? '');
    if (piece !== 'n') missing.add(`${key} {${piece}}`);
    return new Intl.NumberFormat(current.locale).format(value);
  });
}
// t('orders', { n: 42 }): {n} is put in; a word with forms is chosen by n.
export const t = (key, given = {}) => pieces(key, given).join('');
// The same with elements in some of its holes.
export const rich = (key, given = {}) => pieces(key, given);
