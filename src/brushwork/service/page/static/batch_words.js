// Who decides what. Decisions are only ever added: who changes their mind adds another one, and undoing is one as well.

import { ask, askJson, Problem } from "./api.js";
import { rememberReviewer, reviewerName } from "./reviewer.js";
import { attend } from "./trouble.js";
import { words } from "./words.js";

/** @typedef {import("./batch_book.js").Line} Line */
/** @typedef {import("./batch_book.js").Words} Words */
/** @typedef {{line: Line, before: string | null, made: string}} Done what can be undone: `before` is what stood until then */

export class Decisions {
  blind;
  /** How many are still to be sent; only this page has them. */
  left = 0;
  #path;
  #patience;
  #onWords;
  #onTrouble;
  /** @type {Done[]} */
  #done = [];
  /** @type {Promise<void>} decisions are sent one after the other, in the order in which they were made */
  #queue = Promise.resolve();

  /**
   * @param {string} batchId
   * @param {boolean} blind
   * @param {import("./patience.js").Patience} patience
   * @param {(list: Words[]) => void} onWords
   * @param {(problem: Problem, line: Line) => void} onTrouble
   */
  constructor(batchId, blind, patience, onWords, onTrouble) {
    this.#path = `/v1/batches/${batchId}`;
    this.blind = blind;
    this.#patience = patience;
    this.#onWords = onWords;
    this.#onTrouble = onTrouble;
  }

  get name() {
    return reviewerName();
  }

  /** @param {string} name */
  set name(name) {
    rememberReviewer(name);
    this.#done = [];
  }

  /** The decisions on all pictures, or on one, as far as this reviewer may see them. @param {string} [item] */
  async load(item) {
    const said = /** @type {{words: Words[]}} */ (await this.#patience.ask(() => askJson(`${this.#path}/decisions?${this.search(item)}`)));
    this.#onWords(said.words);
  }

  /** What decides which decisions are shown. @param {string} [item] */
  search(item) {
    return new URLSearchParams({ reviewer: this.name, ...(this.blind && { blind: "true" }), ...(item && { item }) });
  }

  /** @param {Line} line @param {string} choice @param {string} [note] */
  decide(line, choice, note = "") {
    this.#done.push({ line, before: line.words?.mine ?? null, made: choice });
    return this.#write(line, choice, note);
  }

  get undoable() {
    return this.#done.length > 0;
  }

  /** Take the last decision back, by a new record. @returns {Line | null} what it was about */
  undo() {
    const last = this.#done.pop();
    if (!last) return null;
    const again = last.before && last.before !== "skip" ? last.before : "take_back";
    if (last.made !== "skip" || again === "take_back") attend(this.#write(last.line, again, `Undo of “${words.decision[last.made]}”`));
    return last.line;
  }

  /** @param {Line} line @param {string} decision @param {string} note */
  #write(line, decision, note) {
    const item = line.row?.id ?? "";
    line.words = { item_id: item, others: [], hidden: 0, split: false, ...line.words, mine: decision === "take_back" ? null : decision };
    this.#onWords([line.words]);
    const headers = { "Content-Type": "application/json", "Idempotency-Key": `decision-${Date.now()}-${Math.random()}` };
    const body = JSON.stringify({ decision, note: note || null, reviewer: this.name });
    this.left += 1;
    const sent = this.#queue.then(() => this.#sent(line, item, { method: "POST", headers, body }));
    this.#queue = sent.catch(() => undefined); // the next one is sent all the same; whoever waits for this one says what failed
    return sent;
  }

  /** @param {Line} line @param {string} item @param {RequestInit} init */
  async #sent(line, item, init) {
    try {
      await this.#patience.ask(() => ask(`${this.#path}/items/${item}/decisions`, init));
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.#onTrouble(error, line);
    } finally {
      this.left -= 1;
    }
    await this.load(item);
  }
}
