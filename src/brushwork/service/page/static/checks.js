// The pictures that this tab was given, each with how far it is. The address after # names the one that is shown.

import { Stopped } from "./api.js";
import { drop, held, keep, keepFile, newKey, tabName } from "./keep.js";
import { mayFollow } from "./machine.js";
import { attend } from "./trouble.js";

/** @typedef {import("./machine.js").Name} Name */
/** @typedef {import("./types.js").Verdict} Verdict */
/** @typedef {import("./trouble.js").Account} Account */
/** @typedef {{id: string, days: number, pictureDays: number | null, again: boolean}} Saved what the server keeps */
/** @typedef {{key: string, tab: string, at: number, name: string, address: string | null, state: Name, verdict: Verdict | null, failure: Account | null, saved: Saved | null, said: boolean}} Held */

/** So many are held; beyond it the oldest go. */
export const MOST = 50;

/** One picture, by its file or by the address that it is fetched from. */
export class Check {
  key = newKey();
  at = Date.now();
  /** @type {Name} */
  state = "queued";
  /** @type {Verdict | null} */
  verdict = null;
  /** @type {Account | null} why there is no answer */
  failure = null;
  /** @type {Saved | null} */
  saved = null;
  /** Feedback was given. */
  said = false;
  /** How much of the file is sent, 0 to 1. */
  sent = 0;
  /** How often it was tried since a person asked for it. */
  tries = 0;
  /** It was forgotten. */
  gone = false;
  /** @type {string | null} why there is no range under re-encodings */
  rangeless = null;
  /** @type {string | null} the kind of human works that its reader compares it with */
  kind = null;
  /** @type {{element: HTMLElement, update: () => void} | null} the result as it is drawn */
  view = null;
  /** @type {string | null} */
  #url = null;
  /** @type {(() => void)[]} of those who wait for the range */
  #waiting = [];

  /** It is its reader's own, not one that was shared or put up for review. */
  mine = true;

  /**
   * @param {string} name cleaned
   * @param {File | null} file
   * @param {string | null} address
   * @param {string | null} [picture] where the server keeps it
   */
  constructor(name, file, address, picture = null) {
    this.name = name;
    this.file = file;
    this.address = address;
    this.#url = picture;
  }

  /** Where this browser finds the picture; "" where there is none. */
  get url() {
    if (!this.#url && this.file) this.#url = URL.createObjectURL(this.file);
    return this.#url ?? "";
  }

  /** @param {Name} next */
  go(next) {
    if (!mayFollow(this.state, next)) throw new Error(`${next} cannot follow ${this.state}`);
    this.state = next;
    if (next !== "explaining") this.#told();
  }

  /** Until its range is measured, or is known not to come. Throws Stopped where the check is forgotten meanwhile. */
  async ranged() {
    if (this.state === "explaining") await new Promise((resolve) => this.#waiting.push(() => resolve(null)));
    if (this.gone) throw new Stopped();
  }

  #told() {
    for (const tell of this.#waiting.splice(0)) tell();
  }

  release() {
    this.gone = true;
    this.#told();
    if (this.#url) URL.revokeObjectURL(this.#url);
    this.#url = null;
    this.view = null;
  }
}

/** Those of this tab. `changed` is called after every change, with the check that changed. */
export class Checks {
  /** @type {Check[]} oldest first */
  all = [];
  #tab = tabName();
  /** @type {Set<string>} keys of the files that are held already */
  #kept = new Set();
  /** There is no room for it any more; whoever works on it stops that too. @type {(check: Check) => void} */
  onOldest = (check) => this.remove(check);

  /** @param {(check: Check) => void} changed */
  constructor(changed) {
    this.changed = changed;
  }

  /** Find again what was given before a reload; what had no answer yet waits for its turn anew. */
  async restore() {
    const found = (await held(this.#tab)).filter(({ key }) => !this.find(key)); // else it came in since
    for (const { key } of found) this.#kept.add(key);
    this.all = [...found.map(revived), ...this.all];
  }

  /** @param {string} key */
  find(key) {
    return this.all.find((check) => check.key === key);
  }

  /** @param {Check} check */
  add(check) {
    this.all.push(check);
    if (this.all.length > MOST) this.onOldest(/** @type {Check} */ (this.all[0]));
    this.put(check);
  }

  /** Hold what changed, and tell it. @param {Check} check */
  put(check) {
    this.changed(check);
    if (!this.all.includes(check)) return;
    const { key, at, name, address, file, state, verdict, failure, saved, said } = check;
    if (file && !this.#kept.has(key)) attend(keepFile(key, file, at));
    if (file) this.#kept.add(key);
    attend(keep({ key, tab: this.#tab, at, name, address, state, verdict, failure, saved, said }));
  }

  /** @param {Check} check */
  remove(check) {
    this.all = this.all.filter((one) => one !== check);
    check.release();
    attend(drop(check.key));
  }
}

/** @param {Held & {file: File | null}} held */
function revived(held) {
  const check = new Check(held.name, held.file, held.address);
  const { key, at, verdict, saved, said } = held;
  Object.assign(check, { key, at, verdict, saved, said });
  if (verdict) check.state = "done";
  else if (held.state === "error") Object.assign(check, { state: "error", failure: held.failure });
  return check;
}
