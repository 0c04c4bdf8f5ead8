// Keep a result on the server, with the picture only where its reader ticks that too; and delete it again.

import { askJson, send } from "./api.js";
import { confirmed } from "./dialog.js";
import { h } from "./dom.js";
import { attend } from "./trouble.js";
import { askVerdict } from "./verdicts.js";

/** @typedef {import("./checks.js").Check} Check */
/** @typedef {import("./types.js").Verdict} Verdict */

/**
 * @param {Check} check
 * @param {import("./actions.js").Attempt} attempt
 * @param {() => void} changed
 * @param {() => void} drop
 */
export function savePanel(check, attempt, changed, drop) {
  return check.saved ? kept(check, attempt, changed, drop) : offer(check, attempt, changed);
}

/** @param {Check} check @param {import("./actions.js").Attempt} attempt @param {() => void} changed */
function offer(check, attempt, changed) {
  const picture = /** @type {HTMLInputElement} */ (h("input", { id: "keep-picture", type: "checkbox" }));
  const later = h("p", { class: "coming", role: "status", hidden: true }, "It is saved as soon as its range is measured …");
  const act = () =>
    attempt(async () => {
      later.hidden = check.state !== "explaining";
      await keepIt(check, picture.checked ? "picture" : "verdict");
      changed();
      return "Saved.";
    });
  return h(
    "div",
    { class: "form" },
    h("p", {}, "The answer, the evidence and a fingerprint of the file go to your history on this server."),
    h("label", { class: "tick" }, picture, "Keep the picture too"),
    h("div", { class: "buttons" }, h("button", { id: "keep-it", type: "button", class: "strong", onclick: () => attend(act()) }, "Save it")),
    later,
  );
}

/** @param {Check} check @param {import("./actions.js").Attempt} attempt @param {() => void} changed @param {() => void} drop */
function kept(check, attempt, changed, drop) {
  const { saved } = check;
  if (!saved) throw new Error("only what is saved is shown as such");
  const anew = () =>
    attempt(async () => {
      await keepIt(check, saved.pictureDays === null ? "verdict" : "picture", true);
      changed();
      return "Examined anew, and saved.";
    });
  const remove = () =>
    attempt(async () => {
      if (!(await confirmed({ title: "Delete this result?", text: "With its note, links, feedback and kept picture. This cannot be undone.", action: "Delete it" }))) return "";
      await send("DELETE", `/v1/verdicts/${saved.id}`);
      drop();
      return "Deleted.";
    });
  const picture = saved.pictureDays === null ? "the picture was not kept" : `its picture for ${saved.pictureDays}`;
  return h(
    "div",
    { class: "form" },
    h("p", {}, `It stays for ${saved.days} days; ${picture}.`),
    saved.again && h("p", {}, "You saved the same file before: that answer was given again."),
    h(
      "div",
      { class: "buttons" },
      h("a", { class: "button", id: "open-saved", href: `/p/${saved.id}` }, "Open it: note, links, decisions"),
      saved.again && h("button", { id: "anew", type: "button", onclick: () => attend(anew()) }, "Examine it anew"),
      h("button", { id: "delete", type: "button", onclick: () => attend(remove()) }, "Delete"),
    ),
  );
}

/**
 * Keep it, and note under which id; the verdict that is kept has the answer that is shown, and the range that is still
 * being measured is waited for.
 * @param {Check} check
 * @param {"verdict" | "picture"} save
 * @param {boolean} [anew]
 */
export async function keepIt(check, save, anew = false) {
  if (!check.file) throw new Error("what has no file here is saved already");
  await check.ranged();
  const stability = Boolean(check.verdict?.stability);
  const verdict = await askVerdict(check.file, { stability, save, anew });
  const facts = await askJson(`/v1/verdicts/${verdict.id}/kept`);
  check.verdict = verdict;
  check.saved = {
    id: verdict.id,
    days: facts.days_left,
    pictureDays: facts.picture?.days_left ?? null,
    again: verdict.warnings.some(({ code }) => code === "seen_before"),
  };
  return check.saved;
}
