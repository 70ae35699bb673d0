// A page, or a part of one, that shows what the API answers. It asks when it comes, again when news is heard, and keeps the
// last answer when a question fails. this.state[name] = { data, at, error }.
import { get } from './api.js';
import { now } from './clock.js';
import { Component } from './dom.js';
import { listen } from './live.js';

export class View extends Component {
  constructor(props) {
    super(props);
    this.state = {};
    this.turns = {};
    this.undo = [];
    this.timers = {};
  }

  // The answer that was asked for last counts, whichever comes last.
  async ask(name, path, parameters) {
    const turn = (this.turns[name] = (this.turns[name] ?? 0) + 1);
    let next;
    try {
      next = { data: await get(path, parameters), at: now() };
    } catch (error) {
      next = { ...this.state[name], error };
    }
    if (turn === this.turns[name] && !this.gone) this.setState({ [name]: next });
    return next;
  }
  forget(name) {
    this.turns[name] = (this.turns[name] ?? 0) + 1;
    this.setState({ [name]: undefined });
  }

  on(topic, call) {
    this.undo.push(listen(topic, call));
  }
  every(ms, call) {
    const timer = setInterval(() => document.hidden || call(), ms);
    this.undo.push(() => clearInterval(timer));
  }
  // At once, then at most once in `ms`, however often it is wanted; the last wish is never lost.
  soon(name, ms, call) {
    const timer = (this.timers[name] ??= { at: 0, waiting: null });
    if (timer.waiting) return;
    const run = () => {
      timer.waiting = null;
      timer.at = Date.now();
      if (!this.gone) call();
    };
    timer.waiting = setTimeout(run, Math.max(0, timer.at + ms - Date.now()));
  }

  componentWillUnmount() {
    this.gone = true;
    for (const call of this.undo) call();
    for (const timer of Object.values(this.timers)) clearTimeout(timer.waiting);
  }
}
