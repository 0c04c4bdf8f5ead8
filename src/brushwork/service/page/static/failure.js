// A check without an answer: what went wrong with which file, why, and what to try. What was given in is kept.

import { byId, h, refill } from "./dom.js";
import { calm, refused, signIn } from "./trouble.js";

/** @typedef {import("./checks.js").Check} Check */

const AGAIN = { away: "as soon as the server is back", busy: "in ", error: "" };

/** What the alert says now; it is only written where it says another thing, so that it is read aloud once. */
let said = "";

/** Another thing is shown: whatever was said is over. */
export function fine() {
  said = "";
  calm();
}

/** Nothing is wrong any more with what is shown; what else was said stays. */
export function settled() {
  if (said) fine();
}

/**
 * @param {Check} check with a failure
 * @param {{again: () => void, forget: () => void}} acts
 */
export function failure(check, { again, forget }) {
  const { failure: found } = check;
  if (!found) return;
  const says = [check.key, check.tries, found.state, found.title].join("\n");
  if (says !== said) {
    refused(found.title, found.detail, check.file ? check.name : (check.address ?? check.name), found.id);
    said = says;
    refill(byId("after-alert"), buttons(check, again, forget));
  }
  const timer = document.querySelector("#after-alert [role=timer]");
  if (timer) timer.textContent = `${found.seconds} s`;
}

/** @param {Check} check @param {() => void} again @param {() => void} forget */
function buttons({ file, failure: found }, again, forget) {
  if (!found) return null;
  const kept = file ? "The file is still here" : "The address is still here";
  const state = found.state;
  const when = state === "error" ? ". " : ` and is sent again ${AGAIN[state]}`;
  return [
    h("p", {}, kept, when, state === "busy" && h("span", { role: "timer" }), state !== "error" && ". "),
    h(
      "div",
      { class: "buttons" },
      found.locked && h("span", { class: "button-like" }, signIn()),
      h("button", { id: "retry", type: "button", class: "strong", onclick: again }, state === "error" ? "Try again" : "Try it now"),
      h("button", { id: "forget", type: "button", onclick: forget }, "Leave it"),
    ),
  ];
}
