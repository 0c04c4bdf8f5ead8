// Sends files into an open batch, four at a time. Whatever passes by itself is waited for; what the server refuses stays
// in the list with its reason.

import { Gone, postFiles, Problem, Stopped } from "./api.js";
import { isZip } from "./batch_files.js";
import { byId } from "./dom.js";
import { attend } from "./trouble.js";
import { size } from "./words.js";

/** @typedef {import("./batch_files.js").Found} Found */
/** @typedef {import("./types.js").ProblemDocument} ProblemDocument */

/**
 * @typedef {object} Entry
 * @property {string} key
 * @property {string} name
 * @property {File} file
 * @property {"queued" | "sending" | "sent" | "refused"} state
 * @property {number} part of it that was sent, 0 to 1
 * @property {ProblemDocument | null} why it was refused
 */

const AT_ONCE = 4;

export class Sender {
  /** @type {Map<string, Entry>} in the order in which they came */
  entries = new Map();
  /** @type {Map<string, AbortController>} */
  #running = new Map();
  #path;
  #patience;
  #onChange;
  #held = false;

  /**
   * @param {string} batchId
   * @param {import("./patience.js").Patience} patience
   * @param {(entry: Entry) => void} onChange
   */
  constructor(batchId, patience, onChange) {
    this.#path = `/v1/batches/${batchId}/items`;
    this.#patience = patience;
    this.#onChange = onChange;
  }

  /** Take these, but those that are here already. @param {readonly Found[]} files @returns {Entry[]} those that are new */
  add(files) {
    const fresh = files.filter(({ key }) => !this.entries.has(key)).map((found) => /** @type {Entry} */ ({ ...found, state: "queued", part: 0, why: null }));
    for (const entry of fresh) this.entries.set(entry.key, entry);
    this.#pump();
    return fresh;
  }

  /** Files that are not sent yet and will be. */
  get left() {
    return this.#count("queued") + this.#count("sending");
  }

  get refused() {
    return this.#count("refused");
  }

  /** Begin no more of them; those on their way arrive. @param {boolean} held */
  hold(held) {
    this.#held = held;
    this.#pump();
  }

  /** Send one again that was refused. @param {Entry} entry */
  again(entry) {
    this.#set(entry, { state: "queued", why: null });
    this.#pump();
  }

  /** Leave one out, or all. @param {Entry} [only] */
  drop(only) {
    for (const entry of only ? [only] : [...this.entries.values()]) {
      this.entries.delete(entry.key);
      this.#running.get(entry.key)?.abort();
      this.#onChange(entry);
    }
  }

  #pump() {
    for (const entry of this.entries.values()) {
      if (this.#held || this.#running.size >= AT_ONCE) return;
      if (entry.state === "queued") attend(this.#send(entry));
    }
  }

  /** @param {Entry} entry */
  async #send(entry) {
    const stop = new AbortController();
    this.#running.set(entry.key, stop);
    this.#set(entry, { state: "sending", part: 0 });
    try {
      const data = await part(entry.file);
      await this.#patience.ask(() => this.#post(entry, data, stop.signal), stop.signal);
      this.#set(entry, { state: "sent", part: 1 });
    } catch (error) {
      if (!(error instanceof Stopped)) this.#set(entry, { state: "refused", why: reason(error) });
    } finally {
      this.#running.delete(entry.key);
      this.#pump();
    }
  }

  /** @param {Entry} entry @param {Blob} data @param {AbortSignal} signal */
  #post(entry, data, signal) {
    const form = new FormData();
    form.append("images", data, entry.name);
    const onSent = (/** @type {number} */ sent, /** @type {number} */ total) => this.#set(entry, { part: sent / Math.max(1, total) });
    return postFiles(`${this.#path}?item_key=${encodeURIComponent(entry.key)}`, form, entry.file, { signal, onSent });
  }

  /** @param {Entry} entry @param {Partial<Entry>} changes */
  #set(entry, changes) {
    if (this.entries.get(entry.key) !== entry) return; // it was left out meanwhile
    Object.assign(entry, changes);
    this.#onChange(entry);
  }

  /** @param {Entry["state"]} state */
  #count(state) {
    let count = 0;
    for (const entry of this.entries.values()) if (entry.state === state) count += 1;
    return count;
  }
}

/**
 * What is sent of a file. Of a picture that is too large only so much that the server sees it is: so it stands in the
 * batch with its reason as every other one, and nobody waits for bytes that are not looked at.
 * @param {File} file
 * @returns {Promise<Blob>}
 */
async function part(file) {
  const { maxBytes, maxRequest, maxRequestSize } = byId("screen").dataset;
  if (file.size <= Number(maxBytes)) return file;
  const archive = await readable(file);
  if (!archive) return file.slice(0, Number(maxBytes) + 1);
  const room = Number(maxRequest) - 4096; // for what a form has around its file
  if (file.size <= room) return file;
  throw new Problem({ title: "The zip is too large", detail: `It has ${size(file.size)}; at most ${maxRequestSize} are taken at once. Unpack it and add its folder, or make several zips.` }, 413);
}

/** @param {File} file */
async function readable(file) {
  try {
    return await isZip(file);
  } catch (error) {
    if (error instanceof DOMException) throw new Gone();
    throw error;
  }
}

/** @param {unknown} error @returns {ProblemDocument} */
function reason(error) {
  if (error instanceof Problem) return error.document;
  if (error instanceof Gone) return { title: "The file cannot be read any more", detail: "It was changed, moved or deleted after it was chosen. Add it again." };
  console.error(error);
  return { title: "Something went wrong", detail: "This page could not send the file. Try it again." };
}
