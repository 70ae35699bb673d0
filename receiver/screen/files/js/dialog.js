// The browser's own dialog: focus stays inside, Escape closes it, and focus goes back to where it was.
import { Component, h } from './dom.js';

export class Dialog extends Component {
  componentDidMount() {
    this.before = document.activeElement;
    this.node.showModal();
  }
  componentWillUnmount() {
    if (this.before?.isConnected) this.before.focus();
  }
  render({ title, close, foot, children }) {
    const shown = (node) => {
      if (node) this.node = node;
    };
    return h(
      'dialog',
      { ref: shown, onClose: close, 'aria-labelledby': 'dialog-title' },
      h('.in', h('h2', { id: 'dialog-title' }, title), children),
      h('footer', foot),
    );
  }
}
