// The admin token becomes a cookie that no script can read.
import { get, post } from '../api.js';
import { Component, h } from '../dom.js';
import { span } from '../format.js';
import { Icon } from '../icons.js';
import { t } from '../i18n.js';
import { words } from '../parts.js';

const isPrivate = location.protocol === 'https:' || /^(localhost|127\.|\[::1\])/.test(location.hostname);

export class SignIn extends Component {
  componentDidMount() {
    this.field?.focus();
  }
  async open(event) {
    event.preventDefault();
    this.setState({ busy: true, wrong: null });
    try {
      await post('session', { token: this.field.value });
      this.props.done(await get('session'));
    } catch (error) {
      const left = error.data?.triesLeft;
      const wrong =
        error.status === 401 && left !== undefined
          ? t('in.wrong', { n: left })
          : error.status === 401
            ? t('in.wrong.plain')
            : error.status === 429
              ? t('in.wait', { span: span((error.retryAfter ?? 60) * 1e3) })
              : words(error);
      this.setState({ busy: false, wrong });
      this.field.select();
    }
  }
  render(_, { busy, wrong }) {
    const remember = (node) => {
      if (node) this.field = node;
    };
    return h(
      'form.panel',
      { onSubmit: (e) => this.open(e) },
      h('span.brand', h('span.mark', h(Icon, { name: 'check' })), 'Suivi'),
      h('h1', t('in.title')),
      h('input.sr', {
        type: 'text',
        name: 'username',
        autocomplete: 'username',
        value: 'suivi',
        tabindex: '-1',
        'aria-hidden': 'true',
        readonly: true,
      }),
      h(
        'label',
        t('in.token'),
        h('input.field', {
          ref: remember,
          type: 'password',
          name: 'token',
          autocomplete: 'current-password',
          required: true,
          'aria-describedby': 'sign-in-help sign-in-wrong',
        }),
      ),
      h('p.err', { id: 'sign-in-wrong', role: 'alert' }, wrong),
      h('button.btn.main', { type: 'submit', disabled: busy }, t('in.go')),
      h('p.faint', { id: 'sign-in-help' }, t('in.help')),
      !isPrivate && h('p.open', h(Icon, { name: 'warn' }), t('in.open')),
    );
  }
}
