// One's batches, the newest first.

import { askJson, send, Stopped } from "./api.js";
import { stateOf, titleOf } from "./batch_title.js";
import { moment } from "./chip.js";
import { confirmed } from "./dialog.js";
import { byId, h, refill } from "./dom.js";
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
  return h("a", { href, class: "its-name", onclick }, titleOf(facts));
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
  const { after } = query();
  try {
    const page = /** @type {{batches: Facts[], after: string | null}} */ (await askJson(`/v1/batches?${new URLSearchParams({ limit: String(LIMIT), ...(after && { after }) })}`));
    if (mine !== look) return;
    draw(page.batches, page.after);
    if (page.batches.some(({ state }) => !["done", "cancelled"].includes(state))) next = window.setTimeout(() => attend(list()), AGAIN);
  } catch (error) {
    if (mine === look && !(error instanceof Stopped)) trouble(error, { retry: () => attend(list()) });
  }
}

/** Another screen is shown. */
export function leaveList() {
  look += 1;
  window.clearTimeout(next);
  refill(byId("batches"));
}

/** @param {Facts[]} batches @param {string | null} after */
function draw(batches, after) {
  calm();
  if (!batches.length) return refill(byId("batches"));
  table.show(batches);
  for (const one of batches) table.changed(one);
  const older = after && h("a", { class: "button", id: "older", href: address({ after }), onclick: (event) => (event.preventDefault(), go({ after })) }, "Older");
  if (!byId("batches").contains(table.element) || older) refill(byId("batches"), h("h2", {}, "Your batches"), table.element, older && h("nav", { class: "pages", "aria-label": "Pages" }, older));
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
