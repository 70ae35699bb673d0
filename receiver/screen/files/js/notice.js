// One line that says what an action did; it goes by itself, errors stay until the next one.
import { h } from './dom.js';
import { span } from './format.js';
import { listen } from './live.js';
import { Icon } from './icons.js';
import { t } from './i18n.js';
import { words } from './parts.js';
import { View } from './view.js';

const shown_ms = 8_000;
let tellAll = () => {};
export const say = (text, tone = 'ok') => tellAll({ text, tone });
export const sayError = (error) =>
  say(error.retryAfter ? `${words(error)} ${t('error.wait', { span: span(error.retryAfter * 1e3) })}` : words(error), 'bad');

export class Notices extends View {
  constructor(props) {
    super(props);
    tellAll = (notice) => {
      clearTimeout(this.timer);
      this.setState({ notice });
      if (notice.tone !== 'bad') this.timer = setTimeout(() => this.setState({ notice: null }), shown_ms);
    };
    this.undo.push(listen('moved', () => this.setState({ notice: null })));
  }
  render(_, { notice }) {
    return h(
      '.notices',
      { role: 'status', 'aria-live': 'polite' },
      notice &&
        h(
          '.notice',
          { 'data-tone': notice.tone },
          h('span.tone', h(Icon, { name: notice.tone })),
          h('span', notice.text),
          h('button.btn.plain.small', { type: 'button', onClick: () => this.setState({ notice: null }) }, t('close')),
        ),
    );
  }
}
