// What stands in the table of a batch: one cell for each of the columns, and the small scale of the score.

import { ORDERS } from "./batch_book.js";
import { chip, score } from "./chip.js";
import { h, s } from "./dom.js";
import { address } from "./query.js";
import { counted, plainName, two, words } from "./words.js";

/** @typedef {import("./batch_book.js").Line} Line */
/** @typedef {import("./dom.js").Child} Child */

/**
 * @typedef {object} Doing what the table can ask for
 * @property {(line: Line) => HTMLElement} picture
 * @property {(event: Event, line: Line) => void} open
 * @property {(line: Line) => void} retry
 * @property {(line: Line) => void} leave
 * @property {(line: Line) => boolean} isCurrent
 * @property {{clear: {probability: number}, strict: {probability: number}}} edges
 */

/** @param {Doing} doing @returns {import("./table.js").Column<Line>[]} */
export function columns(doing) {
  return [
    { name: "picture", title: h("span", { class: "unseen" }, "Picture"), cell: (line) => doing.picture(line) },
    { name: "name", title: "Name", cell: (line) => naming(line, doing), order: ORDERS.name },
    { name: "answer", title: "Answer", cell: ({ row }) => row?.answer && chip(row.answer), order: ORDERS.answer },
    { name: "score", title: "Probability", cell: ({ row }) => (row?.answer ? score(row.probability) : null), order: ORDERS.score },
    { name: "range", title: "Range", cell: ({ row }) => row && row.probability !== null && range(row.probability, row.range, doing.edges), order: ORDERS.range },
    { name: "marks", title: "What the file says", cell: ({ row }) => (row?.answer ? marks(row.marks) : null), order: ORDERS.marks },
    { name: "status", title: "Status", cell: (line) => status(line, doing), order: ORDERS.status },
    { name: "decision", title: "Decision", cell: decision, order: ORDERS.decision },
  ];
}

/** The name opens the picture; only the current one is a stop on the way of the Tab key. @param {Line} line @param {Doing} doing */
function naming(line, { open, isCurrent }) {
  const name = plainName(line.name);
  if (!line.row) return h("span", { class: "its-name" }, name);
  const { id } = line.row;
  const [folder, file] = name.includes("/") ? [name.slice(0, name.lastIndexOf("/") + 1), name.slice(name.lastIndexOf("/") + 1)] : ["", name];
  const text = [folder && h("span", { class: "its-folder" }, folder), file];
  return h("a", { class: "its-name", id: `line-${line.key}`, href: address({ item: id }), tabindex: isCurrent(line) ? 0 : -1, onclick: (event) => open(event, line) }, text);
}

/**
 * The score on a line from 0 to 1 with the two thresholds; the range below it where the picture was looked at again.
 * @param {number} value
 * @param {[number, number] | null} span
 * @param {Doing["edges"]} edges
 */
export function range(value, span, { clear, strict }) {
  const at = (/** @type {number} */ x) => `${(x * 100).toFixed(1)}%`;
  const upright = (/** @type {string} */ name, /** @type {number} */ x, /** @type {number} */ top, /** @type {number} */ foot) =>
    s("line", { class: name, x1: at(x), x2: at(x), y1: top, y2: foot });
  const drawing = s(
    "svg",
    { class: "strip", width: "100%", height: 14, "aria-hidden": "true" },
    s("rect", { class: "between", x: at(clear.probability), width: at(strict.probability - clear.probability), y: 5, height: 4 }),
    s("line", { class: "base", x1: 0, x2: "100%", y1: 7, y2: 7 }),
    [clear, strict].map(({ probability }) => upright("tick", probability, 2, 12)),
    span && s("rect", { class: "span", x: at(span[0]), width: at(Math.max(0.01, span[1] - span[0])), y: 10, height: 4 }),
    upright("needle", value, 0, 14),
  );
  return [drawing, span && h("span", { class: "note" }, `${two(span[0])} to ${two(span[1])}`)];
}

/** @param {import("./batch_feed.js").Mark[]} found */
function marks(found) {
  if (!found.length) return h("span", { class: "quiet" }, "nothing found");
  const [first, ...others] = [...found].sort((a, b) => weight(a) - weight(b));
  if (!first) return null;
  const told = first.state === "unreadable" ? words.state.unreadable : words.claim[first.claim] || words.state.found;
  return [h("span", {}, `${words.source[first.source] ?? first.source}: ${told}`), others.length > 0 && h("span", { class: "note" }, `and ${others.length} more`)];
}

/** What declares AI comes first. @param {import("./batch_feed.js").Mark} mark */
const weight = ({ claim }) => ["wholly_ai", "partly_ai", "capture", "human_edit"].indexOf(claim) + 10 * Number(claim === "not_stated");

/** @param {Line} line @param {Doing} doing @returns {Child} */
function status(line, { retry, leave }) {
  const { row, entry, twin } = line;
  if (entry?.state === "refused") {
    const told = [h("b", {}, entry.why?.title ?? "Not sent"), h("span", { class: "note" }, entry.why?.detail ?? "")];
    return [told, buttons(line, [["again", "Send again", retry], ["leave", "Leave out", leave]])];
  }
  if (entry?.state === "sending") {
    return h("span", { class: "sending" }, h("progress", { max: 1, value: entry.part, "aria-label": `Sending ${plainName(line.name)}` }), ` ${Math.round(entry.part * 100)} %`);
  }
  if (!row) return h("span", { class: "quiet" }, entry?.state === "sent" ? "sent" : "waits to be sent");
  if (row.error) return [h("b", {}, row.error.title), h("span", { class: "note" }, `${row.error.detail} ${row.error.advice}`), row.retryable && buttons(line, [["again", "Try again", retry]])];
  if (twin) return h("span", {}, "same file as ", h("i", {}, plainName(twin.name)));
  return h("span", { class: "quiet" }, row.seen_before ? "answered before" : words.item_state[row.state]);
}

/** @param {Line} line @param {[string, string, (line: Line) => void][]} list */
function buttons(line, list) {
  return h("span", { class: "doing" }, list.map(([name, title, act]) => h("button", { type: "button", class: "small", id: `${name}-${line.key}`, "aria-label": `${title}: ${plainName(line.name)}`, onclick: () => act(line) }, title)));
}

/** @param {Line} line @returns {Child} */
function decision({ words: said }) {
  if (!said) return null;
  const others = said.others.map(({ reviewer, decision: choice }) => `${reviewer}: ${words.decision[choice]}`).join(", ");
  return [
    said.mine && h("b", { class: said.mine === "skip" ? "quiet" : null }, words.decision[said.mine]),
    others && h("span", { class: "note" }, others),
    said.hidden > 0 && h("span", { class: "note" }, `${counted(said.hidden, "decision")} of others, hidden`),
    said.split && h("span", { class: "split" }, "disagree"),
  ];
}
