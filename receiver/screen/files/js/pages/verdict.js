// Are my deliveries up to date; if not, what do I do? The verdict in words, the three facts beside it, and what to do.
import { h } from '../dom.js';
import { now } from '../clock.js';
import { clock, dayClock, isSameDay, longDay, moment, span } from '../format.js';
import { known, t } from '../i18n.js';
import { Ago, Field, ToneIcon } from '../parts.js';
import { Todo } from './problems.js';

const both = (key, n) => ({ title: t(key, { n }), lead: t(`${key}.lead`, { n }) });
const tones = { ok: 'ok', attention: 'warn', late: 'bad', unknown: 'unknown' };

// Which words say it, and what is put into them. Pure.
export function verdictWords(overview, accounts) {
  const kind = overview.reasons?.[0];
  const problem = overview.problems.find((p) => p.kind === kind) ?? overview.problems[0];
  const at = overview.since
    ? isSameDay(overview.since, now())
      ? clock(overview.since)
      : dayClock(overview.since)
    : '—';
  const given = { at, n: problem?.count ?? 0, account: problem?.accountName ?? problem?.account ?? '' };
  if (overview.verdict === 'ok') return both('v.ok');
  if (overview.verdict === 'unknown') {
    const none = accounts !== undefined && accounts.length === 0;
    return none ? { ...both('v.empty'), steps: true } : both('v.first');
  }
  if (overview.verdict === 'late')
    return {
      title: overview.since ? t('v.late', given) : t('v.late.unknown'),
      lead: known(`v.lead.${kind}`) ? t(`v.lead.${kind}`, given) : t('v.lead.late'),
    };
  const untracked = overview.problems.find((p) => p.kind === 'untracked');
  if (untracked) return both('v.untracked', untracked.count);
  return both('v.attention', overview.problems.length);
}

const Steps = () =>
  h(
    '.todo',
    h('h2', t('e.title')),
    h(
      'ol.steps',
      [1, 2, 3].map((n) =>
        h('li', { key: n }, h('span.node', String(n)), h('div', h('b', t(`e.${n}`)), h('span.why', t(`e.${n}.why`)))),
      ),
    ),
  );

export function Verdict({ overview, accounts, changed }) {
  const tone = tones[overview.verdict] ?? 'unknown';
  const { title, lead, steps } = verdictWords(overview, accounts);
  const until = overview.nextFull ? moment(overview.nextFull) - now() : null;
  const facts = h(
    'dl.facts',
    h(
      Field,
      { term: t('fact.full') },
      h(
        'a',
        { href: '#/sweeps' },
        overview.lastComplete
          ? [clock(overview.lastComplete), ' ', h('span', h(Ago, { at: overview.lastComplete }))]
          : '—',
      ),
    ),
    h(
      Field,
      { term: t('fact.next') },
      overview.nextFull
        ? [clock(overview.nextFull), ' ', until > 0 && h('span', t('fact.in', { span: span(until) }))]
        : '—',
    ),
    h(Field, { term: t('fact.hook') }, h('a', { href: '#/webhooks' }, h(Ago, { at: overview.lastWebhook }))),
  );
  return h(
    'section.panel.verdict',
    { 'data-tone': tone, 'data-verdict': overview.verdict, 'aria-labelledby': 'verdict' },
    h(
      '.say',
      { 'data-tone': tone },
      h('p.when', `${longDay(overview.asOf)}${t('comma')}${clock(overview.asOf)}`),
      h('h1', { id: 'verdict', tabindex: '-1', 'data-tone': tone }, h(ToneIcon, { tone }), h('span', title)),
      h('p.lead', lead),
      !steps && facts,
    ),
    steps && !overview.problems.length
      ? h(Steps)
      : h(
          '.todos',
          steps && h(Steps),
          h(Todo, { problems: overview.problems, more: overview.untracked, changed }),
        ),
  );
}

const line = (width) => h('span.skeleton', { style: { width } });
export const VerdictSkeleton = () =>
  h(
    'section.panel.verdict',
    { 'aria-busy': 'true' },
    h(
      '.say',
      line('180px'),
      h('h1', { tabindex: '-1' }, h('span.sr', t('loading')), line('32px'), line('80%')),
      line('60%'),
      line('90%'),
    ),
    h(
      '.todo',
      [1, 2, 3].map((i) => h('p.waiting', { key: i }, line('90%'))),
    ),
  );
