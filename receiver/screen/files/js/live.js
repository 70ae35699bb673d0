// The one stream of news of this tab. It is closed while nobody looks, for a browser keeps six connections to a host only;
// on return, and after every break, everything that is shown is asked once ('refresh').
import { get, streamAddress, whenUnreachable } from './api.js';
import { now } from './clock.js';

const topics = ['overview', 'problem', 'change', 'event', 'sweep'];
const rate = 15; // messages a second
const hidden_ms = 30_000;
const retry_ms = 4_000;
const refresh_ms = 10_000; // at most so often where the stream leaves news out
const doubt_ms = 30_000;

const listeners = new Map();
let source = null;
let timer = null;
let hidden = null;
let wanted = false;
let refreshed = 0;
let doubted = 0;
export const connection = { state: 'off', since: now() }; // off, on, lost; since when what is shown is what was heard

export function listen(topic, call) {
  if (!listeners.has(topic)) listeners.set(topic, new Set());
  listeners.get(topic).add(call);
  return () => listeners.get(topic).delete(call);
}
export function tell(topic, data) {
  for (const call of [...(listeners.get(topic) ?? [])]) call(data);
}

function become(state) {
  if (connection.state === state) return;
  if (state === 'lost' && connection.state !== 'lost') connection.since = now();
  const back = state === 'on' && connection.state === 'lost';
  connection.state = state;
  tell('state', state);
  if (back) tell('refresh');
}

function close() {
  source?.close();
  source = null;
  clearTimeout(timer);
}

function skipped() {
  if (Date.now() - refreshed < refresh_ms) return;
  refreshed = Date.now();
  tell('refresh');
}

function open() {
  close();
  if (!wanted || document.hidden) return;
  source = new EventSource(streamAddress({ topics: topics.join(','), rate }));
  source.onopen = () => become('on');
  source.onerror = () => {
    become('lost');
    if (source?.readyState === EventSource.CLOSED) again();
  };
  for (const topic of topics) source.addEventListener(topic, (e) => tell(topic, JSON.parse(e.data)));
  source.addEventListener('skipped', skipped);
  source.addEventListener('dropped', () => {
    tell('refresh');
    again();
  });
}

// The browser tries again by itself unless the server refused; then the session may be over, which a question tells.
function again() {
  close();
  timer = setTimeout(async () => {
    const session = await get('session').catch(() => undefined);
    if (session === null) tell('signedout');
    else open();
  }, retry_ms);
}

// A server that hangs, or a network that is gone, leaves the stream open: who is not answered opens it anew.
whenUnreachable(() => {
  if (connection.state !== 'on' || Date.now() - doubted < doubt_ms) return;
  doubted = Date.now();
  become('lost');
  open();
});

document.addEventListener('visibilitychange', () => {
  clearTimeout(hidden);
  if (document.hidden) {
    hidden = setTimeout(close, hidden_ms);
  } else if (wanted && !source) {
    open();
    tell('refresh');
  }
});
addEventListener('online', () => wanted && connection.state === 'lost' && open());

export function connect() {
  wanted = true;
  open();
}
export function disconnect() {
  wanted = false;
  close();
  become('off');
}
