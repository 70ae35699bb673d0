// What needs a person: each problem's words, its one button, and what the button did.
import { call } from '../api.js';
import { now } from '../clock.js';
import { Component, h } from '../dom.js';
import { clock, dayClock, isSameDay, moment, span } from '../format.js';
import { Unknown } from './figures.js';
import { known, rich, t } from '../i18n.js';
import { say, sayError } from '../notice.js';
import { Button, ToneIcon } from '../parts.js';
import { link } from '../route.js';

export const toneOf = (severity) => (severity === 'late' ? 'bad' : 'warn');
const first = 5;
// Whose list has as many rows as the problem counts.
const listed = ['untracked', 'orders_without_account', 'contested', 'quarantined', 'failed', 'conflict', 'parked'];

// The values its words may need; `more` are figures of the overview.
export function wordsOf(problem, more = {}) {
  const { kind, accountName, account, count, since } = problem;
  const when = since && (isSameDay(since, now()) ? clock(since) : dayClock(since));
  const given = {
    account: accountName ?? account ?? '',
    n: count ?? 0,
    at: when ?? '—',
    span: since ? span(now() - moment(since)) : '—',
    unknown: t('k.untracked.s', { n: more.unknownToCourier ?? 0 }),
  };
  // Some are said otherwise where nobody knows since when.
  const say_it = (key) =>
    !since && known(`${key}.never`) ? t(`${key}.never`, given) : known(key) ? t(key, given) : null;
  return { title: say_it(`p.${kind}`) ?? kind, why: say_it(`p.${kind}.why`) ?? problem.detail ?? '' };
}

// Why it is a problem: what it counts is a link where no list of rows is behind its title.
export function Why({ problem, why }) {
  const { kind, account, count, view } = problem;
  const swept = kind === 'webhooks_silent' && link('sweeps', '', { account, fold: 'false' });
  const href = swept || (count > 0 && !listed.includes(kind) && view);
  return href ? h('a.count', { href }, why) : h('span', why);
}

class Problem extends Component {
  async act() {
    const { problem, changed } = this.props;
    const { method, path, body } = problem.action;
    this.setState({ busy: true });
    try {
      const answer = await call(method, path.replace(/^\/?(api\/v1\/)?/, ''), body ?? {});
      if (answer.success === false) say(answer.message || t('act.failed'), 'bad');
      else
        say(
          known(`done.${problem.kind}`)
            ? t(`done.${problem.kind}`, { account: problem.accountName ?? '' })
            : answer.message || t('act.done'),
        );
    } catch (error) {
      if (error.status === 409) say(t('s.runs'), 'warn');
      else sayError(error);
    }
    this.setState({ busy: false });
    changed();
  }
  button() {
    const { problem, main } = this.props;
    const label = known(`a.${problem.kind}`) ? t(`a.${problem.kind}`) : t('more');
    if (problem.action) return h(Button, { main, busy: this.state.busy, onClick: () => this.act() }, label);
    if (problem.view) return h('a.btn', { class: main ? 'main' : '', href: problem.view }, label);
    return null;
  }
  render({ problem, more }) {
    const tone = toneOf(problem.severity);
    const { title, why } = wordsOf(problem, more);
    const command = problem.kind === 'no_reconciler' && h('code.ltr', 'systemctl status suivi-reconciler');
    return h(
      'li',
      { 'data-tone': tone, 'data-kind': problem.kind },
      h(ToneIcon, { tone }),
      h(
        'div',
        problem.view
          ? h('a.strong', { href: problem.view, 'data-count': listed.includes(problem.kind) ? problem.count : undefined }, title)
          : h('b', title),
        h(
          'span.why',
          problem.kind === 'untracked' && more?.unknownToCourier !== undefined
            ? rich('p.untracked.why', { unknown: h(Unknown, { n: more.unknownToCourier }) })
            : h(Why, { problem, why }),
        ),
        command,
      ),
      this.button(),
    );
  }
}

export class Todo extends Component {
  render({ problems, more, changed }, { all }) {
    const shown = all ? problems : problems.slice(0, first);
    const heading = h('h2', t('todo'), ' ', problems.length > 0 && h('span.faint', String(problems.length)));
    if (!problems.length)
      return h('.todo', heading, h('p.none', { 'data-tone': 'ok' }, h(ToneIcon, { tone: 'ok' }), t('todo.none')));
    return h(
      '.todo',
      heading,
      h(
        'ul',
        shown.map((problem, i) =>
          h(Problem, { key: `${problem.kind} ${problem.account ?? ''}`, problem, more, changed, main: i === 0 }),
        ),
      ),
      shown.length < problems.length &&
        h(Button, { plain: true, onClick: () => this.setState({ all: true }) }, t('todo.all', { count: `${problems.length}` })),
    );
  }
}
