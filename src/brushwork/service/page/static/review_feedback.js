// One feedback, with what a reviewer needs to judge it, and the two things that they can do with it.

import { send } from "./api.js";
import { chip, moment } from "./chip.js";
import { h } from "./dom.js";
import { attend, trouble } from "./trouble.js";
import { words } from "./words.js";

/**
 * @typedef {object} Feedback
 * @property {string} id
 * @property {string} verdict_id
 * @property {string} created_at
 * @property {string} sha256
 * @property {string} answer
 * @property {string} label
 * @property {string} basis
 * @property {string | null} note
 * @property {boolean | null} agrees null where the answer was that one cannot tell
 * @property {boolean} consent_store_image
 * @property {boolean} consent_training
 * @property {"new" | "accepted" | "rejected"} state
 * @property {string | null} reviewed_at
 * @property {string | null} review_note
 */

/** @param {Feedback} feedback @returns {HTMLElement} */
export function feedbackCard(feedback) {
  const card = h("article", { class: "card", "aria-label": `Feedback of ${feedback.created_at.slice(0, 10)}` });
  fill(card, feedback);
  return card;
}

/** @param {HTMLElement} card @param {Feedback} feedback */
function fill(card, feedback) {
  const rows = [
    [h("dt", {}, "The answer was"), h("dd", {}, h("a", { href: `/p/${feedback.verdict_id}` }, chip(feedback.answer)))],
    [h("dt", {}, "They know because"), h("dd", {}, words.basis[feedback.basis] ?? feedback.basis)],
    feedback.note && [h("dt", {}, "They say"), h("dd", { class: "quote" }, feedback.note)],
    [h("dt", {}, "They allow"), h("dd", {}, allowed(feedback))],
    [h("dt", {}, "File"), h("dd", {}, h("code", {}, `${feedback.sha256.slice(0, 16)}…`))],
  ];
  const said = words.said_label[feedback.label] ?? feedback.label;
  card.replaceChildren(
    h("header", {}, h("h2", {}, `“${said[0]?.toUpperCase()}${said.slice(1)}”`), h("span", { class: "tag" }, agreement(feedback)), moment(feedback.created_at)),
    h("dl", { class: "facts" }, rows),
    feedback.state === "new" ? judging(card, feedback) : judged(card, feedback),
  );
}

/** @param {Feedback} feedback */
function agreement({ agrees }) {
  return agrees === null ? "the answer was open" : agrees ? "agrees with the answer" : "against the answer";
}

/** @param {Feedback} feedback */
function allowed({ consent_store_image: kept, consent_training: trained }) {
  return [kept ? "keeping the picture" : "no picture to be kept", trained ? "training with it" : "no training"].join(", ");
}

/** @param {HTMLElement} card @param {Feedback} feedback */
function judged(card, feedback) {
  const again = h("button", { type: "button", class: "small", onclick: () => fill(card, { ...feedback, state: "new" }) }, "Decide again");
  const when = feedback.reviewed_at && [" ", moment(feedback.reviewed_at)];
  return h("footer", {}, h("p", {}, h("b", {}, words.feedback_state[feedback.state]), when, feedback.review_note && `: ${feedback.review_note}`), again);
}

/** @param {HTMLElement} card @param {Feedback} feedback */
function judging(card, feedback) {
  const id = `note-${feedback.id}`;
  const note = /** @type {HTMLInputElement} */ (h("input", { id, maxlength: 2000, autocomplete: "off" }));
  const decide = async (/** @type {"accept" | "reject"} */ decision) => {
    try {
      fill(card, await send("POST", `/v1/feedback/${feedback.id}/decision`, { decision, note: note.value.trim() || null }));
      card.setAttribute("tabindex", "-1");
      card.focus({ preventScroll: true });
    } catch (error) {
      trouble(error, { retry: () => attend(decide(decision)) });
    }
  };
  return h(
    "footer",
    {},
    h("div", { class: "field" }, h("label", { for: id }, "Why (kept with the decision)"), note),
    h(
      "div",
      { class: "buttons" },
      h("button", { type: "button", class: "strong", onclick: () => attend(decide("accept")) }, "Accept"),
      h("button", { type: "button", onclick: () => attend(decide("reject")) }, "Reject"),
    ),
  );
}
