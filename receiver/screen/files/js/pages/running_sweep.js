// A sweep that runs: how far it is and what it has found so far.
import { h } from '../dom.js';
import { num, pct, span } from '../format.js';
import { known, t } from '../i18n.js';
import { Badge, Field } from '../parts.js';
import { Figure } from './sweep.js';

export const kindWord = (kind) => (known(`kind.${kind}`) ? t(`kind.${kind}`) : kind);

export function Running({ s }) {
  const expected = s.rowsExpected || 0;
  const done_share = expected ? Math.min(100, (s.fetched / expected) * 100) : null;
  const label = expected ? t('s.progress', { done: num(s.fetched), of: num(expected) }) : t('s.progress.unknown', { n: s.fetched });
  const left = done_share > 1 && s.seconds ? (s.seconds * 1e3 * (100 - done_share)) / done_share : null;
  return h(
    '.running',
    { 'data-sweep': s.id },
    h(
      'h2',
      t('s.running', { account: s.accountName || s.account }),
      ' ',
      h(Badge, { tone: 'move' }, kindWord(s.kind)),
      h('span.faint.took', span((s.seconds ?? 0) * 1e3), left !== null && ` · ${t('s.left', { span: span(left) })}`),
    ),
    h('progress', { value: done_share ?? undefined, max: 100, 'aria-label': label }),
    h(
      'dl.figs',
      h(Field, { term: label }, done_share === null ? '—' : pct(done_share, 0)),
      ['backfilled', 'statusChanged', 'missedByWebhook', 'requests', 'retries'].map((name) =>
        h(Field, { key: name, term: t(`count.${name}`) }, h(Figure, { s, name })),
      ),
    ),
  );
}
