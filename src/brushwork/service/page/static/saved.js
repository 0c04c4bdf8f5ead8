// A saved result: its note, links for others, review, deletion, decisions. The result itself was drawn by the server.

import { askJson, send } from "./api.js";
import { moment } from "./chip.js";
import { decisions } from "./decisions.js";
import { confirmed } from "./dialog.js";
import { byId, h, refill } from "./dom.js";
import "./saved_result.js";
import { attend, calm, trouble } from "./trouble.js";

/** @typedef {{id: string, created_at: string, expires_at: string}} Share */

const tools = byId("saved-tools");
const id = tools.dataset.id ?? "";
const path = `/v1/verdicts/${id}`;

/** Do it, say so, and offer to try again where it fails. @param {() => Promise<string>} act */
async function attempt(act) {
  try {
    const told = await act();
    calm();
    byId("progress").textContent = told;
  } catch (error) {
    trouble(error, { retry: () => attend(attempt(act)) });
  }
}

async function keepNote() {
  const { value } = /** @type {HTMLInputElement} */ (byId("note"));
  await send("PATCH", path, { note: value.trim() || null });
  return "The note is kept.";
}

async function turnReview() {
  const button = byId("for-review");
  const wanted = button.getAttribute("aria-pressed") !== "true";
  await send("PATCH", path, { for_review: wanted });
  button.setAttribute("aria-pressed", String(wanted));
  button.textContent = wanted ? "Take back from review" : "Put up for review";
  return wanted ? "Reviewers can see this result now." : "Reviewers do not see this result any more.";
}

async function makeLink() {
  const days = Number(/** @type {HTMLSelectElement} */ (byId("days")).value);
  const made = await send("POST", `${path}/share`, { days });
  const address = `${window.location.origin}/s/${made.token}`;
  const box = h("input", { id: "link", readonly: true, value: address, "aria-label": "The link", onfocus: (event) => /** @type {HTMLInputElement} */ (event.target).select() });
  await showLinks(h("div", { class: "link" }, h("p", {}, "Copy it now: it is shown once. Whoever has it can read this result, never the picture."), box));
  box.focus();
  return "The link is made.";
}

/** @param {HTMLElement} [fresh] */
async function showLinks(fresh) {
  const { shares } = await askJson(`${path}/shares`);
  const rows = /** @type {Share[]} */ (shares).map((share) =>
    h("li", {}, h("span", {}, "A link, good until ", moment(share.expires_at)), h("button", { type: "button", class: "small", onclick: () => attend(attempt(() => takeBack(share))) }, "Take back")),
  );
  refill(byId("links"), fresh, rows.length > 0 && h("ul", { class: "shares" }, rows));
}

/** @param {Share} share */
async function takeBack(share) {
  await send("DELETE", `${path}/shares/${share.id}`);
  await showLinks();
  return "That link is good no longer.";
}

async function remove() {
  const text = "With its note, links, feedback and kept picture. This cannot be undone.";
  if (!(await confirmed({ title: "Delete this result?", text, action: "Delete it" }))) return "";
  await send("DELETE", path);
  window.location.assign("/history");
  return "Deleted.";
}

/** @param {string} form @param {() => Promise<string>} act */
function onSubmit(form, act) {
  document.getElementById(form)?.addEventListener("submit", (event) => {
    event.preventDefault();
    attend(attempt(act));
  });
}

onSubmit("note-form", keepNote);
onSubmit("share-form", makeLink);
document.getElementById("for-review")?.addEventListener("click", () => attend(attempt(turnReview)));
document.getElementById("delete")?.addEventListener("click", () => attend(attempt(remove)));
if (document.getElementById("links")) attend(attempt(() => showLinks().then(() => "")));
attend(decisions(id));
