// What this browser has still to send to a batch, by name: it is remembered over a reload, which the files are not. Each
// page that is open keeps a list of its own; the list of one that is gone is taken over by the next that comes.

import { attend } from "./trouble.js";

/** @typedef {{key: string, name: string, size: number}} Unsent */

const PREFIX = "brushwork-unsent:";
const SOON = 500;
const ANSWER = 500; // milliseconds for another page to say that it is there
const RELOAD = 3000; // for a page that is gone to come back, if it was loaded again: the list is its own
const AGAIN = 10_000; // between two questions whether those that send are still there: one that died said nothing

export class Ledger {
  #place;
  #prefix;
  #me = Math.random().toString(36).slice(2);
  #channel;
  /** @type {Map<string, Unsent>} */
  #mine = new Map();
  /** @type {Map<string, Unsent[]>} what pages that are gone did not send, by page */
  #taken = new Map();
  /** @type {Set<string>} pages that answered */
  #alive = new Set();
  /** @type {Set<string>} pages that answered since they were asked last */
  #answered = new Set();
  #closed = false;
  /** @type {number | undefined} */
  #next;
  /** @type {number | undefined} */
  #soon;
  #onOthers;

  /** @param {string} batchId @param {() => void} onOthers another page began or ended to send */
  constructor(batchId, onOthers) {
    this.#prefix = `${PREFIX}${batchId}:`;
    this.#place = this.#prefix + this.#me;
    this.#onOthers = onOthers;
    this.#channel = new BroadcastChannel(`brushwork-batch-${batchId}`);
    this.#channel.onmessage = ({ data }) => this.#heard(data);
    window.addEventListener("pagehide", this.#leave);
    window.addEventListener("pageshow", this.#back);
  }

  /** Take over what pages which are gone did not send. Asks first who is still there. */
  async inherit() {
    window.clearTimeout(this.#next);
    this.#next = undefined;
    this.#answered = new Set();
    this.#channel.postMessage({ ask: this.#me });
    await new Promise((resolve) => window.setTimeout(resolve, ANSWER));
    if (this.#closed) return;
    this.#alive = this.#answered;
    const gone = this.#others().filter(([page]) => !this.#alive.has(page));
    for (const [page, list] of gone) {
      this.#taken.set(page, list);
      remove(this.#prefix + page);
    }
    if (gone.length) this.#write();
    if (this.#next === undefined && this.elsewhere) this.#ask(AGAIN); // else one was gone meanwhile
  }

  /** Ask once more who is there, after so long. @param {number} time in milliseconds */
  #ask(time) {
    window.clearTimeout(this.#next);
    this.#next = window.setTimeout(() => attend(this.inherit().then(this.#onOthers)), time);
  }

  /** Files that were not sent by pages that are gone: their names are known, the files are not. */
  get missing() {
    return [...this.#taken.values()].flat();
  }

  /** How many files other pages are sending just now. */
  get elsewhere() {
    return this.#others()
      .filter(([page]) => this.#alive.has(page))
      .reduce((sum, [, list]) => sum + list.length, 0);
  }

  /** @param {Iterable<Unsent>} files */
  add(files) {
    for (const { key, name, size } of files) this.#mine.set(key, { key, name, size });
    this.#write(); // at once: another page must know before it closes the batch
  }

  /** It was sent, is sent from here now, or is not to be sent. @param {string} key */
  done(key) {
    if (this.#mine.delete(key)) this.#later();
    this.found(key);
  }

  /** It is no longer missing. @param {string} key */
  found(key) {
    for (const [page, list] of this.#taken) {
      const left = list.filter((file) => file.key !== key);
      if (left.length === list.length) continue;
      this.#taken.set(page, left);
      this.#later();
    }
  }

  /** Go on without what is missing; `all`: and without what is on its way. @param {{all?: boolean}} [how] */
  forget({ all = false } = {}) {
    this.#taken.clear();
    if (all) this.#mine.clear();
    this.#write();
  }

  close() {
    this.#write();
    this.#closed = true;
    window.clearTimeout(this.#next);
    window.removeEventListener("pagehide", this.#leave);
    window.removeEventListener("pageshow", this.#back);
    this.#channel.close();
  }

  #leave = () => {
    this.#write();
    this.#channel.postMessage({ gone: this.#me });
  };

  /** A page that the browser had put aside tells that it is there again. @param {PageTransitionEvent} event */
  #back = ({ persisted }) => {
    if (persisted) this.#write();
  };

  /** @param {{ask?: string, here?: string, wrote?: string, gone?: string}} message */
  #heard({ ask, here, wrote, gone }) {
    if (ask && this.#mine.size) this.#channel.postMessage({ here: this.#me });
    if (gone) this.#ask(RELOAD);
    if (ask || gone) return;
    const page = here ?? wrote ?? "";
    this.#alive.add(page);
    this.#answered.add(page);
    const back = this.#taken.get(page); // it was only slow to answer
    if (back && here) write(this.#prefix + page, back);
    if (this.#taken.delete(page)) this.#later();
    if (this.#next === undefined && this.elsewhere) this.#ask(AGAIN);
    this.#onOthers();
  }

  /** @returns {[string, Unsent[]][]} */
  #others() {
    const places = names().filter((name) => name.startsWith(this.#prefix) && name !== this.#place);
    return places.map((name) => [name.slice(this.#prefix.length), read(name)]);
  }

  #later() {
    this.#soon ??= window.setTimeout(this.#write, SOON);
  }

  #write = () => {
    window.clearTimeout(this.#soon);
    this.#soon = undefined;
    const list = [...this.#mine.values(), ...this.missing];
    if (list.length) write(this.#place, list);
    else remove(this.#place);
    this.#channel.postMessage({ wrote: this.#me });
  };
}

// Storage may be closed to this page, as in some private windows, or full. Then a reload forgets what was not sent.

/** @template T @param {() => T} act @param {T} otherwise @returns {T} */
function stored(act, otherwise) {
  try {
    return act();
  } catch (error) {
    console.info("what is not sent yet is not remembered:", error);
    return otherwise;
  }
}

/** @returns {string[]} */
const names = () => stored(() => Object.keys(localStorage), []);

/** @param {string} name @returns {Unsent[]} */
const read = (name) => stored(() => JSON.parse(localStorage.getItem(name) ?? "[]"), []);

/** @param {string} name @param {Unsent[]} list */
const write = (name, list) => stored(() => localStorage.setItem(name, JSON.stringify(list)), undefined);

/** @param {string} name */
const remove = (name) => stored(() => localStorage.removeItem(name), undefined);
