// What the courier pushed, and what became of it: filtered, live, picked for a replay or for deletion.
import { post } from '../api.js';
import { now } from '../clock.js';
import { CountChart } from '../charts/count_chart.js';
import { h } from '../dom.js';
import { daySeconds, dayClock, delay, num } from '../format.js';
import { Icon } from '../icons.js';
import { t } from '../i18n.js';
import { say, sayError } from '../notice.js';
import { countBars, Legend } from '../charts/overview_charts.js';
import { Blank, Block, Button, Chip, Head, Select } from '../parts.js';
import { Replay } from './replay.js';
import { changed, go, replace } from '../route.js';
import { Outcome, outcomeKind, outcomeOrder, outcomeWord, Status, toldReference, toldStatus } from '../status.js';
import { View } from '../view.js';
import { DeleteDialog, Webhook } from './webhook.js';

const periods = ['24h', '7d', '30d', 'all'];
const counted_period = '30d'; // where all that is kept is shown
const filters = ['outcome', 'reference', 'eventType', 'account', 'since', 'until', 'period'];
const rows_asked = 25;
const typing_ms = 300;
const deleted_at_once_max = 1000;

// `since` and `until` are moments, or ages: 24h.
function pointOf(text) {
  if (!text) return '…';
  const age = /^(\d+)h$/.exec(text);
  return dayClock(age ? now() - Number(age[1]) * 3600e3 : text);
}

export class Webhooks extends View {
  constructor(props) {
    super(props);
    this.state.picked = new Set();
  }
  componentDidMount() {
    this.load();
    this.figures();
    this.ask('accounts', 'accounts');
    this.on('refresh', () => this.load());
    this.on('event', () => this.isFollowing() && this.soon('list', 700, () => this.load()));
    this.on('event', () => this.soon('figures', 10_000, () => this.figures()));
    this.every(10_000, () => this.isFollowing() && this.load()); // should a piece of news be lost
    this.every(60_000, () => this.figures());
  }
  componentDidUpdate(before) {
    const filter = (route) => filters.map((name) => route.query.get(name)).join('\n');
    if (filter(before.route) === filter(this.props.route)) return;
    this.forget('list');
    this.setState({ more: null, picked: new Set() });
    this.load();
    this.figures();
    const text = this.props.route.query.get('reference') ?? '';
    if (this.state.text !== undefined && this.state.text.trim() !== text) this.setState({ text: undefined });
  }
  // New ones come in at the top, unless somebody reads further down, picks, or stopped it.
  isFollowing() {
    return !this.state.paused && !this.state.picked.size && !this.state.more && scrollY < 400;
  }
  // What waits for something or somebody is shown however old it is.
  get period() {
    const q = this.props.route.query;
    const waits = ['waiting', 'trouble'].includes(outcomeKind(q.get('outcome')));
    return q.get('period') ?? (waits ? 'all' : '24h');
  }
  get countedPeriod() {
    return this.period === 'all' ? counted_period : this.period;
  }
  filter() {
    const q = this.props.route.query;
    const [outcome, reference, eventType, account, since, until] = filters
      .slice(0, 6)
      .map((name) => q.get(name) ?? undefined);
    return { outcome, reference, eventType, account, since: since ?? (this.period === 'all' ? undefined : this.period), until };
  }
  load() {
    return this.ask('list', 'webhooks/events', { ...this.filter(), limit: rows_asked, settled: true, after: '' });
  }
  figures() {
    this.ask('stats', 'webhooks/stats', { period: this.countedPeriod });
    this.ask('series', 'series', {
      name: 'webhooks',
      period: this.countedPeriod,
      account: this.props.route.query.get('account'),
    });
  }
  async more(after) {
    const before = this.state.more ?? [];
    this.setState({ loading: true });
    const answer = await this.ask('page', 'webhooks/events', { ...this.filter(), limit: rows_asked, settled: true, after });
    this.setState({ loading: false });
    if (answer.data && !answer.error)
      this.setState({ more: [...before, ...answer.data.events], next: answer.data.pagination.next });
  }
  type(text) {
    clearTimeout(this.typed);
    this.setState({ text });
    this.typed = setTimeout(() => replace(changed(this.props.route, { reference: text.trim() })), typing_ms);
  }
  pick(ids, on) {
    const picked = new Set(this.state.picked);
    for (const id of ids)
      if (on) picked.add(id);
      else picked.delete(id);
    this.setState({ picked });
  }
  async erase() {
    const ids = [...this.state.picked].slice(0, deleted_at_once_max);
    this.setState({ busy: true });
    try {
      const { data } = await post('webhooks/events/delete', { ids });
      say(
        data.refused.length ? t('d.refused', { n: data.refused.length }) : t('d.done', { n: data.deleted }),
        data.refused.length ? 'warn' : 'ok',
      );
      this.setState({ picked: new Set() });
    } catch (error) {
      sayError(error);
    }
    this.setState({ busy: false, deleting: false });
    this.load();
  }

  chips(route, stats) {
    const only = route.query.get('outcome') ?? '';
    // Counts are the whole period's: beside another filter they would be another list's.
    const plain = this.period !== 'all' && filters.slice(1, 6).every((name) => !route.query.get(name));
    const counts = plain && stats ? Object.fromEntries(stats.eventsByOutcome.map((o) => [o.outcome, o.count])) : null;
    const chip = (outcome, n) =>
      h(
        Chip,
        {
          key: outcome || 'all',
          pressed: only === outcome,
          'data-outcome': outcome || 'all',
          'data-n': n,
          onClick: () => go(changed(route, { outcome, period: this.period })),
        },
        outcome && h('span.sw.legend', h(`i.${outcomeKind(outcome)}`)),
        outcome ? outcomeWord(outcome) : t('outcome.all'),
        n !== undefined && [' ', h('b', num(n))],
      );
    return h(
      '.chips',
      { role: 'group', 'aria-label': t('th.outcome') },
      chip('', counts ? stats.totalEvents : undefined),
      outcomeOrder
        .filter((o) => !counts || counts[o] > 0 || o === only)
        .map((o) => chip(o, counts ? (counts[o] ?? 0) : undefined)),
    );
  }
  controls(route, stats, accounts) {
    const types = (stats?.eventsByType ?? []).map((e) => e.eventType).filter(Boolean);
    const choose = (name) => (value) =>
      go(changed(route, { [name]: value, ...(name === 'period' ? { since: '', until: '' } : {}) }));
    const given = (name) => route.query.get(name) ?? '';
    return h(
      '.filters',
      h(
        '.search',
        h(Icon, { name: 'search' }),
        h('input.field', {
          type: 'search',
          value: this.state.text ?? given('reference'),
          placeholder: t('w.search'),
          'aria-label': t('w.search'),
          onInput: (e) => this.type(e.target.value),
        }),
      ),
      types.length > 0 &&
        h(Select, {
          label: t('th.event'),
          value: given('eventType'),
          options: [['', t('w.event')], ...types.map((e) => [e, e])],
          onChoose: choose('eventType'),
        }),
      accounts.length > 1 &&
        h(Select, {
          label: t('th.account'),
          value: given('account'),
          options: [['', t('w.account')], ...accounts.map((a) => [a.id, a.name])],
          onChoose: choose('account'),
        }),
      h(Select, {
        label: t('w.period'),
        value: this.period,
        options: periods.map((p) => [p, t(`period.${p}`)]),
        onChoose: choose('period'),
      }),
      (given('since') || given('until')) &&
        h(
          Button,
          { small: true, onClick: () => go(changed(route, { since: '', until: '' })) },
          `${pointOf(given('since'))} – ${pointOf(given('until'))}`,
          ' ×',
        ),
    );
  }
  chart(data, route) {
    const { step, bars } = countBars(data);
    if (!bars.length) return null;
    const open = (i) =>
      go(
        changed(route, { since: new Date(bars[i].at).toISOString(), until: new Date(bars[i].at + step).toISOString() }),
      );
    return h(CountChart, { bars, step, height: 116, label: t('c.day', { period: t(`period.${this.countedPeriod}`) }), open });
  }

  row(e, route) {
    const { picked } = this.state;
    const reference = e.order?.reference ?? toldReference(e.payload);
    return h(
      'tr.pick',
      { key: e.id, 'aria-selected': e.id === route.id ? 'true' : 'false', 'data-event': e.id },
      h(
        'td',
        h('input', {
          type: 'checkbox',
          'aria-label': t('w.pick', { time: daySeconds(e.createdAt) }),
          checked: picked.has(e.id),
          onChange: (change) => this.pick([e.id], change.target.checked),
        }),
      ),
      h('td.nowrap', h('a.row', { href: changed(route, {}, e.id) }, daySeconds(e.createdAt))),
      h(
        'td',
        h('span.ltr', reference ?? '—'),
        h('span.under', e.eventType ? h('span.ltr', e.eventType) : t('w.unknown')),
      ),
      h('td.wide-only', h(Status, { value: toldStatus(e.payload) })),
      h('td.nowrap', h(Outcome, { value: e.outcome }), h('span.under', delay(e.createdAt, e.settledAt))),
    );
  }
  list(data, route) {
    const { picked, more, loading } = this.state;
    const rows = [...data.events, ...(more ?? []).filter((e) => !data.events.some((d) => d.id === e.id))];
    const next = more ? this.state.next : data.pagination.next;
    if (!rows.length && !next)
      return h(
        Blank,
        { icon: 'webhooks', title: t('w.none') },
        h('p', t(filters.slice(0, 6).some((name) => route.query.get(name)) ? 'w.none.filter' : 'w.none.why')),
      );
    const all = rows.every((e) => picked.has(e.id));
    return h(
      'div',
      picked.size > 0 &&
        h(
          '.bulk',
          { role: 'status' },
          h('b', t('w.picked', { n: picked.size })),
          h(
            Button,
            { icon: 'replay', onClick: () => this.setState({ replaying: { ids: [...picked], outcome: 'all' } }) },
            t('w.replay'),
          ),
          h(
            Button,
            { plain: true, danger: true, icon: 'trash', onClick: () => this.setState({ deleting: true }) },
            t('w.delete'),
          ),
        ),
      h(
        '.scroll',
        h(
          'table',
          { 'data-list': 'webhooks' },
          h(
            'thead',
            h(
              'tr',
              h(
                'th',
                h('input', {
                  type: 'checkbox',
                  'aria-label': t('w.pick.all'),
                  checked: all,
                  onChange: (e) =>
                    this.pick(
                      rows.map((r) => r.id),
                      e.target.checked,
                    ),
                }),
              ),
              h('th', t('th.time')),
              h('th', t('th.order')),
              h('th.wide-only', t('th.told')),
              h('th', t('th.outcome')),
            ),
          ),
          h(
            'tbody',
            rows.map((e) => this.row(e, route)),
          ),
        ),
      ),
      h(
        '.foot-row',
        h('span', t('list.shown', { n: rows.length })),
        next && h(Button, { busy: loading, onClick: () => this.more(next) }, t('list.more')),
      ),
    );
  }

  render({ route }, { list, stats, series, accounts, paused, picked, replaying, deleting, busy }) {
    const known = accounts?.data?.accounts ?? [];
    const open = Boolean(route.id);
    const filtered = Object.fromEntries(Object.entries(this.filter()).filter(([, v]) => v));
    return h(
      'div',
      h(
        Head,
        { title: t('nav.webhooks') },
        h(
          Button,
          {
            icon: paused ? 'play' : 'pause',
            'aria-pressed': paused ? 'true' : 'false',
            onClick: () => this.setState({ paused: !paused }),
          },
          t(paused ? 'w.resume' : 'w.pause'),
        ),
        h(
          Button,
          { icon: 'replay', onClick: () => this.setState({ replaying: { outcome: 'all', ...filtered } }) },
          t('w.replay.filter'),
        ),
      ),
      h('.filters', this.chips(route, stats?.data)),
      this.controls(route, stats?.data, known),
      h(
        'section.panel.desk-only.strip',
        h('header', h('h2', t('c.day', { period: t(`period.${this.countedPeriod}`) })), h(Legend, { data: series?.data })),
        h(
          '.body',
          h(Block, {
            answer: series,
            height: 116,
            retry: () => this.figures(),
            draw: (data) => this.chart(data, route),
          }),
        ),
      ),
      h(
        '.split.wide',
        { class: open ? 'open hide-list' : 'hide-detail' },
        h(
          'section.panel.list',
          { 'aria-label': t('nav.webhooks') },
          h(Block, { answer: list, height: 420, retry: () => this.load(), draw: (data) => this.list(data, route) }),
        ),
        open && h(Webhook, { id: route.id, route, accounts: known, changed: () => this.load() }),
      ),
      replaying &&
        h(Replay, { filter: replaying, close: () => this.setState({ replaying: null }), changed: () => this.load() }),
      deleting &&
        h(DeleteDialog, {
          n: picked.size,
          busy,
          close: () => this.setState({ deleting: false }),
          act: () => this.erase(),
        }),
    );
  }
}
