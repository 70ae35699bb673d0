// Questions to the operations API with the browser's session. Every answer is `data`, or a Failure that says what went wrong.
// `body[data-ready]` is there while nothing is being asked.

import { hear } from './clock.js';

const root = new URL('api/v1/', document.baseURI);
const patience_ms = 10_000;
const work_ms = 60_000; // what is done takes longer than what is read
let open = 0;

export class Failure extends Error {
  constructor(status, error, data, retryAfter) {
    super(error?.message ?? '');
    this.status = status; // 0: no answer came
    this.code = error?.code ?? (status ? 'ERROR' : 'UNREACHABLE');
    this.data = data;
    this.retryAfter = retryAfter; // seconds
  }
}

// Called when no answer came.
let onUnreachable = () => {};
export function whenUnreachable(call) {
  onUnreachable = call;
}
// Called when an answer says that there is no session (any more).
let onSignedOut = () => {};
export function whenSignedOut(call) {
  onSignedOut = call;
}

function begin() {
  open += 1;
  delete document.body.dataset.ready;
}
function end() {
  open -= 1;
  setTimeout(() => {
    if (open === 0) document.body.dataset.ready = '1';
  }, 30);
}

export function query(path, parameters = {}) {
  // An empty cursor begins a list; any other empty member is none.
  const given = Object.entries(parameters).filter(
    ([name, v]) => v !== undefined && v !== null && (v !== '' || name === 'after'),
  );
  return given.length ? `${path}?${new URLSearchParams(given)}` : path;
}
export const part = (text) => encodeURIComponent(text);
export const streamAddress = (parameters) => new URL(query('stream', parameters), root).href;

// The whole answer: {success, data, message}.
export async function call(method, path, body) {
  begin();
  try {
    let response;
    let answer = {};
    try {
      response = await fetch(new URL(path, root), {
        method,
        headers: body === undefined ? {} : { 'Content-Type': 'application/json' },
        body: body === undefined ? undefined : JSON.stringify(body),
        signal: AbortSignal.timeout(method === 'GET' ? patience_ms : work_ms),
      });
      hear(response.headers.get('Date'));
      const text = await response.text();
      if (text) answer = JSON.parse(text);
    } catch (why) {
      if (!response) onUnreachable();
      if (!response?.ok) throw new Failure(response?.status ?? 0, null);
      throw new Failure(response.status, { message: String(why), code: 'UNREADABLE' });
    }
    if (!response.ok) {
      if (response.status === 401 && path !== 'session') onSignedOut();
      const wait = Number(response.headers.get('Retry-After')) || undefined;
      throw new Failure(response.status, answer.error, answer.data, wait);
    }
    return answer;
  } finally {
    end();
  }
}
export const get = async (path, parameters) => (await call('GET', query(path, parameters))).data;
export const post = (path, body = {}) => call('POST', path, body);
export const remove = (path) => call('DELETE', path);
