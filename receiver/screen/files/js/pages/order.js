// One order: what it shows, its parcels, and everything it went through.
import { part, post } from '../api.js';
import { h } from '../dom.js';
import { dayClock, moment, span } from '../format.js';
import { Icon } from '../icons.js';
import { t } from '../i18n.js';
import { say, sayError } from '../notice.js';
import { Ago, Block, Button, Copyable, Field } from '../parts.js';
import { changed, link } from '../route.js';
import { Change, courierName, outcomeWord, ownWord, Status, statusOfCode, statusWord } from '../status.js';
import { View } from '../view.js';

const columns = [
  'trackingNumber',
  'shippingStatus',
  'status',
  'alertReason',
  'abortReason',
  'alertedAt',
  'maystroOrderId',
];
const quiet = ['stale', 'unchanged', 'ignored', 'conflict', 'failed', 'parked', 'confirming'];
const events_shown = 50;

// One step for each moment and cause: changes of the same webhook or sweep belong together, and webhooks that changed nothing are
// steps too, newest first. Pure.
export function timeline(changes, events) {
  const steps = new Map();
  for (const change of changes) {
    if (!columns.includes(change.field)) continue;
    const key = `${change.at} ${change.source} ${change.eventId ?? ''} ${change.sweepId ?? ''}`;
    if (!steps.has(key))
      steps.set(key, {
        key,
        at: moment(change.at),
        source: change.source,
        eventId: change.eventId,
        sweepId: change.sweepId,
        changes: [],
      });
    steps.get(key).changes.push(change);
  }
  const told = new Set(changes.map((c) => c.eventId).filter(Boolean));
  const silent = events
    .filter((e) => quiet.includes(e.outcome) && !told.has(e.id))
    .map((e) => ({
      key: `event ${e.id}`,
      at: moment(e.createdAt),
      source: 'webhook',
      eventId: e.id,
      outcome: e.outcome,
      error: e.error,
      changes: [],
    }));
  return [...steps.values(), ...silent].sort((a, b) => b.at - a.at);
}
const isMissed = (step) => step.source === 'sweep' && step.changes.some((c) => c.field === 'shippingStatus' && c.from);

const icons = { sweep: 'sweeps', webhook: 'webhook', lookup: 'lookup', confirm: 'confirm', replay: 'replay' };
const shownValue = (c, value) => (c.field === 'alertedAt' && value ? dayClock(value) : value);
function Step({ step }) {
  const cause = step.eventId
    ? h('a', { href: link('webhooks', step.eventId) }, t('o.event'))
    : step.sweepId
      ? h('a', { href: link('sweeps', step.sweepId) }, t('o.sweep'))
      : null;
  const why = t(`o.quiet.${step.outcome}`);
  return h(
    'li',
    h(
      'span.node',
      { 'data-source': step.source, 'data-quiet': step.outcome },
      h(Icon, { name: icons[step.source] ?? 'confirm' }),
    ),
    h(
      'div',
      h(
        '.at',
        h('time', { datetime: new Date(step.at).toISOString() }, dayClock(step.at)),
        h('span', t(`source.${step.source}`), isMissed(step) && ` · ${t('o.missed')}`),
        cause,
      ),
      step.outcome
        ? h('p.faint', { title: outcomeWord(step.outcome) }, why)
        : h(
            'dl.diff',
            step.changes.map((c) => [
              h('dt', t(`f.${c.field}`)),
              h('dd', h(Change, { field: c.field, from: shownValue(c, c.from), to: shownValue(c, c.to) })),
            ]),
          ),
    ),
  );
}

const Parcels = ({ parcels }) =>
  h(
    'section',
    h('h3', t('o.parcels', { n: parcels.length })),
    h(
      'table',
      h(
        'tbody',
        parcels.map((p) =>
          h(
            'tr',
            { key: p.uuid ?? p.trackingNumber },
            h(
              'td',
              h('span.mono.ltr', p.trackingNumber ?? p.displayId ?? p.uuid ?? '—'),
              p.shown && h('span.under', t('o.shown')),
            ),
            h('td', h(Status, { value: statusOfCode(p.status) })),
            h('td.num.quiet', h(Ago, { at: p.pulledAt ?? p.asOfTo })),
          ),
        ),
      ),
    ),
  );

async function copy(text, node) {
  try {
    await navigator.clipboard.writeText(text); // not there on plain HTTP off loopback
    say(t('o.copied', { number: text }));
  } catch {
    getSelection().selectAllChildren(node);
    say(t('o.selected'));
  }
}

export class Order extends View {
  componentDidMount() {
    this.load();
    this.on('refresh', () => this.load());
    this.on('change', (c) => c.reference === this.props.reference && this.soon('order', 500, () => this.load()));
    this.on('event', (e) => e.reference === this.props.reference && this.soon('order', 500, () => this.load()));
  }
  componentDidUpdate(before) {
    if (before.reference === this.props.reference) return;
    this.forget('order');
    this.forget('events');
    this.setState({ answer: null });
    this.load();
  }
  load() {
    this.ask('order', `orders/${part(this.props.reference)}`);
    this.ask('events', 'webhooks/events', { reference: this.props.reference, limit: events_shown, payload: false });
  }
  async askCourier(courier) {
    this.setState({ busy: true, answer: null });
    try {
      const { success, data, message } = await post(`orders/${part(this.props.reference)}/ask`);
      const status = statusWord(data?.order?.shippingStatus);
      const text = !success
        ? message || t('o.ask.silent', { courier })
        : t(`o.ask.${data.outcome}`, { courier, status, n: data.changes?.length ?? 0 });
      this.setState({
        answer: { tone: success && data.outcome !== 'conflict' && data.outcome !== 'not_found' ? 'ok' : 'warn', text },
      });
    } catch (error) {
      if (error.status === 409) this.setState({ answer: { tone: 'warn', text: t('o.ask.nobody') } });
      else if (error.status === 503)
        this.setState({ answer: { tone: 'warn', text: t('o.ask.later', { courier, span: span((error.retryAfter ?? 60) * 1e3) }) } });
      else sayError(error);
    }
    this.setState({ busy: false });
    this.load();
  }

  head(o, courier) {
    const { busy, answer } = this.state;
    const number = (node) => {
      if (node) this.number = node;
    };
    return h(
      '.top',
      h(
        'a.back',
        { href: changed(this.props.route, {}), 'data-close': '', class: 'phone-only' },
        h(Icon, { name: 'chevron', turns: true }),
        t('o.back'),
      ),
      h(
        'h2',
        { id: 'order', tabindex: '-1' },
        h('span.ltr', this.props.reference),
        ' ',
        o && h(Status, { value: o.shippingStatus }),
      ),
      o &&
        h(
          '.actions',
          h(
            Button,
            { main: true, icon: 'lookup', busy, onClick: () => this.askCourier(courier) },
            t('o.ask', { courier }),
          ),
          o.trackingNumber &&
            h(Button, { icon: 'copy', onClick: () => copy(o.trackingNumber, this.number) }, t('o.copy')),
        ),
      h(
        '.answer',
        { role: 'status' },
        answer &&
          h('p', { 'data-tone': answer.tone }, h('span.tone', h(Icon, { name: answer.tone })), h('span', answer.text)),
      ),
      o && h('span.sr', { ref: number }, o.trackingNumber ?? ''),
    );
  }
  facts(data, account, courier) {
    const o = data.order;
    const shown = data.parcels.find((p) => p.shown) ?? data.parcels[0];
    return h(
      'section',
      h(
        'dl.pairs',
        h(
          Field,
          { term: t('o.tracking') },
          o.trackingNumber ? h(Copyable, null, o.trackingNumber) : h('span.faint', t('o.none.number')),
        ),
        h(
          Field,
          { term: t('th.account') },
          o.shippingAccountId
            ? h('a', { href: link('accounts', o.shippingAccountId) }, account?.name ?? o.shippingAccountId)
            : t('o.unassigned'),
        ),
        h(Field, { term: t('o.checked') }, h(Ago, { at: shown?.pulledAt })),
        h(Field, { term: t('o.own') }, ownWord(o.status)),
        o.alertReason && h(Field, { term: t('o.alert') }, h('span', { dir: 'auto' }, o.alertReason)),
        o.abortReason && h(Field, { term: t('o.abort') }, h('span', { dir: 'auto' }, o.abortReason)),
        o.maystroOrderId &&
          h(
            Field,
            { term: t('o.uuid', { courier }) },
            h(
              Copyable,
              { title: o.maystroOrderId },
              o.maystroOrderId.length > 14 ? `${o.maystroOrderId.slice(0, 8)}…` : o.maystroOrderId,
            ),
          ),
      ),
    );
  }

  render({ reference, accounts }, { order, events }) {
    const data = order?.data;
    const account = accounts.find((a) => a.id === data?.order.shippingAccountId);
    const courier = courierName(account?.courier);
    const steps = data ? timeline(data.changes, events?.data?.events ?? []) : [];
    const missing = order?.error?.status === 404;
    return h(
      'section.panel.detail',
      { 'aria-labelledby': 'order', key: reference },
      this.head(data?.order, courier),
      missing
        ? h('section', h('p', t('o.gone')))
        : h(Block, {
            answer: order,
            height: 360,
            retry: () => this.load(),
            draw: () =>
              h(
                'div',
                this.facts(data, account, courier),
                data.parcels.length > 1 && h(Parcels, { parcels: data.parcels }),
                h(
                  'section',
                  h('h3', t('o.history')),
                  steps.length
                    ? h(
                        'ol.line',
                        steps.map((step) => h(Step, { key: step.key, step })),
                      )
                    : h('p.faint', t('o.history.none')),
                ),
              ),
          }),
    );
  }
}
