// One webhook: what became of it and why, what it is, what it said.
import { part, post, remove } from '../api.js';
import { Dialog } from '../dialog.js';
import { h } from '../dom.js';
import { bytes, daySeconds, delay, seconds } from '../format.js';
import { Icon } from '../icons.js';
import { known, t } from '../i18n.js';
import { say, sayError } from '../notice.js';
import { Ago, Block, Button, Chip, Copyable, Field } from '../parts.js';
import { changed, go, link } from '../route.js';
import { Outcome, outcomeWord, Status, toldReference, toldStatus } from '../status.js';
import { View } from '../view.js';

const pretty = (payload) => (typeof payload === 'string' ? payload : JSON.stringify(payload, null, 2));

// Says that the bytes go and the dedupe key stays, before anything is deleted.
export function DeleteDialog({ n, busy, close, act }) {
  return h(
    Dialog,
    {
      title: t('d.title', { n }),
      close,
      foot: [
        h(Button, { onClick: close }, t('cancel')),
        h(Button, { danger: true, busy, icon: 'trash', onClick: act }, t('d.go', { n })),
      ],
    },
    h('p', t('d.lead')),
  );
}

export class Webhook extends View {
  componentDidMount() {
    this.load();
    this.on('refresh', () => this.load());
    this.on('event', (e) => e.id === this.props.id && this.load());
  }
  componentDidUpdate(before) {
    if (before.id === this.props.id) return;
    this.forget('event');
    this.setState({ raw: false });
    this.load();
  }
  load() {
    this.ask('event', `webhooks/events/${part(this.props.id)}`);
  }
  async retry() {
    this.setState({ busy: true });
    try {
      const { success, data, message } = await post(`webhooks/events/${part(this.props.id)}/retry`);
      say(
        success || data?.outcome ? t('w.retried', { outcome: outcomeWord(data.outcome) }) : message,
        success ? 'ok' : 'warn',
      );
    } catch (error) {
      sayError(error);
    }
    this.setState({ busy: false });
    this.load();
    this.props.changed();
  }
  async erase() {
    this.setState({ busy: true });
    try {
      await remove(`webhooks/events/${part(this.props.id)}`);
      this.setState({ busy: false, deleting: false });
      say(t('d.done', { n: 1 }));
      go(changed(this.props.route, {}));
      this.props.changed();
    } catch (error) {
      this.setState({ busy: false, deleting: false });
      if (error.status === 409) say(t('d.refused', { n: 1 }), 'warn');
      else sayError(error);
    }
  }

  body(e, accounts) {
    const { raw } = this.state;
    const why =
      e.error && e.outcome !== 'quarantined'
        ? e.error
        : known(`w.why.${e.outcome}`)
          ? t(`w.why.${e.outcome}`)
          : outcomeWord(e.outcome);
    const account = accounts.find((a) => a.id === e.account);
    const reference = e.order?.reference;
    const said = reference ?? toldReference(e.payload);
    const told = toldStatus(e.payload);
    return h(
      'div',
      h(
        'section',
        h('h3', t('w.why')),
        h('p', why),
        e.error && e.outcome === 'quarantined' && h('p.faint', { dir: 'auto' }, e.error),
      ),
      h(
        'section',
        h(
          'dl.pairs',
          h(
            Field,
            { term: t('th.order') },
            reference ? h('a.ltr', { href: link('orders', reference) }, reference) : h('span.ltr', said ?? '—'),
          ),
          h(Field, { term: t('th.told') }, h(Status, { value: told })),
          h(Field, { term: t('th.event') }, e.eventType ? h('span.ltr', e.eventType) : t('w.unknown')),
          h(Field, { term: t('w.received') }, h(Ago, { at: e.createdAt })),
          h(Field, { term: t('w.published') }, e.publishedAt ? daySeconds(e.publishedAt) : '—'),
          h(Field, { term: t('th.delay') }, delay(e.createdAt, e.settledAt) ?? '—'),
          h(
            Field,
            { term: t('th.account') },
            e.account ? h('a', { href: link('accounts', e.account) }, account?.name ?? e.account) : '—',
          ),
          h(Field, { term: t('w.size') }, e.bytes === undefined || e.bytes === null ? '—' : bytes(e.bytes)),
          h(Field, { term: t('w.message') }, e.messageId ? h(Copyable, null, e.messageId) : '—'),
        ),
      ),
      h(
        'section',
        h(
          '.tabs',
          { role: 'group', 'aria-label': t('w.content') },
          h(Chip, { pressed: !raw, onClick: () => this.setState({ raw: false }) }, t('w.decoded')),
          h(Chip, { pressed: raw, onClick: () => this.setState({ raw: true }) }, t('w.raw')),
        ),
        h(
          'pre',
          { tabindex: '0', role: 'region', 'aria-label': t('w.content') },
          raw ? (e.raw ?? '') : pretty(e.payload),
        ),
        h('p.faint', t('w.masked')),
      ),
    );
  }

  render({ route, accounts, id }, { event, busy, deleting }) {
    const e = event?.data;
    const missing = event?.error?.status === 404;
    return h(
      'section.panel.detail',
      { 'aria-labelledby': 'event', key: id },
      h(
        '.top',
        h(
          'a.back',
          { href: changed(route, {}), 'data-close': '', class: 'phone-only' },
          h(Icon, { name: 'chevron', turns: true }),
          t('o.back'),
        ),
        h(
          'h2',
          { id: 'event', tabindex: '-1' },
          h('span', e ? seconds(e.createdAt) : '…'),
          ' ',
          e && h(Outcome, { value: e.outcome }),
        ),
        e &&
          h(
            '.actions',
            h(Button, { main: true, icon: 'replay', busy, onClick: () => this.retry() }, t('w.retry')),
            h(Button, { danger: true, icon: 'trash', onClick: () => this.setState({ deleting: true }) }, t('w.delete')),
          ),
      ),
      missing
        ? h('section', h('p', t('w.gone')))
        : h(Block, { answer: event, height: 360, retry: () => this.load(), draw: (data) => this.body(data, accounts) }),
      deleting &&
        h(DeleteDialog, { n: 1, busy, close: () => this.setState({ deleting: false }), act: () => this.erase() }),
    );
  }
}
