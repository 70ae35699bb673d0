// What was fetched and matched, by whom and when; what webhooks had missed; and a sweep now.
import { now } from '../clock.js';
import { h } from '../dom.js';
import { clock, dayClock, isSameDay, listed, moment, num, pct, span } from '../format.js';
import { Icon } from '../icons.js';
import { t } from '../i18n.js';
import { MissedChart } from '../charts/missed_chart.js';
import { share } from '../charts/scale.js';
import { Badge, Blank, Block, Button, Chip, Head, Select } from '../parts.js';
import { changed, go, link } from '../route.js';
import { kindWord, Running } from './running_sweep.js';
import { Figure, reasonWord, Sweep } from './sweep.js';
import { SweepNow } from './sweep_now.js';
import { View } from '../view.js';

const rows_asked = 30;

export class Sweeps extends View {
  componentDidMount() {
    this.load();
    this.ask('accounts', 'accounts');
    this.on('refresh', () => this.load());
    this.on('sweep', () => this.soon('list', 700, () => this.list()));
    this.every(15_000, () => this.load());
    this.every(2_000, () => this.state.list?.data?.sweeps.some((s) => s.running) && this.list());
  }
  componentDidUpdate(before) {
    const filter = (route) => ['kind', 'verdict', 'account', 'fold'].map((name) => route.query.get(name)).join('\n');
    if (filter(before.route) === filter(this.props.route)) return;
    this.forget('list');
    this.setState({ more: null });
    this.list();
  }
  load() {
    this.list();
    this.ask('overview', 'overview');
    this.ask('missed', 'series', { name: 'missed', period: '30d' });
    this.ask('full', 'sweeps', { kind: 'full', limit: 20, after: '' });
  }
  filter(after = '') {
    const q = this.props.route.query;
    const plain = !q.get('kind') && !q.get('verdict') && q.get('fold') !== 'false';
    return {
      kind: q.get('kind'),
      verdict: q.get('verdict'),
      account: q.get('account'),
      fold: plain ? 'true' : 'false',
      limit: rows_asked,
      after,
    };
  }
  list() {
    return this.ask('list', 'sweeps', this.filter());
  }
  async more(after) {
    const before = this.state.more ?? [];
    const answer = await this.ask('page', 'sweeps', this.filter(after));
    if (answer.data && !answer.error)
      this.setState({ more: [...before, ...answer.data.sweeps], next: answer.data.next });
  }

  // Of which the list of conflicts is kept.
  isLastFull(s) {
    const full = this.state.full?.data?.sweeps ?? [];
    return s.id !== undefined && full.find((f) => !f.running && f.account === s.account)?.id === s.id;
  }

  row(s) {
    const { missedByWebhook: missed, told } = s;
    const cells = [
      h('td.wide-only.num.quiet', span((s.seconds ?? 0) * 1e3)),
      h('td.wide-only.num.quiet', num(s.fetched ?? 0)),
      h('td.wide-only.num', h(Figure, { s, name: 'backfilled' })),
      h('td.wide-only.num', h(Figure, { s, name: 'statusChanged' })),
      h(
        'td.num',
        h(Figure, { s, name: 'missedByWebhook' }),
        Number.isInteger(told) && missed + told > 0 && h('span.share', ' ', pct(share(missed, told))),
      ),
      h('td.wide-only.num', h(Figure, { s, name: 'conflicts', kept: this.isLastFull(s) })),
      h(
        'td.wide-only.num.quiet',
        num(s.requests ?? 0),
        s.retries > 0 && h('span.under', t('s.retries', { n: s.retries })),
      ),
    ];
    if (s.folded) {
      const times = `${dayClock(s.startedAt)} – ${s.finishedAt && isSameDay(s.startedAt, s.finishedAt) ? clock(s.finishedAt) : s.finishedAt ? dayClock(s.finishedAt) : ''}`;
      return h(
        'tr.pick',
        { key: `folded ${s.startedAt}` },
        h('td', h('a.row.quiet', { href: link('sweeps', '', { kind: 'incremental' }) }, times)),
        h('td', h('span.quiet', t('s.group', { times: num(s.folded) }))),
        h('td', h('span.faint.word', t('verdict.complete'))),
        cells,
      );
    }
    const good = s.verdict === 'complete';
    return h(
      'tr.pick',
      { key: s.id, 'data-sweep': s.id, 'data-verdict': s.verdict },
      h('td', h('a.row', { href: link('sweeps', s.id) }, s.startedAt ? dayClock(s.startedAt) : t('s.waits'))),
      h('td', s.accountName || s.account, h('span.under', kindWord(s.kind))),
      h(
        'td',
        h(Badge, { tone: good ? 'ok' : 'bad', icon: good ? 'ok' : 'bad' }, h('span.word', t(`verdict.${s.verdict}`))),
        s.reason && h('span.under.why', { dir: 'auto' }, reasonWord(s.reason)),
      ),
      cells,
    );
  }
  history(data, route) {
    const rows = [...data.sweeps.filter((s) => !s.running), ...(this.state.more ?? [])];
    const next = this.state.more ? this.state.next : data.next;
    const narrowed = ['kind', 'verdict', 'account'].some((name) => route.query.get(name));
    if (!rows.length)
      return h(Blank, { icon: 'sweeps', title: t('s.none') }, h('p', t(narrowed ? 's.none.filter' : 's.none.why')));
    const heads = [
      ['th.took', 'wide-only num'],
      ['count.fetched', 'wide-only num'],
      ['count.backfilled', 'wide-only num'],
      ['count.statusChanged', 'wide-only num'],
      ['count.missedByWebhook', 'num'],
      ['count.conflicts', 'wide-only num'],
      ['count.requests', 'wide-only num'],
    ];
    return h(
      'div',
      h(
        '.scroll.sweep-list',
        { tabindex: '0', role: 'region', 'aria-label': t('s.history') },
        h(
          'table',
          { 'data-list': 'sweeps' },
          h(
            'thead',
            h(
              'tr',
              h('th', t('th.began')),
              h('th', t('th.account')),
              h('th', t('th.verdict')),
              heads.map(([key, kind]) => h('th', { key, class: kind }, t(key))),
            ),
          ),
          h(
            'tbody',
            rows.map((s) => this.row(s, route)),
          ),
        ),
      ),
      next &&
        h(
          '.foot-row',
          h('span', t('list.shown', { n: rows.length })),
          h(Button, { onClick: () => this.more(next) }, t('list.more')),
        ),
    );
  }
  // Where no reconciler runs nothing begins by itself, whatever was due.
  begins(o) {
    return Boolean(o) && !(o.problems ?? []).some((p) => p.kind === 'no_reconciler');
  }
  next(o) {
    const until = o?.nextFull ? moment(o.nextFull) - now() : null;
    return h(
      '.next',
      h('h2', h(Icon, { name: 'calendar' }), t('s.next')),
      o?.nextFull
        ? h('p', h('b', dayClock(o.nextFull)), ' ', until > 0 && h('span.quiet', t('fact.in', { span: span(until) })))
        : h('p.faint', t('s.next.none')),
      o?.schedule &&
        h(
          'p.faint',
          { 'data-schedule': o.schedule.join() },
          o.schedule.length
            ? t('s.schedule', { times: listed(o.schedule), zone: o.timezone })
            : t('s.schedule.none'),
        ),
      o?.nextIncremental && h('p.faint', t('s.next.incremental', { at: clock(o.nextIncremental) })),
    );
  }

  render({ route }, { list, overview, missed, full, accounts, asking }) {
    const open = (account) => this.setState({ asking: { account } });
    const known_accounts = accounts?.data?.accounts ?? [];
    const running = (list?.data?.sweeps ?? []).filter((s) => s.running);
    const swept = (missed?.data?.points ?? []).filter((m) => m.sweeps > 0); // the running day is there whatever it had
    const points = swept.map((m) => ({
      at: moment(m.at),
      missed: m.missed ?? 0,
      told: m.told ?? 0,
      complete: m.complete !== false && m.complete !== 0,
    }));
    const only = route.query.get('verdict') || route.query.get('kind') || 'all';
    const choose = (kind, verdict) => go(changed(route, { kind, verdict }));
    const chips = [
      ['all', 'w.all', '', ''],
      ['full', 's.only.full', 'full', ''],
      ['incremental', 's.only.incremental', 'incremental', ''],
      ['incomplete', 's.only.incomplete', '', 'incomplete'],
    ];
    return h(
      'div',
      h(
        Head,
        { title: t('nav.sweeps') },
        h(Button, { main: true, icon: 'sweeps', onClick: () => open('') }, t('s.now')),
      ),
      h(
        '.stack',
        route.id && h(Sweep, { key: route.id, id: route.id }),
        h(
          'section.panel.run',
          h(
            'div',
            running.length
              ? running.map((s) => h(Running, { key: s.id, s }))
              : h('.running', h('h2', t('s.idle')), this.begins(overview?.data) && h('p.faint', t('s.idle.why'))),
          ),
          this.next(overview?.data),
        ),
        h(
          'section.panel',
          h(
            'header',
            h('h2', t('s.missed')),
            h('span.faint', t('s.missed.range')),
            h('.end.legend', h('span', h('i.ring'), t('leg.hollow'))),
          ),
          h(
            '.body',
            h(Block, {
              answer: missed,
              height: 150,
              retry: () => this.load(),
              draw: () =>
                points.length
                  ? h(MissedChart, { points, label: t('s.missed.label') })
                  : h(Blank, { icon: 'sweeps', title: t('c.none') }, h('p', t('c.none.why'))),
            }),
          ),
        ),
        h(
          'section.panel',
          h(
            'header',
            h('h2', t('s.history')),
            h(
              '.end.chips',
              { role: 'group', 'aria-label': t('s.history') },
              chips.map(([id, key, kind, verdict]) =>
                h(Chip, { key: id, pressed: id === only, onClick: () => choose(kind, verdict) }, t(key)),
              ),
              known_accounts.length > 1 &&
                h(Select, {
                  label: t('th.account'),
                  value: route.query.get('account') ?? '',
                  options: [['', t('w.account')], ...known_accounts.map((a) => [a.id, a.name])],
                  onChoose: (account) => go(changed(route, { account })),
                }),
            ),
          ),
          h(Block, { answer: list, height: 320, retry: () => this.list(), draw: (data) => this.history(data, route) }),
        ),
      ),
      asking &&
        h(SweepNow, {
          account: asking.account,
          accounts: known_accounts,
          last: full?.data?.sweeps ?? [],
          close: () => this.setState({ asking: null }),
          changed: () => this.load(),
        }),
    );
  }
}
