// One file to keep or to send on: signed by this service, with the answer, the evidence and how to check it again.

import { h } from "./dom.js";
import { save, stem } from "./download.js";
import { attend } from "./trouble.js";
import { askKept, askReport } from "./verdicts.js";

/** @typedef {import("./checks.js").Check} Check */

const FORMS = /** @type {const} */ ([
  ["html", "HTML", "opens offline"],
  ["pdf", "PDF", "to print"],
  ["json", "JSON", "for programs"],
]);

/**
 * @param {Check} check
 * @param {import("./actions.js").Attempt} attempt
 */
export function casePanel(check, attempt) {
  const note = /** @type {HTMLInputElement} */ (h("input", { id: "case-note", maxlength: 2000, autocomplete: "off" }));
  const pdf = document.querySelector("[data-pdf=true]") !== null;
  const buttons = FORMS.filter(([form]) => form !== "pdf" || pdf).map(([form, name, told]) => {
    const get = () => attempt(() => made(check, form, note.value.trim()));
    return h("button", { type: "button", id: `case-${form}`, onclick: () => attend(get()) }, `${name}, ${told}`);
  });
  return h(
    "div",
    { class: "form" },
    h("p", {}, "The answer, the evidence and the picture in one file, signed with the key of this service. Anyone with Brushwork can check that nothing in it was changed."),
    check.file && h("div", { class: "field" }, h("label", { for: "case-note" }, "A note in it, if you like"), note),
    h("div", { class: "buttons" }, buttons),
    !pdf && h("p", { class: "fine" }, "PDF is not installed on this server; the HTML file prints well."),
  );
}

/**
 * @param {Check} check
 * @param {typeof FORMS[number][0]} form
 * @param {string} note
 */
async function made({ file, name, saved, verdict }, form, note) {
  const called = `${stem(name)}-case.${form}`;
  if (file) save(await askReport(file, { form, note, stability: Boolean(verdict?.stability) }), called);
  else if (saved) save(await askKept(saved.id, `report.${form}`), called);
  return `The case file is saved as ${called}.`;
}
