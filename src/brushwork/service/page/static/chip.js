// Small pieces that several screens show: an answer in its words, a moment, a fact that is counted down.

import { h, icon } from "./dom.js";
import { words } from "./words.js";

/** An answer: its drawing and its words. @param {string} answer */
export function chip(answer) {
  return h("span", { class: "chip" }, icon(answer, "sign"), h("span", {}, words.answer[answer] ?? answer));
}

const MOMENT = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });

/** A moment as people write it, in the reader's own time. @param {string} iso */
export function moment(iso) {
  return h("time", { datetime: iso }, MOMENT.format(new Date(iso)));
}

/** @param {number} days */
export const daysLeft = (days) => (days === 0 ? "today" : days === 1 ? "1 day" : `${days} days`);
