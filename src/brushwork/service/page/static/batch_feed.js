// Follows one batch: asks how far it is, and for the rows that came or changed since.

import { askJson, Problem } from "./api.js";
import { attend } from "./trouble.js";

/** @typedef {"waiting" | "leased" | "done" | "failed" | "cancelled"} ItemState */
/** @typedef {{source: string, state: string, claim: string, trust: string}} Mark */
/** @typedef {{type: string, title: string, detail: string, advice: string}} Failure */

/**
 * @typedef {object} Row as `batch_rows.py` has it
 * @property {string} id
 * @property {number} position
 * @property {string | null} key
 * @property {string | null} name
 * @property {string | null} url
 * @property {ItemState} state
 * @property {import("./types.js").Answer | null} answer
 * @property {number | null} probability null where it means nothing
 * @property {boolean} judged the answer rests on the pixels
 * @property {[number, number] | null} range
 * @property {Mark[]} marks
 * @property {string | null} sha256
 * @property {[number, number] | null} size
 * @property {string | null} model
 * @property {string | null} verdict_at
 * @property {Failure | null} error
 * @property {boolean} retryable
 * @property {boolean} seen_before the answer is an earlier one, of the same file
 */

/**
 * @typedef {object} Facts
 * @property {string} id
 * @property {string | null} name
 * @property {"open" | "waiting" | "running" | "paused" | "done" | "cancelled"} state
 * @property {boolean} closed
 * @property {string} created_at
 * @property {number} items
 * @property {Record<ItemState, number>} counts
 * @property {Record<string, number>} answers
 * @property {number | null} eta_seconds
 */

const [SOON, HIDDEN, LATE] = [1000, 5000, 15_000]; // milliseconds between two looks
const OVERLAP = 5000; // results are written in an order that differs a little from that of their moments
const PAGE = 500;
/** @type {readonly ItemState[]} */
const ENDS = ["done", "failed", "cancelled"];

export class Feed {
  /** @type {Facts | null} */
  facts = null;
  /** @type {Map<string, Row>} by id */
  rows = new Map();
  #path;
  #patience;
  #onNews;
  #stop = new AbortController();
  /** @type {number | undefined} */
  #next;
  /** @type {Promise<void> | null} */
  #looking = null;
  #last = -1;
  #latest = 0;
  #reread = 0;

  /**
   * @param {string} batchId
   * @param {import("./patience.js").Patience} patience
   * @param {(rows: Row[]) => void} onNews the facts changed, and these rows came or changed
   */
  constructor(batchId, patience, onNews) {
    this.#path = `/v1/batches/${batchId}`;
    this.#patience = patience;
    this.#onNews = onNews;
    document.addEventListener("visibilitychange", () => document.hidden || attend(this.look().catch(this.#lost)), { signal: this.#stop.signal });
  }

  /** Look now, and from then on now and then. Throws where the first look finds no batch. */
  async look() {
    window.clearTimeout(this.#next);
    this.#looking ??= this.#see().finally(() => (this.#looking = null));
    await this.#looking;
    window.clearTimeout(this.#next);
    if (!this.#stop.signal.aborted) this.#next = window.setTimeout(() => attend(this.look().catch(this.#lost)), this.#wait());
  }

  stop() {
    this.#stop.abort();
    window.clearTimeout(this.#next);
  }

  /** One row, as the server has just told it. @param {Row} row */
  put(row) {
    this.rows.set(row.id, row);
    this.#onNews([row]);
  }

  #wait() {
    if (this.facts && ["done", "cancelled"].includes(this.facts.state)) return LATE;
    return document.hidden ? HIDDEN : SOON;
  }

  async #see() {
    const before = JSON.stringify(this.facts);
    const facts = /** @type {Facts} */ (await this.#ask(""));
    const changed = JSON.stringify(facts) !== before;
    this.facts = facts;
    const rows = changed ? await this.#changes(facts) : [];
    if (changed && !this.#stop.signal.aborted) this.#onNews(rows);
  }

  /** @param {Facts} facts */
  async #changes(facts) {
    const rows = [];
    if (this.#latest) rows.push(...(await this.#read({ since: new Date(this.#latest - OVERLAP).toISOString() })));
    if (facts.items > this.rows.size) rows.push(...(await this.#read({ after: String(this.#last) })));
    // Something else changed, as when another page tries a picture again: then all of it is read again, now and then.
    if (!this.#agrees(facts) && performance.now() > this.#reread) {
      this.#reread = performance.now() + 10 * SOON;
      rows.push(...(await this.#read({})));
    }
    return rows;
  }

  /** @param {Record<string, string>} asked */
  async #read(asked) {
    const rows = [];
    let after = asked.after ?? "-1";
    for (;;) {
      const page = /** @type {{rows: Row[], after: number | null}} */ (await this.#ask(`/rows?${new URLSearchParams({ limit: String(PAGE), ...asked, after })}`));
      for (const row of page.rows) this.#take(row);
      rows.push(...page.rows);
      if (page.after === null) return rows;
      after = String(page.after);
      if (asked.after === "-1") this.#onNews(page.rows); // the first pages are shown while the others come
    }
  }

  /** @param {Row} row */
  #take(row) {
    this.rows.set(row.id, row);
    this.#last = Math.max(this.#last, row.position);
    if (row.verdict_at) this.#latest = Math.max(this.#latest, Date.parse(row.verdict_at));
  }

  /** False where rows are missing here, or, at the end, are not what the server counts. @param {Facts} facts */
  #agrees({ counts, state }) {
    const ended = state === "done" || state === "cancelled";
    /** @type {Record<string, number>} */
    const mine = { done: 0, failed: 0, cancelled: 0 };
    for (const row of this.rows.values()) mine[row.state] = (mine[row.state] ?? 0) + 1;
    return ENDS.every((end) => (ended ? mine[end] === counts[end] : (mine[end] ?? 0) >= counts[end]));
  }

  /** @param {string} rest of the path */
  #ask(rest) {
    const { signal } = this.#stop;
    return this.#patience.ask(() => askJson(this.#path + rest, { signal }), signal);
  }

  /** A look in between that failed: a batch that was deleted, a key that ran out. @param {unknown} error */
  #lost = (error) => {
    if (this.#stop.signal.aborted) return;
    this.stop();
    if (!(error instanceof Problem)) throw error;
    this.onLost?.(error);
  };

  /** @type {((error: Problem) => void) | undefined} */
  onLost;
}
