// The states of a check, and which may follow which. Dragging lies over any of them and is no state of its own.

/** @typedef {"empty" | "uploading" | "scoring" | "done" | "error" | "away" | "busy"} Name */

/** @type {Readonly<Record<Name, readonly Name[]>>} */
const FOLLOWS = Object.freeze({
  empty: ["uploading", "error"],
  uploading: ["scoring", "error", "away", "busy", "empty", "uploading", "done"],
  scoring: ["done", "error", "away", "busy", "empty", "uploading"],
  done: ["uploading", "error"],
  error: ["uploading", "error"],
  away: ["uploading", "error"],
  busy: ["uploading", "error"],
});

/** One check at a time. The name of the state is also on the root element, for the stylesheet. */
export class Machine {
  /** @type {Name} */
  #state = "empty";

  /** The server may have rendered an error into the page. */
  constructor() {
    if (document.documentElement.dataset.state === "error") this.#state = "error";
    this.#show();
  }

  get state() {
    return this.#state;
  }

  /** @param {Name} next */
  go(next) {
    if (!FOLLOWS[this.#state].includes(next)) throw new Error(`${next} cannot follow ${this.#state}`);
    this.#state = next;
    this.#show();
  }

  #show() {
    document.documentElement.dataset.state = this.#state;
  }
}
