// Does the courier take the key, does it push, at which pace is it asked, and how much of the account is known.
import { part, post } from '../api.js';
import { Component, h } from '../dom.js';
import { now } from '../clock.js';
import { Covered } from './figures.js';
import { clock, moment, num, pct, took } from '../format.js';
import { Icon } from '../icons.js';
import { known, t } from '../i18n.js';
import { say, sayError } from '../notice.js';
import { healthOf } from '../health.js';
import { Ago, Badge, Bar, Blank, Block, Button, Count, Head } from '../parts.js';
import { Why, wordsOf } from './problems.js';
import { link } from '../route.js';
import { courierName } from '../status.js';
import { View } from '../view.js';

const problemWord = (problem) => (known(`ac.problem.${problem}`) ? t(`ac.problem.${problem}`) : problem);

// Webhooks come, to an address that does not say of which account: none can be counted for it.
const isHeardUnnamed = (a) =>
  !a.webhooks?.last24h && a.webhookHeardAt && now() - moment(a.webhookHeardAt) < 24 * 3600e3;

const list = (x) => (Array.isArray(x) ? x : []);

class Account extends Component {
  // The one that the address names is brought to where it is seen.
  componentDidMount() {
    if (this.props.chosen) this.node.scrollIntoView({ block: 'center' });
  }
  componentDidUpdate(before) {
    if (this.props.chosen && !before.chosen) this.componentDidMount();
  }
  async act(name, path, body, done) {
    this.setState({ busy: name, result: null });
    try {
      const answer = await post(path, body);
      this.setState({ result: done(answer) });
    } catch (error) {
      if (error.status === 409) say(t('s.runs'), 'warn');
      else sayError(error);
    }
    this.setState({ busy: null });
    this.props.changed();
  }
  test() {
    const courier = courierName(this.props.a.courier);
    return this.act('test', `accounts/${part(this.props.a.id)}/test`, {}, ({ success, message }) => ({
      tone: success ? 'ok' : 'bad',
      text: success ? t('ac.tested', { courier }) : `${t('ac.refused', { courier })} ${message ?? ''}`,
    }));
  }
  sweep() {
    return this.act('sweep', 'sweeps', { account: this.props.a.id }, () => ({ tone: 'ok', text: t('s.asked') }));
  }
  hooks() {
    return this.act('hooks', `accounts/${part(this.props.a.id)}/hooks`, {}, ({ success, data, message }) => ({
      tone: success ? 'ok' : 'warn',
      text: success ? t('done.hooks_missing') : (data?.problem ?? message ?? t('act.failed')),
    }));
  }

  // Of an account whose hooks are not for us to register, or none are wanted.
  otherHooks(a, registered, big) {
    const by = a.hooks?.registration;
    if (by === 'none') return big('unknown', t('ac.hooks.sends_none'));
    if (by === 'hand') return a.webhookHeardAt ? big('ok', t('ac.hooks.by_hand')) : big('warn', t('ac.hooks.to_do'));
    return big('unknown', registered.length ? t('ac.registered.all', { n: registered.length }) : t('ac.hooks.none'));
  }

  cells(a) {
    const wanted = list(a.hooks?.wanted);
    const registered = list(a.hooks?.registered);
    const missing = wanted.filter((w) => !registered.includes(w));
    const pace = a.pace ?? {};
    const share = a.coverage?.coveragePercentage;
    const hooks = a.webhooks ?? {};
    const big = (tone, ...children) =>
      h('p.big', { 'data-tone': tone }, tone && h('span.tone', h(Icon, { name: tone })), h('span', ...children));
    return h(
      '.cells',
      h(
        'div',
        h('h3', t('ac.key')),
        a.problem
          ? big('bad', problemWord(a.problem))
          : a.heardAt
            ? big('ok', t('ac.accepted'))
            : big('unknown', t('ac.unheard')),
        h(
          'p.s',
          a.heardAt ? h(Ago, { at: a.heardAt }) : '—',
          pace.latencyMs ? `${t('comma')}${t('ac.answers', { span: took(pace.latencyMs) })}` : '',
        ),
      ),
      h(
        'div',
        h('h3', t('ac.hooks')),
        wanted.length
          ? big(
              missing.length ? 'warn' : 'ok',
              t('ac.registered', { done: num(wanted.length - missing.length), of: num(wanted.length) }),
            )
          : this.otherHooks(a, registered, big),
        a.hooks?.registration !== 'none' &&
          h(
            'p.s',
            a.webhookHeardAt ? [t('ac.heard'), ' ', h(Ago, { at: a.webhookHeardAt })] : t('ac.never'),
            t('comma'),
            isHeardUnnamed(a)
              ? h('a', { href: link('webhooks') }, t('ac.heard.unnamed'))
              : h(
                  Count,
                  { n: hooks.last24h ?? 0, href: link('webhooks', '', { account: a.id, period: '24h' }) },
                  t('ac.heard.n', { n: hooks.last24h ?? 0 }),
                ),
          ),
      ),
      h(
        'div',
        h('h3', t('ac.pace')),
        big(
          a.breaker === 'open' ? 'bad' : undefined,
          a.breaker === 'open'
            ? t('ac.breaker')
            : pace.inFlight > 0
              ? t('ac.pace.v', { n: pace.inFlight })
              : t('ac.pace.free'),
        ),
        h(
          'p.s',
          h(
            'a.count',
            { href: link('sweeps', '', { account: a.id }) },
            t('ac.pace.s', {
              n: pace.requests24h ?? 0,
              throttled: t('n.throttled', { n: pace.throttled24h ?? 0 }),
            }),
          ),
          pace.errors24h ? `${t('comma')}${t('ac.errors', { n: pace.errors24h })}` : '',
        ),
      ),
      h(
        'div',
        h('h3', t('th.coverage')),
        big(
          undefined,
          share !== undefined && h(Bar, { share }),
          h('a', { href: link('orders', '', { account: a.id, only: 'with_account' }) }, share === undefined ? '—' : pct(share, 2)),
        ),
        a.coverage && h('p.s', h(Covered, { coverage: a.coverage, account: a.id })),
        h(
          'p.s',
          h(
            Count,
            { n: a.untracked ?? 0, href: link('orders', '', { view: 'untracked', account: a.id }) },
            t('ac.untracked', { n: a.untracked ?? 0 }),
          ),
        ),
        hooks.missed7d !== undefined &&
          a.hooks?.registration !== 'none' &&
          h(
            'p.s',
            h(
              'a.count',
              { href: link('sweeps', '', { account: a.id }) },
              t('ac.missed', { n: hooks.missed7d ?? 0, of: num(hooks.changes7d ?? 0) }),
            ),
          ),
      ),
    );
  }

  render({ a, problems, chosen }, { busy, result }) {
    const health = healthOf(a, problems);
    const place = (node) => {
      if (node) this.node = node;
    };
    const mine = (problems ?? []).filter((p) => p.account === a.id);
    const registers = mine.some(
      (p) => p.action && (p.kind === 'hooks_missing' || p.kind === 'webhooks_silent'),
    );
    const note =
      mine.length > 0 &&
      h(
        '.note',
        { 'data-tone': health.tone },
        h(Icon, { name: health.tone === 'bad' ? 'bad' : 'warn' }),
        h(
          'div',
          mine.map((p) => {
            const { title, why } = wordsOf(p);
            return h(
              'p',
              { key: p.kind, 'data-kind': p.kind },
              p.view ? h('a.strong', { href: p.view }, title) : h('b', title),
              ' ',
              h(Why, { problem: p, why }),
            );
          }),
        ),
        registers && h(Button, { busy: busy === 'hooks', onClick: () => this.hooks() }, t('a.hooks_missing')),
      );
    return h(
      'section.panel.account',
      { ref: place, 'data-account': a.id, 'aria-label': a.name, class: chosen ? 'chosen' : '' },
      h(
        'header',
        h('h2', a.name),
        h(Badge, { tone: health.tone, icon: health.tone }, t(`health.${health.kind}`)),
        h(
          'span.sub',
          courierName(a.courier),
          a.completeAsOf && ` · ${t('ac.complete', { at: clock(a.completeAsOf) })}`,
        ),
        h(
          '.end.actions',
          h(Button, { icon: 'key', busy: busy === 'test', onClick: () => this.test() }, t('ac.test')),
          h(Button, { icon: 'sweeps', busy: busy === 'sweep', onClick: () => this.sweep() }, t('ac.sweep')),
        ),
      ),
      h(
        '.answer.inset',
        { role: 'status' },
        result &&
          h('p', { 'data-tone': result.tone }, h('span.tone', h(Icon, { name: result.tone })), h('span', result.text)),
      ),
      this.cells(a),
      note,
    );
  }
}

export class Accounts extends View {
  componentDidMount() {
    this.load();
    this.on('refresh', () => this.load());
    for (const topic of ['problem', 'sweep', 'overview'])
      this.on(topic, () => this.soon('list', 2000, () => this.load()));
    this.every(15_000, () => this.load());
    this.every(5_000, () => this.setState({}));
  }
  load() {
    this.ask('accounts', 'accounts');
    this.ask('problems', 'problems');
  }
  render({ route }, { accounts, problems }) {
    const draw = ({ accounts: all }) =>
      all.length
        ? h(
            '.stack',
            all.map((a) =>
              h(Account, {
                key: a.id,
                a,
                chosen: a.id === route.id,
                problems: problems?.data?.problems,
                changed: () => this.load(),
              }),
            ),
          )
        : h('section.panel', h(Blank, { icon: 'accounts', title: t('v.empty') }, h('p', t('v.empty.lead'))));
    return h(
      'div',
      h(Head, { title: t('nav.accounts') }),
      h(Block, { answer: accounts, height: 300, retry: () => this.load(), draw }),
    );
  }
}
