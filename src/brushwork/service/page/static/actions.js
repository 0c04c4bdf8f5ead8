// What can be done with a verdict. Each act that needs a word more opens a panel below the row; one is open at a time.

import { account, attend } from "./trouble.js";
import { casePanel } from "./casefile.js";
import { copy } from "./clipboard.js";
import { h, refill } from "./dom.js";
import { save, stem } from "./download.js";
import { feedbackPanel } from "./feedback.js";
import { savePanel } from "./saving.js";
import { shares } from "./source.js";
import { askAnnotated, askKept } from "./verdicts.js";
import { words } from "./words.js";

/** @typedef {import("./checks.js").Check} Check */
/** @typedef {import("./types.js").Verdict} Verdict */
/** @typedef {(text: string) => void} Say */
/** @typedef {(act: () => Promise<string>) => Promise<void>} Attempt do it, and say what came of it */

/**
 * @param {Check} check
 * @param {import("./result.js").Acts} acts
 */
export function actions(check, acts) {
  const said = h("p", { class: "said", role: "status" });
  const say = (/** @type {string} */ text) => (said.textContent = text);
  const attempt = attempting(say);
  const panel = h("div", { class: "panel", id: "panel", hidden: true });
  const update = () => void (keep.textContent = check.saved ? "Saved" : "Save");
  const now = () => {
    acts.changed();
    update();
    const open = row.querySelector("[aria-expanded=true]");
    if (open) refill(panel, panels[open.id]?.());
  };
  const keep = opener("save", "Save");
  const opens = check.mine && (check.file || check.saved);
  /** @type {Record<string, () => HTMLElement>} */
  const panels = {
    case: () => casePanel(check, attempt),
    save: () => savePanel(check, attempt, now, acts.drop),
    feedback: () => feedbackPanel(check, attempt, now),
  };
  const row = h(
    "div",
    { class: "buttons" },
    h("button", { id: "copy", type: "button", onclick: () => attend(copy(asText(verdictOf(check), check.name), said)) }, "Copy text"),
    check.url && h("button", { id: "annotated", type: "button", onclick: () => attend(attempt(() => annotated(check, say))) }, "Annotated PNG"),
    [(check.file || check.saved) && opener("case", "Case file"), check.file && keep, opens && opener("feedback", "Was this right?")],
    check.file && h("button", { id: "drop", type: "button", onclick: acts.drop }, "Forget"),
  );
  row.addEventListener("click", (event) => {
    const button = event.target;
    if (button instanceof HTMLElement && button.ariaExpanded) toggle(button, row, panel, panels[button.id]);
  });
  return { element: h("div", { class: "actions" }, row, panel, said), update };
}

/** @param {string} id @param {string} text */
function opener(id, text) {
  return h("button", { id, type: "button", "aria-expanded": "false", "aria-controls": "panel" }, text);
}

/**
 * @param {HTMLElement} button
 * @param {HTMLElement} row
 * @param {HTMLElement} panel
 * @param {(() => HTMLElement) | undefined} make
 */
function toggle(button, row, panel, make) {
  const opens = button.ariaExpanded !== "true";
  for (const other of row.querySelectorAll("[aria-expanded]")) other.setAttribute("aria-expanded", String(opens && other === button));
  panel.hidden = !opens;
  refill(panel, opens && make?.());
}

/** @param {Say} say @returns {Attempt} */
export function attempting(say) {
  return async (act) => {
    try {
      say(await act());
    } catch (error) {
      const { title, detail, id } = account(error);
      say(`${title}. ${detail}${id ? ` (request ${id})` : ""}`);
    }
  };
}

/** @param {Check} check @returns {Verdict} */
function verdictOf({ verdict }) {
  if (!verdict) throw new Error("actions are offered on an answer");
  return verdict;
}

/**
 * The verdict as plain text, to paste into a mail.
 * @param {Verdict} verdict
 * @param {string} name
 */
export function asText(verdict, name) {
  const { wording, input, model } = verdict;
  const found = verdict.evidence.filter((e) => e.kind === "provenance" && e.state !== "absent");
  return [
    `${name}: ${wording.answer}`,
    wording.why,
    wording.error_rate,
    ...wording.advice,
    "",
    ...(found.length ? found.map((e) => `${words.source[e.source] ?? e.source} (${words.state[e.state]}): ${e.summary}`) : []),
    ...(verdict.attribution ? [`Likely source, by the pixels: ${shares(verdict.attribution)}.`] : []),
    ...verdict.warnings.map((w) => w.detail),
    "",
    input.sha256 ? `SHA-256 of the file ${input.sha256}` : "",
    model ? `Brushwork, model ${model.name} ${model.version}, ${verdict.created_at.slice(0, 16).replace("T", " ")} UTC` : "",
  ].join("\n").replace(/\n{3,}/g, "\n\n").trim();
}

/** @param {Check} check @param {Say} say */
async function annotated({ file, name, saved }, say) {
  say("Printing the answer under the picture …");
  const made = file ? await askAnnotated(file) : saved && (await askKept(saved.id, "annotated.png"));
  if (!made) return "The picture is not here any more.";
  save(made, `${stem(name)}-brushwork.png`);
  return "Saved as PNG.";
}
