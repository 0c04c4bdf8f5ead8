// What its reader knows about a picture: label, how they know, a note, and two consents that stand apart.

import { ask, send } from "./api.js";
import { h } from "./dom.js";
import { keepIt } from "./saving.js";
import { attend } from "./trouble.js";
import { asForm } from "./verdicts.js";
import { words } from "./words.js";

/** @typedef {import("./checks.js").Check} Check */

/**
 * @param {Check} check
 * @param {import("./actions.js").Attempt} attempt
 * @param {() => void} changed
 */
export function feedbackPanel(check, attempt, changed) {
  return check.said ? thanks(check, attempt, changed) : form(check, attempt, changed);
}

/** @param {Check} check @param {import("./actions.js").Attempt} attempt @param {() => void} changed */
function form(check, attempt, changed) {
  const labels = Object.entries(words.said_label).map(([value, told]) =>
    h("label", { class: "tick" }, h("input", { type: "radio", name: "label", value, required: true, id: `said-${value}` }), `It was ${told}`.replace("It was AI was", "AI was")),
  );
  const basis = h("select", { id: "basis", name: "basis", required: true }, h("option", { value: "" }, "…"), Object.entries(words.basis_own).map(([value, told]) => h("option", { value }, told)));
  const filled = /** @type {HTMLFormElement} */ (
    h(
      "form",
      { class: "form" },
      h("fieldset", { class: "choices" }, h("legend", {}, "What is it, as far as you know?"), labels),
      h("div", { class: "field" }, h("label", { for: "basis" }, "How do you know?"), basis),
      h("div", { class: "field" }, h("label", { for: "feedback-note" }, "A note for the reviewer"), h("input", { id: "feedback-note", name: "note", maxlength: 2000, autocomplete: "off" })),
      (check.file || check.saved?.pictureDays) && tick("consent_store_image", "Reviewers may keep and see the picture"),
      tick("consent_training", "A future model may be trained with it"),
      h("p", { class: "fine" }, "It waits for a reviewer and trains nothing by itself.", !check.saved && " Feedback belongs to a saved result, so this saves the answer too."),
      h("div", { class: "buttons" }, h("button", { id: "send-feedback", class: "strong" }, "Send")),
    )
  );
  filled.addEventListener("submit", (event) => {
    event.preventDefault();
    attend(attempt(async () => {
      await give(check, new FormData(filled));
      changed();
      return "Thank you. It waits for a reviewer.";
    }));
  });
  return filled;
}

/** @param {string} name @param {string} text */
function tick(name, text) {
  return h("label", { class: "tick" }, h("input", { type: "checkbox", name, value: "true", id: name }), text);
}

/** @param {Check} check @param {FormData} said */
async function give(check, said) {
  const { id } = check.saved ?? (await keepIt(check, "verdict"));
  const path = `/v1/verdicts/${id}/feedback`;
  if (!said.get("note")) said.delete("note");
  if (said.get("consent_store_image") && check.file) {
    const body = asForm(check.file);
    for (const [name, value] of said) body.append(name, value);
    await ask(path, { method: "POST", body }, check.file);
  } else await send("POST", path, Object.fromEntries([...said].map(([name, value]) => [name, value === "true" || value])));
  check.said = true;
}

/** @param {Check} check @param {import("./actions.js").Attempt} attempt @param {() => void} changed */
function thanks(check, attempt, changed) {
  const undo = () =>
    attempt(async () => {
      await send("DELETE", `/v1/verdicts/${check.saved?.id}/feedback`);
      check.said = false;
      changed();
      return "Your feedback is taken back.";
    });
  return h(
    "div",
    { class: "form" },
    h("p", {}, "You gave feedback on this result. A reviewer looks at it before it counts."),
    h("div", { class: "buttons" }, h("button", { id: "undo", type: "button", onclick: () => attend(undo()) }, "Take it back")),
  );
}
