// What decides which pictures are shown, and who decides on them.

import { DECIDED } from "./batch_book.js";
import { KEYS } from "./batch_keys.js";
import { h, isWide } from "./dom.js";
import { go, query } from "./query.js";
import { words } from "./words.js";

/** The filters of the table; the address holds them. */
export function filters() {
  const text = /** @type {HTMLInputElement} */ (h("input", { id: "q", name: "q", type: "search", maxlength: 200, autocomplete: "off" }));
  const answer = select("answer", "every answer", Object.entries(words.answer));
  const decision = select("decision", "whatever was decided", [...Object.entries(DECIDED).map(([name, { title }]) => /** @type {[string, string]} */ ([name, title])), ...Object.entries(words.decision).filter(([name]) => name !== "take_back").map(([name, title]) => /** @type {[string, string]} */ ([name, `I decided: ${title}`]))]);
  const form = h("form", { class: "bar", role: "search", "aria-label": "Which pictures" }, field("q", "Name", text), field("answer", "Answer", answer), field("decision", "Decision", decision), h("p", { class: "push shown-count", id: "shown-count" }));
  const read = (/** @type {{instead?: boolean}} */ how) => go({ q: text.value.trim(), answer: answer.value, decision: decision.value }, how);
  text.addEventListener("input", () => read({ instead: true }));
  for (const choice of [answer, decision]) choice.addEventListener("change", () => read({}));
  form.addEventListener("submit", (event) => event.preventDefault());
  /** The fields as the address has them. */
  const sync = () => {
    const { q = "", answer: wanted = "", decision: choice = "" } = query();
    if (text.value.trim() !== q) text.value = q;
    answer.value = wanted;
    decision.value = choice;
  };
  return { form, sync, text, count: /** @type {HTMLElement} */ (form.lastElementChild) };
}

/**
 * Who decides, whether others are hidden until then, and the keys.
 * @param {import("./batch_words.js").Decisions} decisions
 * @param {boolean} always the service keeps every review blind
 * @param {() => void} onChange
 */
export function reviewer(decisions, always, onChange) {
  const name = /** @type {HTMLInputElement} */ (h("input", { id: "reviewer", maxlength: 80, value: decisions.name, autocomplete: "off", "aria-describedby": "reviewer-why" }));
  const blind = /** @type {HTMLInputElement} */ (h("input", { id: "blind", type: "checkbox", checked: decisions.blind, disabled: always }));
  const keys = /** @type {HTMLInputElement} */ (h("input", { id: "keys", type: "checkbox", checked: true }));
  const why = h("p", { class: "fine", id: "reviewer-why", role: "status" }, "It stands in the record beside each decision.");
  name.addEventListener("change", () => {
    decisions.name = name.value.trim();
    why.textContent = "It stands in the record beside each decision.";
    onChange();
  });
  blind.addEventListener("change", () => {
    decisions.blind = blind.checked;
    onChange();
  });
  const hint = always ? "A second reviewer decides blind (so this service is set)" : "A second reviewer decides blind";
  const legend = KEYS.map(([key, title]) => h("div", {}, h("dt", {}, h("kbd", {}, key)), h("dd", {}, title)));
  const within = h(
    "div",
    { class: "reviewing" },
    h("div", { class: "field" }, h("label", { for: "reviewer" }, "Who decides"), name, why),
    h("div", { class: "ticks" }, h("label", { class: "tick" }, blind, h("span", {}, hint)), h("label", { class: "tick" }, keys, h("span", {}, "Keys are on"))),
    h("dl", { class: "keys", "aria-label": "Keys" }, legend),
  );
  const element = /** @type {HTMLDetailsElement} */ (h("details", { class: "more", open: isWide() }, h("summary", {}, "Who decides, and the keys"), within));
  /** Ask for the name, where somebody decides without one. */
  const ask = () => {
    why.textContent = "Say first who decides: the record holds it.";
    element.open = true;
    name.focus();
  };
  return { element, ask, keysAreOn: () => keys.checked };
}

/** @param {string} id @param {string} every @param {[string, string][]} options */
function select(id, every, options) {
  return /** @type {HTMLSelectElement} */ (h("select", { id, name: id }, [["", every], ...options].map(([value, title]) => h("option", { value }, title))));
}

/** @param {string} id @param {string} title @param {HTMLElement} input */
const field = (id, title, input) => h("div", { class: "field" }, h("label", { for: id }, title), input);
