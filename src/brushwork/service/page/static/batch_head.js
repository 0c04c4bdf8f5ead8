// The upper part of one batch: how far it is, what can be done with it, what was not sent, what was answered so far.

import { GROUPS } from "./batch_book.js";
import { h, renew } from "./dom.js";
import { address, go } from "./query.js";
import { counted, plainName } from "./words.js";

/** @typedef {import("./batch_feed.js").Facts} Facts */
/** @typedef {import("./batch_book.js").Line} Line */
/** @typedef {import("./batch_ledger.js").Unsent} Unsent */

/**
 * @typedef {object} Going
 * @property {Facts} facts
 * @property {number} left files that this page has still to send
 * @property {number} refused files that the server did not take
 * @property {number} elsewhere files that other pages are sending
 */

/**
 * @typedef {object} Doing
 * @property {() => void} add
 * @property {() => void} folder
 * @property {(paused: boolean) => void} pause
 * @property {() => void} cancel
 * @property {() => void} close no more pictures follow
 * @property {() => void} remove
 */

/** @param {Going} going */
export function figures({ facts, left, refused }) {
  const { counts } = facts;
  const over = counts.done + counts.failed + counts.cancelled;
  const all = facts.items + left + refused;
  return { over, all, part: all ? over / all : 0, ended: facts.state === "done" || facts.state === "cancelled" };
}

/** Where it stands, in a sentence. @param {Going} going */
export function standing(going) {
  const { facts, left, elsewhere } = going;
  const { over, all } = figures(going);
  const parts = [`${over} of ${counted(all, "picture")} examined`];
  if (left) parts.push(`${left} still to be sent from this page`);
  if (elsewhere) parts.push(`${elsewhere} are being sent from another page`);
  if (facts.state === "paused") parts.push("paused");
  else if (facts.eta_seconds && over < all) parts.push(`about ${duration(facts.eta_seconds * Math.max(1, (all - over) / Math.max(1, facts.items - over)))} left`);
  if (facts.state === "cancelled") return `Cancelled: ${parts[0]}.`;
  if (facts.state === "done") return `Done: ${parts[0]}.`;
  return `${parts.join(", ")}.`;
}

/** @param {number} seconds */
function duration(seconds) {
  if (seconds < 60) return `${Math.max(1, Math.round(seconds))} s`;
  return seconds < 5400 ? counted(Math.round(seconds / 60), "minute") : `${(seconds / 3600).toFixed(1)} hours`;
}

/** The bar and the buttons, and how to keep them as things are. @param {Doing} doing */
export function head(doing) {
  const bar = h("progress", { "aria-label": "Pictures examined" });
  const told = h("p", {});
  const buttons = h("div", { class: "buttons" });
  const element = h("div", { class: "one-head" }, h("div", { class: "going" }, bar, told), buttons);
  /** @param {Going} going */
  const show = (going) => {
    const { over, all, ended } = figures(going);
    bar.setAttribute("max", String(Math.max(1, all)));
    bar.setAttribute("value", String(over));
    const sentence = standing(going);
    if (told.textContent !== sentence) told.textContent = sentence;
    const state = { open: !going.facts.closed, paused: going.facts.state === "paused", full: going.facts.items > 0 && !going.left, ended };
    renew(buttons, JSON.stringify(state), () => choices(state, doing));
  };
  return { element, show };
}

/** @param {{open: boolean, paused: boolean, full: boolean, ended: boolean}} state @param {Doing} doing */
function choices({ open, paused, full, ended }, doing) {
  return [
    open && button("add", "Add pictures", doing.add),
    open && button("add-folder", "Add a folder", doing.folder),
    !open && button("add", "Choose the files again to see them", doing.add),
    !ended && button("pause", paused ? "Go on" : "Pause", () => doing.pause(!paused)),
    open && full && button("close-batch", "That is all", doing.close),
    !ended && button("cancel", "Cancel", doing.cancel),
    ended && button("remove", "Delete", doing.remove),
  ];
}

/** @param {string} id @param {string} title @param {() => void} onclick */
const button = (id, title, onclick) => h("button", { type: "button", id, onclick }, title);

/**
 * Files that an earlier page did not send: it was closed or loaded again. Their names are known, the files are not.
 * @param {readonly Unsent[]} files
 * @param {Doing} doing
 * @param {() => void} forget
 */
export function missing(files, doing, forget) {
  if (!files.length) return null;
  const names = h("ul", { class: "names" }, files.map(({ name }) => h("li", {}, plainName(name))));
  return h(
    "section",
    { class: "missing", "aria-labelledby": "missing" },
    h("h2", { id: "missing" }, `${counted(files.length, "file")} ${files.length === 1 ? "was" : "were"} not sent`),
    h("p", {}, "The page was closed or loaded again before their turn. What was sent is safe. Add the same files or their folder once more: only what is missing is sent."),
    h("details", { open: files.length <= 12 }, h("summary", {}, "Their names"), names),
    h("div", { class: "buttons" }, button("add-missing", "Add the files", doing.add), button("add-missing-folder", "Add their folder", doing.folder), button("forget", "Go on without them", forget)),
  );
}

/** How many pictures are in each group. @param {Iterable<Line>} lines @returns {Record<string, number>} */
export function tally(lines) {
  const counts = Object.fromEntries(Object.keys(GROUPS).map((name) => [name, 0]));
  for (const line of lines) for (const [name, { has }] of Object.entries(GROUPS)) if (has(line)) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

/** What was answered so far; each number shows its pictures. @param {Record<string, number>} counts @param {string} here */
export function totals(counts, here) {
  return Object.entries(GROUPS).map(([name, { title }]) => {
    const changes = { show: name === "all" ? null : name, item: null };
    const show = (/** @type {Event} */ event) => {
      event.preventDefault();
      go(changes);
    };
    const count = counts[name] ?? 0;
    if (name === "waiting" && !count && here !== name) return null;
    return h("li", {}, h("a", { id: `show-${name}`, href: address(changes), "aria-current": (here || "all") === name && "true", onclick: show }, h("b", {}, count), " ", h("span", {}, title)));
  });
}

/** @param {string} batchId @param {URLSearchParams} who decides which decisions the record shows */
export function exports(batchId, who) {
  const path = `/v1/batches/${batchId}`;
  const link = (/** @type {string} */ href, /** @type {string} */ title) => h("a", { class: "button", href, download: "" }, title);
  return [
    link(`${path}/results?format=csv`, "Results as CSV"),
    link(`${path}/results?format=jsonl`, "as JSON lines"),
    link(`${path}/report.html?${who}`, "Report to print"),
    link(`${path}/decisions.csv?${who}`, "Record of decisions"),
  ];
}
