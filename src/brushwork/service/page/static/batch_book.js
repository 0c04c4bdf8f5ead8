// All that is known of the pictures of one batch, a line for each: what the server says, what is still to be sent from
// here, what was decided, and which file was there before.

import { byName } from "./batch_files.js";
import { words } from "./words.js";

/** @typedef {import("./batch_feed.js").Row} Row */
/** @typedef {import("./batch_sender.js").Entry} Entry */
/** @typedef {{item_id: string, mine: string | null, others: {reviewer: string, decision: string}[], hidden: number, split: boolean}} Words */

/**
 * @typedef {object} Line
 * @property {string} key
 * @property {number} order
 * @property {string} name
 * @property {Row | null} row
 * @property {Entry | null} entry
 * @property {Words | null} words
 * @property {Line | null} twin the first line with the same bytes, where this is not the first
 */

const BEHIND = 1e9; // what is not sent yet stands behind everything that is

export class Book {
  /** @type {Map<string, Line>} */
  lines = new Map();
  /** @type {Map<string, File>} files that were chosen here, sent or not: to show their pictures */
  files = new Map();
  /** @type {Map<string, string>} keys by the id of the item */
  #keys = new Map();
  /** @type {Map<string, Line>} the first line by the hash of its file */
  #first = new Map();
  #count = 0;

  /** @param {readonly Row[]} rows @returns {Line[]} those that changed */
  take(rows) {
    return rows.map((row) => {
      const line = this.#line(row.key ?? row.id, row.name ?? row.url ?? row.id);
      Object.assign(line, { row, order: row.position, entry: line.entry?.state === "sending" ? line.entry : null });
      this.#keys.set(row.id, line.key);
      this.#forget(line.key.replace(/\.\d+$/, ""), line.key);
      this.#compare(line);
      return line;
    });
  }

  /** @param {Entry} entry @param {boolean} left it was left out */
  send(entry, left) {
    this.files.set(entry.key, entry.file);
    const known = this.lines.get(entry.key);
    if (left && !known?.row) return void this.lines.delete(entry.key);
    const line = this.#line(entry.key, entry.name);
    line.entry = left || (line.row && entry.state === "sent") ? null : entry;
    return line;
  }

  /** @param {readonly Words[]} list @returns {Line[]} those that changed */
  decided(list) {
    return list.flatMap((said) => {
      const line = this.byItem(said.item_id);
      if (!line) return [];
      line.words = said;
      return [line];
    });
  }

  /** @param {string} id @returns {Line | undefined} */
  byItem(id) {
    return this.lines.get(this.#keys.get(id) ?? "");
  }

  /** @param {string} key @param {string} name @returns {Line} */
  #line(key, name) {
    const known = this.lines.get(key);
    if (known) return known;
    const line = { key, name, order: BEHIND + this.#count++, row: null, entry: null, words: null, twin: null };
    this.lines.set(key, line);
    return line;
  }

  /** A zip became the lines of its pictures. @param {string} key @param {string} now */
  #forget(key, now) {
    if (key !== now && !this.lines.get(key)?.row) this.lines.delete(key);
  }

  /** @param {Line} line */
  #compare(line) {
    const digest = line.row?.sha256;
    if (!digest) return;
    const first = this.#first.get(digest);
    if (!first || first.order >= line.order) {
      this.#first.set(digest, line);
      line.twin = null;
      if (first && first !== line) first.twin = line;
    } else if (first !== line) line.twin = first;
  }
}

const AI = ["made_with_ai", "partly_ai", "looks_ai"];
const CLEAR = ["no_sign_of_ai", "signed_capture"];

/** The groups that a batch is counted in; each can be shown alone. @type {Readonly<Record<string, {title: string, has: (line: Line) => boolean}>>} */
export const GROUPS = Object.freeze({
  all: { title: "Pictures", has: () => true },
  ai: { title: "Made with AI, or look so", has: ({ row }) => AI.includes(row?.answer ?? "") },
  clear: { title: "No sign of AI, or signed", has: ({ row }) => CLEAR.includes(row?.answer ?? "") },
  open: { title: "Cannot tell", has: ({ row }) => row?.answer === "cannot_tell" },
  failed: { title: "Failed", has: ({ row, entry }) => row?.state === "failed" || entry?.state === "refused" },
  duplicates: { title: "Duplicates", has: ({ twin }) => twin !== null },
  waiting: { title: "Not examined yet", has: ({ row, entry }) => (row ? ["waiting", "leased"].includes(row.state) : entry !== null && entry.state !== "refused") },
});

/** Which decisions can be shown alone, beside each decision itself. @type {Readonly<Record<string, {title: string, has: (line: Line) => boolean}>>} */
export const DECIDED = Object.freeze({
  none: { title: "not decided by me", has: ({ row, words: said }) => row !== null && (!said?.mine || said.mine === "skip") },
  second: { title: "decided by others, not by me", has: ({ words: said }) => Boolean(said && !said.mine && (said.hidden || said.others.length)) },
  split: { title: "reviewers disagree", has: ({ words: said }) => Boolean(said?.split) },
});

/**
 * The lines that the address asks for.
 * @param {Iterable<Line>} lines
 * @param {Record<string, string>} asked of the query
 */
export function shown(lines, asked) {
  const text = (asked.q ?? "").toLocaleLowerCase();
  const { has: inGroup } = GROUPS[asked.show ?? ""] ?? { has: () => true };
  const choice = asked.decision ?? "";
  const inChoice = DECIDED[choice]?.has ?? (choice in words.decision ? (/** @type {Line} */ { words: said }) => said?.mine === choice : () => true);
  const found = [...lines].filter(
    (line) => (!text || line.name.toLocaleLowerCase().includes(text)) && (!asked.answer || line.row?.answer === asked.answer) && inGroup(line) && inChoice(line),
  );
  const [name, ascending] = way(asked.sort);
  const order = ORDERS[name] ?? inOrder;
  return found.sort((a, b) => (ascending ? order(a, b) : order(b, a)) || inOrder(a, b));
}

/** The column and the direction in "name" or "-name". @param {string} [sort] @returns {[string, boolean]} */
export const way = (sort = "") => (sort.startsWith("-") ? [sort.slice(1), false] : [sort, true]);

/** @param {Line} a @param {Line} b */
const inOrder = (a, b) => a.order - b.order;

/** By a number; lines without one stand at the end of a rising order. @param {(line: Line) => number | null | undefined} of */
const by = (of) => (/** @type {Line} */ a, /** @type {Line} */ b) => (of(a) ?? Infinity) - (of(b) ?? Infinity) || 0;

const ANSWERS = Object.keys(words.answer);
const DECISIONS = Object.keys(words.decision);
const STATES = Object.keys(words.item_state);

/** @param {readonly string[]} list @param {string | null | undefined} value */
const place = (list, value) => (value ? list.indexOf(value) : null);

/** @type {Readonly<Record<string, (a: Line, b: Line) => number>>} */
export const ORDERS = Object.freeze({
  name: (a, b) => byName(a.name, b.name),
  answer: by(({ row }) => place(ANSWERS, row?.answer)),
  score: by(({ row }) => row?.probability),
  range: by(({ row }) => row?.range && row.range[1] - row.range[0]),
  marks: by(({ row }) => row && -row.marks.length),
  status: by(({ row }) => place(STATES, row?.state)),
  decision: by(({ words: said }) => (said?.split ? -1 : place(DECISIONS, said?.mine))),
});
