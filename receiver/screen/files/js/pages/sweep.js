// One sweep's report, whole.
import { part } from '../api.js';
import { h } from '../dom.js';
import { daySeconds, num, span } from '../format.js';
import { Icon } from '../icons.js';
import { known, t } from '../i18n.js';
import { Badge, Block, Count, Field } from '../parts.js';
import { link } from '../route.js';
import { View } from '../view.js';

const counts = [
  'pages',
  'fetched',
  'rowsExpected',
  'matched',
  'unmatched',
  'backfilled',
  'statusChanged',
  'unchanged',
  'stale',
  'conflicts',
  'refused',
  'unreadable',
  'missedByWebhook',
  'lookups',
  'requests',
  'retries',
  'throttled',
];

// Why a sweep is not complete, or what it was limited to: in the reader's language where the words are known ones, else as it
// was written. Pure.
const reasons = [
  [/^newest (\d+)$/, 'reason.newest'],
  [/^read (\d+) rows where the courier counts (\d+)$/, 'reason.counts'],
  [/^rows went away while the list was read, in each of (\d+) rounds$/, 'reason.went'],
  [/^the list moved while it was read, in each of (\d+) rounds$/, 'reason.moved'],
  [/^it is running$/, 'reason.running'],
  [/^it has not begun$/, 'reason.waits'],
];
export function reasonWord(reason) {
  for (const [shape, key] of reasons) {
    const found = shape.exec(reason);
    if (!found) continue;
    const [n, of] = found.slice(1).map(Number);
    return t(key, { n, read: t('s.progress.unknown', { n }), of: of === undefined ? '' : num(of) });
  }
  return reason;
}

// A figure of a report, with the orders that it counts where they are known: what it changed is in the journal; its conflicts
// are `kept` where it is the account's last full one. Null: not known.
export function Figure({ s, name, kept }) {
  const n = s[name];
  if (n === null || n === undefined) return '—';
  const listed =
    name === 'backfilled' ||
    name === 'statusChanged' ||
    (name === 'missedByWebhook' && s.missedListed) ||
    (kept && (name === 'conflicts' || name === 'refused'));
  return listed && n > 0 && s.id !== undefined
    ? h(Count, { n, href: link('orders', '', { sweep: s.id, counted: name }) })
    : h(n ? 'span' : 'span.faint', num(n));
}

export class Sweep extends View {
  componentDidMount() {
    this.load();
    this.on('sweep', (s) => s.id === this.props.id && this.soon('sweep', 700, () => this.load()));
    this.on('refresh', () => this.load());
  }
  async load() {
    const answer = await this.ask('sweep', `sweeps/${part(this.props.id)}`);
    const account = answer.data?.account;
    if (account) this.ask('last', 'sweeps', { kind: 'full', account, limit: 2, after: '' });
  }
  render({ id }, { sweep, last }) {
    const draw = (s) =>
      h(
        'section',
        h(
          'dl.pairs',
          h(
            Field,
            { term: t('th.account') },
            h('a', { href: link('accounts', s.account) }, s.accountName || s.account),
          ),
          h(Field, { term: t('th.kind') }, known(`kind.${s.kind}`) ? t(`kind.${s.kind}`) : s.kind),
          h(Field, { term: t('th.began') }, s.startedAt ? daySeconds(s.startedAt) : t('s.waits')),
          h(Field, { term: t('th.took') }, span((s.seconds ?? 0) * 1e3)),
          s.reason && !s.running && h(Field, { term: t('s.reason') }, h('span', { dir: 'auto' }, reasonWord(s.reason))),
          counts
            .filter((name) => s[name] !== undefined && s[name] !== null)
            .map((name) =>
              h(
                Field,
                { key: name, term: t(`count.${name}`) },
                h(Figure, { s, name, kept: last?.data?.sweeps.find((f) => !f.running)?.id === s.id }),
              ),
            ),
        ),
      );
    const s = sweep?.data;
    return h(
      'section.panel.detail.one',
      { 'aria-labelledby': 'sweep' },
      h(
        '.top',
        h('a.back', { href: '#/sweeps', 'data-close': '' }, h(Icon, { name: 'chevron', turns: true }), t('o.back')),
        h(
          'h2',
          { id: 'sweep', tabindex: '-1' },
          t('s.one', { id }),
          ' ',
          s &&
            (s.running
              ? h(Badge, { tone: 'move' }, t('s.runs.now'))
              : h(
                  Badge,
                  { tone: s.verdict === 'complete' ? 'ok' : 'bad', icon: s.verdict === 'complete' ? 'ok' : 'bad' },
                  t(`verdict.${s.verdict}`),
                )),
        ),
      ),
      sweep?.error?.status === 404
        ? h('section', h('p', t('s.gone')))
        : h(Block, { answer: sweep, height: 200, retry: () => this.load(), draw }),
    );
  }
}
