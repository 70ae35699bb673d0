// The keys of the screen. Lists are walked with j and k or the arrows; Enter follows the link that has the focus.
import { go } from './route.js';

const typing = (node) => /INPUT|SELECT|TEXTAREA/.test(node?.tagName ?? '') && !/checkbox|radio/.test(node.type ?? '');

function walk(by) {
  const links = [...document.querySelectorAll('[data-list] a.row')];
  if (!links.length) return false;
  const at = links.indexOf(document.activeElement);
  const next = links[Math.max(0, Math.min(links.length - 1, at < 0 ? 0 : at + by))];
  next.focus();
  next.scrollIntoView({ block: 'nearest' });
  return true;
}

// help: shows the list of keys.
export function bindKeys({ help }) {
  addEventListener('keydown', (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || document.querySelector('dialog[open]')) return;
    if (typing(e.target)) return;
    const inChart = e.target.closest?.('.chart');
    const steps = { j: 1, k: -1, ArrowDown: inChart ? 0 : 1, ArrowUp: inChart ? 0 : -1 };
    if (e.key === '/') {
      e.preventDefault();
      const field = location.hash.startsWith('#/orders') ? document.querySelector('[type=search]') : null;
      if (field) field.focus();
      else go('#/orders?find=1');
    } else if (steps[e.key]) {
      if (walk(steps[e.key])) e.preventDefault();
    } else if (e.key === 'Escape') {
      document.querySelector('[data-close]')?.click();
    } else if (e.key === '?') {
      help();
    }
  });
}
