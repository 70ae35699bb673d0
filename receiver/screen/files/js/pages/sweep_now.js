// A sweep on request.
import { post } from '../api.js';
import { Dialog } from '../dialog.js';
import { h } from '../dom.js';
import { span } from '../format.js';
import { t } from '../i18n.js';
import { say, sayError } from '../notice.js';
import { Button, Select } from '../parts.js';
import { go, link } from '../route.js';
import { kindWord } from './running_sweep.js';
import { View } from '../view.js';

// Which account, how far, and what it costs as far as the last one tells.
export class SweepNow extends View {
  constructor(props) {
    super(props);
    Object.assign(this.state, { account: props.account ?? '', kind: 'full' });
  }
  async start() {
    const { account, kind } = this.state;
    this.setState({ busy: true });
    try {
      const { data } = await post('sweeps', { ...(account ? { account } : {}), kind });
      say(t('s.asked'));
      this.props.close();
      this.props.changed(data.id);
    } catch (error) {
      this.setState({ busy: false });
      if (error.status !== 409) return sayError(error);
      say(t('s.runs'), 'warn');
      this.props.close();
      if (error.data?.id) go(link('sweeps', error.data.id));
    }
  }
  render({ close, accounts, last }, { account, kind, busy }) {
    const like = last.filter((s) => s.kind === kind && (!account || s.account === account));
    const latest = [...new Map(like.reverse().map((s) => [s.account, s])).values()];
    const requests = latest.reduce((sum, s) => sum + s.requests, 0);
    const longest = Math.max(0, ...latest.map((s) => s.seconds));
    return h(
      Dialog,
      {
        title: t('s.now'),
        close,
        foot: [
          h(Button, { onClick: close }, t('cancel')),
          h(Button, { main: true, icon: 'sweeps', busy, onClick: () => this.start() }, t('s.start')),
        ],
      },
      h(
        '.choices',
        h(
          'label',
          t('th.account'),
          h(Select, {
            label: t('th.account'),
            value: account,
            options: [['', t('s.all')], ...accounts.map((a) => [a.id, a.name])],
            onChoose: (v) => this.setState({ account: v }),
          }),
        ),
        h(
          'label',
          t('th.kind'),
          h(Select, {
            label: t('th.kind'),
            value: kind,
            options: ['full', 'incremental', 'lookups'].map((k) => [k, kindWord(k)]),
            onChoose: (v) => this.setState({ kind: v }),
          }),
        ),
      ),
      h('p.quiet', t(`s.kind.${kind}`)),
      latest.length > 0 && h('p.faint', t('s.cost', { n: requests, span: span(longest * 1e3) })),
    );
  }
}
