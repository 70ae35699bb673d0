// The small parts that every page is made of.
import { h } from './dom.js';
import { ago, clock, exactly, moment, num } from './format.js';
import { Icon } from './icons.js';
import { t } from './i18n.js';

export const ToneIcon = ({ tone }) => h('span.tone', h(Icon, { name: tone }));
export const Ago = ({ at }) =>
  at ? h('time', { datetime: new Date(moment(at)).toISOString(), title: exactly(at) }, ago(at)) : h('span.faint', '—');
export const Badge = ({ tone, icon, title, children }) =>
  h('span.badge', { 'data-tone': tone, title }, icon && h(Icon, { name: icon }), children);
// Its number is written beside it.
export const Bar = ({ share }) =>
  h('span.bar', { 'aria-hidden': 'true', 'data-share': share }, h('i', { style: { width: `${share}%` } }));
// A number, or the words that say it, as a link to what it counts.
export const Count = ({ n, href, children }) =>
  h('a.count', { href, 'data-count': n }, children === undefined || children.length === 0 ? num(n) : children);
export const Field = ({ term, children }) => h('div', h('dt', term), h('dd', children));
export const Copyable = ({ children, title }) => h('span.mono.ltr', { title }, children);

export function Button({ main, icon, danger, plain, small, busy, children, ...rest }) {
  const kind = ['btn', main && 'main', danger && 'danger', plain && 'plain', small && 'small']
    .filter(Boolean)
    .join(' ');
  return h(
    'button',
    { type: 'button', class: kind, 'aria-busy': busy ? 'true' : undefined, disabled: busy || rest.disabled, ...rest },
    icon && h(Icon, { name: icon }),
    children,
  );
}

export const Head = ({ title, sub, children }) =>
  h('.head', h('h1', { tabindex: '-1' }, title), sub && h('span.sub', sub), children && h('.end', children));
export const Blank = ({ icon, title, children }) => h('.blank', h(Icon, { name: icon }), h('h3', title), children);

export const Chip = ({ pressed, children, ...rest }) =>
  h('button.chip', { type: 'button', 'aria-pressed': pressed ? 'true' : 'false', ...rest }, children);

export const Select = ({ label, value, options, onChoose }) =>
  h(
    'select',
    { 'aria-label': label, value, onChange: (e) => onChoose(e.target.value) },
    options.map(([id, name]) => h('option', { key: id, value: id, selected: id === value }, name)),
  );

const Skeleton = ({ height }) =>
  h(
    '.skeletons',
    { style: { minHeight: `${height}px` }, 'aria-busy': 'true', 'aria-label': t('loading') },
    h('span.skeleton'),
    h('span.skeleton'),
    h('span.skeleton'),
  );

// The API speaks English; what it says most has words here.
export const words = (error) =>
  error.status === 0
    ? t('error.unreachable')
    : error.message === 'the database is away'
      ? t('p.database_away')
      : error.message || t('error.status', { code: `${error.status}` });

export const Trouble = ({ answer, retry }) =>
  h(
    '.fault',
    { role: 'alert' },
    h(Icon, { name: 'warn' }),
    h('span', answer?.data ? t('error.stale', { at: clock(answer.at) }) : t('error.none'), ' ', answer.error.status === 404 || answer.error.status === 400 ? t('error.address') : words(answer.error)),
    h(Button, { small: true, onClick: retry }, t('retry')),
  );

// What the API answered: being loaded, drawn, or the last of it with what went wrong since.
export function Block({ answer, height = 120, retry, draw }) {
  if (!answer) return h(Skeleton, { height });
  if (answer.error && answer.data === undefined)
    return h('div', { style: { minHeight: `${height}px` } }, h(Trouble, { answer, retry }));
  return h('div', answer.error && h(Trouble, { answer, retry }), draw(answer.data));
}
