// Small pieces that several screens show: an answer in its words, a moment, a fact that is counted down.

import { h, icon } from "./dom.js";
import { two, words } from "./words.js";

/** An answer: its drawing and its words. @param {string} answer */
export function chip(answer) {
  return h("span", { class: "chip" }, icon(answer, "sign"), h("span", {}, words.answer[answer] ?? answer));
}

/** A score, or a dash where it would mean nothing. @param {number | null} value @returns {import("./dom.js").Child} */
export function score(value) {
  return value === null ? [h("span", { "aria-hidden": "true" }, "–"), h("span", { class: "unseen" }, "none: unlike what was measured")] : two(value);
}

/** The score that is shown of a verdict: none where there are no such human works. @param {import("./types.js").Verdict} verdict */
export const scoreOf = ({ reference, probability }) => score(reference && probability);

const MOMENT = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });

/** A moment as people write it, in the reader's own time. @param {string} iso */
export function moment(iso) {
  return h("time", { datetime: iso }, MOMENT.format(new Date(iso)));
}

/** @param {number} days */
export const daysLeft = (days) => (days === 0 ? "today" : days === 1 ? "1 day" : `${days} days`);
