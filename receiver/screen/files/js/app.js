// The frame: who may see it, which page is shown, language, light and dark, the live connection's state.
import { Accounts } from './pages/accounts.js';
import { get, remove, whenSignedOut } from './api.js';
import { Component, h, keep, render } from './dom.js';
import { Dialog } from './dialog.js';
import { clock, setTimeZone } from './format.js';
import { Icon } from './icons.js';
import { chooseLanguage, language, languages, preferredLanguage, speak, t } from './i18n.js';
import { bindKeys } from './keys.js';
import { connect, connection, disconnect, listen } from './live.js';
import { Notices } from './notice.js';
import { Orders } from './pages/orders.js';
import { Overview } from './pages/overview.js';
import { Button } from './parts.js';
import { readRoute } from './route.js';
import { SignIn } from './pages/signin.js';
import { Sweeps } from './pages/sweeps.js';
import { Webhooks } from './pages/webhooks.js';

const pages = { overview: Overview, orders: Orders, webhooks: Webhooks, sweeps: Sweeps, accounts: Accounts };
const shownKeys = ['/', 'j', 'k', 'Enter', 'Esc', '?'];

// Nobody's, or of what is not shown any more.
const isLost = (focused) => !focused || focused === document.body || focused.getClientRects().length === 0;

class App extends Component {
  constructor() {
    super();
    this.state = {
      session: undefined,
      route: readRoute(),
      theme: document.documentElement.dataset.theme,
      live: connection.state,
      todo: 0,
    };
    whenSignedOut(() => this.signedOut());
    listen('signedout', () => this.signedOut());
    listen('state', (live) => this.setState({ live }));
    for (const topic of ['problem', 'refresh']) listen(topic, () => this.count());
    setInterval(() => this.state.session && !document.hidden && this.count(), 60_000);
    addEventListener('hashchange', () => this.moved());
    bindKeys({ help: () => this.state.session && this.setState({ keys: true }) });
  }
  async componentDidMount() {
    const session = await get('session').catch((failure) => ({ failure }));
    this.setState({ session: session?.failure ? undefined : session, failure: session?.failure });
    if (session && !session.failure) this.begin();
  }
  begin() {
    connect();
    this.count();
  }
  signedIn(session) {
    this.setState({ session, failure: undefined });
    this.begin();
  }
  // How many things there are to do, for the number beside the first page's name.
  async count() {
    const known = await get('problems').catch(() => undefined);
    if (known) this.setState({ todo: known.problems.length });
  }
  signedOut() {
    disconnect();
    this.setState({ session: null, keys: false });
  }
  moved() {
    const before = this.state.route;
    const route = readRoute();
    this.setState({ route, focus: before.page !== route.page });
  }
  // The focus goes along: to a new page's heading; to what was opened, where the list has gone for it; and back to its row.
  componentDidUpdate(_, before) {
    const { route, focus } = this.state;
    if (before.route === route) return;
    if (focus) {
      document.querySelector('main h1')?.focus({ preventScroll: true });
      scrollTo(0, 0);
    } else if (route.id !== before.route.id && isLost(document.activeElement)) {
      this.refocus(before.route.id);
    }
  }
  refocus(left) {
    const { route } = this.state;
    const row = left && document.querySelector(`[data-list] a.row[href*="/${CSS.escape(encodeURIComponent(left))}"]`);
    const to = route.id ? document.querySelector('.detail h2') : (row ?? document.querySelector('main h1'));
    to?.focus({ preventScroll: Boolean(route.id) });
  }

  async say(id) {
    await chooseLanguage(id);
    this.setState({});
  }
  shade() {
    const theme = this.state.theme === 'dark' ? 'light' : 'dark';
    document.documentElement.dataset.theme = theme;
    keep('theme', theme);
    this.setState({ theme });
  }
  async leave() {
    await remove('session').catch(() => {});
    this.signedOut();
  }

  tools() {
    const other = this.state.theme === 'dark' ? 'light' : 'dark';
    const icon = (name, word, onClick, turns) =>
      h(
        'button.btn.plain.icon-only',
        { type: 'button', 'aria-label': word, title: word, onClick },
        h(Icon, { name, turns }),
      );
    return h(
      '.tools',
      h(
        'label',
        h('span.sr', t('language')),
        h(
          'select',
          { value: language(), onChange: (e) => this.say(e.target.value) },
          languages.map((l) =>
            h('option', { key: l.id, value: l.id, lang: l.id, selected: l.id === language() }, l.name),
          ),
        ),
      ),
      icon(other === 'dark' ? 'moon' : 'sun', t(`theme.${other}`), () => this.shade()),
      this.state.session && icon('logout', t('logout'), () => this.leave(), true),
    );
  }
  navigation(page, brand, live) {
    const { todo } = this.state;
    const entry = (name) =>
      h(
        'a.nav',
        { key: name, href: `#/${name}`, 'aria-current': name === page ? 'page' : undefined },
        h(Icon, { name }),
        h('span.t.desk-only', t(`nav.${name}`)),
        h('span.t.phone-only', t(`nav.short.${name}`)),
        name === 'overview' &&
          todo > 0 &&
          h(
            'span.n',
            { title: t('nav.todo', { n: todo }) },
            String(todo),
            h('span.sr', ` ${t('nav.todo', { n: todo })}`),
          ),
      );
    return h(
      'nav.side',
      { 'aria-label': t('nav.main') },
      brand,
      Object.keys(pages).map(entry),
      h('.foot', live, this.tools()),
    );
  }
  keysDialog() {
    const close = () => this.setState({ keys: false });
    return h(
      Dialog,
      { title: t('keys'), close, foot: h(Button, { main: true, onClick: close }, t('close')) },
      h(
        'dl.keys',
        shownKeys.map((key) => [h('dt', h('kbd', key)), h('dd', t(`keys.${key}`))]),
      ),
    );
  }

  render(_, { session, failure, route, live, keys }) {
    const name = pages[route.page] ? route.page : 'overview';
    if (failure)
      return h(
        'main.gate',
        h(
          '.panel.alone',
          { role: 'alert' },
          h('h1', t('error.unreachable')),
          h(Button, { main: true, onClick: () => location.reload() }, t('retry')),
        ),
      );
    if (session === undefined) return h('main.gate', { 'aria-busy': 'true' });
    document.title = `${t(session ? `nav.${name}` : 'in.title')} – Suivi`;
    if (!session) return h('main.gate', h(SignIn, { done: (s) => this.signedIn(s) }), h('.gate-tools', this.tools()));
    const brand = h('a.brand', { href: '#/overview' }, h('span.mark', h(Icon, { name: 'check' })), 'Suivi');
    const lost = live === 'lost';
    const state = h('.live', { 'data-state': lost ? 'lost' : 'on' }, h('span.dot'), t(lost ? 'live.lost' : 'live.on'));
    const skip = (e) => {
      e.preventDefault();
      document.getElementById('main').focus();
    };
    return h(
      'div',
      h('a.skip', { href: '#main', onClick: skip }, t('skip')),
      h(
        '.shell',
        this.navigation(name, brand, state),
        h(
          'main',
          { id: 'main', tabindex: '-1' },
          h('.topbar.phone-only', brand, state, this.tools()),
          lost &&
            h(
              '.banner',
              { role: 'alert' },
              h(Icon, { name: 'warn' }),
              t('live.banner', { at: clock(connection.since) }),
            ),
          h(pages[name], { key: `${name} ${language()}`, route, lost }),
        ),
      ),
      h(Notices),
      keys && this.keysDialog(),
    );
  }
}

// For whoever looks into the page: its modules, as they run.
export * as dom from './dom.js';
export * as format from './format.js';
export * as i18n from './i18n.js';
export * as live from './live.js';
export * as status from './status.js';
export * as scale from './charts/scale.js';
export * as count_chart from './charts/count_chart.js';
export * as overview_charts from './charts/overview_charts.js';
export * as order from './pages/order.js';
export * as orders from './pages/orders.js';
export * as verdict from './pages/verdict.js';

listen('zone', setTimeZone);
await speak(preferredLanguage());
render(h(App), document.body);
