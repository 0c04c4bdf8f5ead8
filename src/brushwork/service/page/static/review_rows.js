// The other rows of the review: a picture put up for it, a disagreement, a line of the record.

import { chip, moment, scoreOf } from "./chip.js";
import { h } from "./dom.js";
import { plainName, words } from "./words.js";

/** @typedef {import("./types.js").Verdict} Verdict */
/** @typedef {import("./decisions.js").Decision} Decision */

/** @param {Verdict} verdict @returns {HTMLElement} */
export function waiting(verdict) {
  return h(
    "article",
    { class: "card" },
    h("header", {}, h("h2", {}, h("a", { href: `/p/${verdict.id}#decisions` }, chip(verdict.answer))), moment(verdict.created_at)),
    h("p", {}, verdict.external_id || `result ${verdict.id.slice(0, 8)}`, h("span", { class: "note" }, "score ", scoreOf(verdict))),
  );
}

/** @param {{subject_id: string, batch_id: string | null, name: string | null, decisions: Decision[]}} row @returns {HTMLElement} */
export function disagreement({ subject_id: id, batch_id: batch, name, decisions }) {
  const href = batch ? `/batch/${batch}?item=${id}` : `/p/${id}#decisions`;
  const title = name ? plainName(name) : `Result ${id.slice(0, 8)}`;
  return h(
    "article",
    { class: "card" },
    h("header", {}, h("h2", {}, h("a", { href }, title)), batch && h("span", { class: "note" }, "of a batch")),
    h("ul", { class: "sides" }, decisions.map((one) => h("li", {}, decided(one)))),
  );
}

/** One decision as it was made. @param {Decision} decision */
export function decided({ reviewer, decision, note, created_at: at }) {
  return [
    h("b", {}, words.decision[decision] ?? decision),
    h("span", { class: "note" }, reviewer, ", ", moment(at)),
    note && h("p", { class: "quote" }, note),
  ];
}

/** @param {{at: string, who: string, what: string, target: string}} line @returns {HTMLElement} */
export function act({ at, who, what, target }) {
  return h("div", { class: "act" }, moment(at), h("b", {}, what), h("code", {}, target), h("span", { class: "note" }, `by ${who}`));
}
