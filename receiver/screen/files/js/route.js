// Addresses of the screen: #/orders/ALG-48213?view=alerted → { page, id, query }.

export function readRoute(hash = location.hash) {
  const [path, search] = hash.replace(/^#\/?/, '').split('?');
  const [page, ...rest] = path.split('/');
  let id = rest.join('/');
  try {
    id = decodeURIComponent(id);
  } catch {} // as it stands then
  return { page: page || 'overview', id, query: new URLSearchParams(search ?? '') };
}

// Members without a value are left out.
export function link(page, id, given = {}) {
  const query = new URLSearchParams();
  const entries = given instanceof URLSearchParams ? given.entries() : Object.entries(given);
  for (const [name, value] of entries)
    if (value !== undefined && value !== null && value !== '') query.set(name, value);
  const search = query.toString();
  return `#/${page}${id ? `/${encodeURIComponent(id)}` : ''}${search ? `?${search}` : ''}`;
}

// The same page with some of its filters set otherwise.
export function changed(route, changes, id = '') {
  const all = { ...Object.fromEntries(route.query), ...changes };
  return link(route.page, id, all);
}
export const go = (hash) => {
  location.hash = hash;
};
// Without a step in the history: while somebody types.
export function replace(hash) {
  history.replaceState(null, '', hash);
  dispatchEvent(new Event('hashchange'));
}
