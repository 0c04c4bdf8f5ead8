// The decisions on one saved result: what others decided, in the order in which they did, and one's own.

import { askJson, send } from "./api.js";
import { byId, h, refill } from "./dom.js";
import { rememberReviewer, reviewerName } from "./reviewer.js";
import { decided } from "./review_rows.js";
import { attend, trouble } from "./trouble.js";
import { words } from "./words.js";

/**
 * @typedef {object} Decision
 * @property {string} id
 * @property {"verdict" | "item"} subject
 * @property {string} subject_id
 * @property {string} reviewer a name, or the id of the key where nobody gave one
 * @property {string} decision
 * @property {string | null} note
 * @property {string} created_at
 */

/** Draw them into #decisions-list. @param {string} id of the verdict */
export async function decisions(id) {
  const name = reviewerName();
  try {
    const found = await askJson(`/v1/verdicts/${id}/decisions?${new URLSearchParams({ reviewer: name })}`);
    refill(byId("decisions-list"), list(found.decisions, found.hidden), form(id, name, found.decisions.some((/** @type {Decision} */ one) => one.reviewer === name)));
  } catch (error) {
    trouble(error, { retry: () => attend(decisions(id)) });
  }
}

/** @param {Decision[]} made @param {number} hidden */
function list(made, hidden) {
  return [
    made.length > 0 && h("ol", { class: "record" }, made.map((one) => h("li", {}, decided(one)))),
    made.length === 0 && hidden === 0 && h("p", { class: "fine" }, "Nobody decided yet."),
    hidden > 0 && h("p", { class: "fine" }, `${hidden} more ${hidden === 1 ? "is" : "are"} shown once you decided: the review is blind.`),
  ];
}

/** @param {string} id @param {string} name @param {boolean} mine something was decided under this name, which can be taken back */
function form(id, name, mine) {
  const who = /** @type {HTMLInputElement} */ (h("input", { id: "reviewer", maxlength: 80, value: name, autocomplete: "off" }));
  const why = /** @type {HTMLInputElement} */ (h("input", { id: "why", maxlength: 2000, autocomplete: "off" }));
  const decide = async (/** @type {string} */ decision) => {
    rememberReviewer(who.value.trim());
    try {
      await send("POST", `/v1/verdicts/${id}/decisions`, { decision, note: why.value.trim() || null, reviewer: who.value.trim() });
      await decisions(id);
    } catch (error) {
      trouble(error, { retry: () => attend(decide(decision)) });
    }
  };
  const choices = Object.entries(words.decision).filter(([value]) => value !== "take_back" || mine);
  const buttons = choices.map(([value, title]) => h("button", { type: "button", id: `decide-${value}`, onclick: () => attend(decide(value)) }, title));
  return h(
    "div",
    { class: "deciding" },
    h("div", { class: "field" }, h("label", { for: "reviewer" }, "Your name in the record"), who),
    h("div", { class: "field" }, h("label", { for: "why" }, "Why"), why),
    h("div", { class: "buttons" }, buttons),
  );
}
