// One's batches, the newest first.

import { askJson, send, Stopped } from "./api.js";
import { stateOf, titleOf } from "./batch_title.js";
import { moment } from "./chip.js";
import { confirmed } from "./dialog.js";
import { byId, h, renew } from "./dom.js";
import { address, go, query, visit } from "./query.js";
import { Table } from "./table.js";
import { attend, calm, trouble } from "./trouble.js";
import { counted, words } from "./words.js";

/** @typedef {import("./batch_feed.js").Facts} Facts */

const LIMIT = 50;
const AGAIN = 3000;
let look = 0;
/** @type {number | undefined} */
let next;
/** @type {ChildNode | null} what this list said is wrong; its own as long as nothing else was said in that place */
let said = null;
/** @type {Map<string, string>} each batch as it was drawn, by its id */
const drawn = new Map();

const table = new Table({
  label: "Your batches",
  className: "batch-list",
  keyOf: (/** @type {Facts} */ { id }) => id,
  columns: [
    { name: "name", title: "Name", cell: naming },
    { name: "state", title: "State", cell: stateOf },
    { name: "pictures", title: "Pictures", cell: ({ items }) => items },
    { name: "answers", title: "Answers", cell: answers },
    { name: "made", title: "Made", cell: ({ created_at: at }) => moment(at) },
    { name: "delete", title: h("span", { class: "unseen" }, "Delete"), cell: deleting },
  ],
});

/** @param {Facts} facts */
function naming(facts) {
  const href = `/batch/${facts.id}`;
  const onclick = (/** @type {Event} */ event) => {
    event.preventDefault();
    visit(href);
  };
  return h("a", { href, class: "its-name", id: `open-${facts.id}`, onclick }, titleOf(facts));
}

/** The answers that ask for a look come first. @param {Facts} facts */
function answers({ answers: found, counts }) {
  const told = Object.keys(words.answer).filter((answer) => found[answer]).map((answer) => `${found[answer]} ${words.answer[answer]}`);
  if (counts.failed) told.push(`${counts.failed} failed`);
  return told.length ? h("span", { class: "note" }, told.join(" · ")) : null;
}

/** @param {Facts} facts */
function deleting(facts) {
  return h("button", { type: "button", class: "small", id: `delete-${facts.id}`, "aria-label": `Delete ${titleOf(facts)}`, onclick: () => attend(remove(facts)) }, "Delete");
}

/** Show the list, and keep it as it is on the server. */
export async function list() {
  const mine = ++look;
  window.clearTimeout(next); // one clock, whoever asked
  const { after } = query();
  try {
    const page = /** @type {{batches: Facts[], after: string | null}} */ (await askJson(`/v1/batches?${new URLSearchParams({ limit: String(LIMIT), ...(after && { after }) })}`));
    if (mine !== look) return;
    draw(page.batches, page.after);
    if (page.batches.some(({ state }) => !["done", "cancelled"].includes(state))) again();
  } catch (error) {
    if (mine === look && !(error instanceof Stopped)) troubled(error);
  }
}

function again() {
  next = window.setTimeout(() => attend(list()), AGAIN);
}

const isMine = () => said !== null && said === byId("alert").firstChild;

/** Say it, but where something else is said already, which nobody may have read yet. @param {unknown} error */
function troubled(error) {
  if (byId("alert").firstChild && !isMine()) return again();
  trouble(error, { retry: () => attend(list()) });
  said = byId("alert").firstChild;
}

/** Another screen is shown. */
export function leaveList() {
  look += 1;
  window.clearTimeout(next);
  renew(byId("batches"), "", () => null);
}

/** What did not change stays as it is, with the focus and the press that may be on it. @param {Facts[]} batches @param {string | null} after */
function draw(batches, after) {
  if (isMine()) calm();
  table.show(batches);
  for (const one of batches) redraw(one);
  renew(byId("batches"), batches.length ? `${window.location.search} ${after}` : "", () => batches.length > 0 && screen(after));
}

/** @param {Facts} one */
function redraw(one) {
  const facts = JSON.stringify(one);
  if (drawn.get(one.id) !== facts) table.changed(one);
  drawn.set(one.id, facts);
}

/** @param {string | null} after */
function screen(after) {
  const older = after && h("a", { class: "button", id: "older", href: address({ after }), onclick: (event) => (event.preventDefault(), go({ after })) }, "Older");
  return [h("h2", {}, "Your batches"), table.element, older && h("nav", { class: "pages", "aria-label": "Pages" }, older)];
}

/** @param {Facts} facts */
async function remove(facts) {
  const text = `${counted(facts.items, "picture")} with their results and decisions. This cannot be undone.`;
  if (!(await confirmed({ title: `Delete “${titleOf(facts)}”?`, text, action: "Delete the batch" }))) return;
  try {
    await send("DELETE", `/v1/batches/${facts.id}?purge=true`);
    await list();
    byId("progress").textContent = "The batch was deleted.";
  } catch (error) {
    trouble(error, { retry: () => attend(remove(facts)) });
  }
}
