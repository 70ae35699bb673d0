// Elements as calls: h('a.nav', { href }, 'text'). Nothing is parsed as markup anywhere, so the page runs under Trusted Types.
import { Component, h as element, options, render } from './preact.js';

const isAttributes = (x) => x === null || (typeof x === 'object' && !Array.isArray(x) && x.nodeName === undefined);

export function h(name, ...rest) {
  let attributes = isAttributes(rest[0] ?? null) ? (rest.shift() ?? null) : null;
  if (typeof name === 'string' && name.includes('.')) {
    const [tag, ...classes] = name.split('.');
    if (attributes?.class) classes.push(attributes.class);
    attributes = { ...attributes, class: classes.join(' ') };
    name = tag || 'div';
  }
  return element(name, attributes, ...rest);
}
export { Component, render };

// The library would give the elements of what went away to what comes of its kind, and all that was typed into them: the admin
// token to whoever comes after signing out.
options.beforeUnmount = (gone) => Object.defineProperty(gone, 'nextBase', { get: () => null, set() {} });

// What the reader chose, kept in the browser; storage may be forbidden.
export function keep(name, value) {
  try {
    localStorage.setItem(name, value);
  } catch {}
}
export function kept(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}
