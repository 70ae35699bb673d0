// Applying stored webhooks again: what it would change is shown first, and the button names how many there are.
import { post } from '../api.js';
import { Component, h } from '../dom.js';
import { Dialog } from '../dialog.js';
import { num } from '../format.js';
import { t } from '../i18n.js';
import { say } from '../notice.js';
import { Button, words } from '../parts.js';
import { link } from '../route.js';
import { Change, outcomeOrder, outcomeWord } from '../status.js';

const changes_shown = 20;

// filter: the members of the API's replay: { ids } or { outcome, since, … }.
export class Replay extends Component {
  componentDidMount() {
    this.dryRun();
  }
  async run(more) {
    this.setState({ busy: true, error: null });
    try {
      const { data } = await post('webhooks/replay', { ...this.props.filter, ...more });
      this.setState({ busy: false });
      return data;
    } catch (error) {
      this.setState({ busy: false, error });
      return null;
    }
  }
  async dryRun() {
    const plan = await this.run({ dryRun: true });
    if (plan) this.setState({ plan });
  }
  async replay() {
    const done = await this.run({});
    if (!done) return;
    say(t('r.done', { n: done.selected, applied: t('chart.done', { n: done.applied }) }), done.failed ? 'warn' : 'ok');
    this.props.close();
    this.props.changed();
  }
  plan(plan) {
    const counts = outcomeOrder.filter((o) => plan[o] > 0 || ['applied', 'unchanged', 'stale'].includes(o));
    const changes = plan.changes ?? [];
    return h(
      'div',
      h(
        '.outcome',
        counts.map((o) =>
          h(
            'div',
            { key: o, 'data-outcome': o, 'data-n': plan[o] ?? 0 },
            h('b', num(plan[o] ?? 0)),
            h('span', outcomeWord(o)),
          ),
        ),
      ),
      h('h3', t('r.would')),
      changes.length
        ? h(
            'table',
            h(
              'tbody',
              changes
                .slice(0, changes_shown)
                .map((c, i) =>
                  h(
                    'tr',
                    { key: i },
                    h('td', h('a.ltr', { href: link('orders', c.reference) }, c.reference)),
                    h('td', t(`f.${c.field}`)),
                    h('td.num', h(Change, c)),
                  ),
                ),
            ),
          )
        : h('p.faint', t('r.nothing')),
      changes.length > changes_shown && h('p.faint', t('r.more', { n: changes.length - changes_shown })),
    );
  }
  render({ close }, { plan, busy, error }) {
    const n = plan?.selected ?? 0;
    const foot = [
      h(Button, { onClick: close }, t('cancel')),
      h(Button, { icon: 'replay', busy, onClick: () => this.dryRun() }, t('r.dry')),
      h(Button, { main: true, busy, disabled: busy || !n, onClick: () => this.replay() }, t('r.go', { n })),
    ];
    return h(
      Dialog,
      { title: plan ? t('r.title', { n }) : t('w.replay'), close, foot },
      h('p.quiet', t('r.lead')),
      error && h('p.err', { role: 'alert' }, words(error)),
      plan
        ? this.plan(plan)
        : !error && h('.skeletons', { 'aria-busy': 'true' }, h('span.skeleton'), h('span.skeleton')),
    );
  }
}
