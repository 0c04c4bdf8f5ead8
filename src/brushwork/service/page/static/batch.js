// The screens of batches in one document, so that going from one to the other stops no upload: the list with a new
// batch, and one batch.

import { chosen, dropped } from "./batch_files.js";
import { leaveList, list } from "./batch_list.js";
import { listenToNew, show as showNew, stage } from "./batch_new.js";
import { confirmed } from "./dialog.js";
import { byId, h, refill } from "./dom.js";
import { follow, visit } from "./query.js";
import { attend, calm, refused } from "./trouble.js";
import { counted, plainName } from "./words.js";

/** @typedef {import("./batch_files.js").Found} Found */
/** @typedef {import("./batch_one.js").One} One */

const [TITLE, LEAD] = ["Batch", byId("lead").textContent];
/** @type {Map<string, One>} those that are shown or still send something */
const batches = new Map();
/** @type {One | null} */
let here = null;

async function route() {
  const id = /^\/batch\/([^/]+)$/.exec(window.location.pathname)?.[1];
  if (id && here?.id === id) return here.follow();
  leave();
  const single = id !== undefined;
  byId("intake").hidden = single;
  byId("lead").hidden = single;
  byId("crumb").hidden = !single;
  byId("title").textContent = TITLE;
  document.title = `${TITLE} · Brushwork`;
  if (!single) return showList();
  refill(byId("crumb"), h("a", { href: "/batch", id: "all-batches", onclick: toList }, "All batches"));
  here = await one(id);
  if (window.location.pathname !== `/batch/${id}`) return;
  refill(byId("batch"), here.element);
  await here.open();
}

/** @param {Event} event */
function toList(event) {
  event.preventDefault();
  visit("/batch");
}

async function showList() {
  byId("lead").textContent = LEAD;
  showNew();
  await list();
}

function leave() {
  calm();
  byId("progress").textContent = "";
  leaveList();
  refill(byId("batch"));
  here?.leave();
  if (here && !here.waiting) {
    here.stop();
    batches.delete(here.id);
  }
  here = null;
}

/** The screen of one batch; what it is made of is loaded only then. @param {string} id */
async function one(id) {
  const known = batches.get(id);
  if (known) return known;
  const { One } = await import("./batch_one.js");
  const made = batches.get(id) ?? new One(id, (files) => attend(another(files)));
  batches.set(id, made);
  return made;
}

/** Files for a batch that takes no more. @param {Found[]} files */
async function another(files) {
  const what = counted(files.length, "file");
  const text = `This batch takes no more pictures. ${what} that it does not have can go into a new one.`;
  if (!(await confirmed({ title: "Make a new batch?", text, action: `A new batch with ${what}` }))) return;
  visit("/batch");
  stage(files);
}

/** @param {readonly Found[]} files */
function take(files) {
  if (here) here.add(files);
  else stage(files);
}

/** @param {{files: Found[], unread: string[]}} what */
function takeDropped({ files, unread }) {
  if (files.length || !unread.length) take(files);
  if (!unread.length) return;
  const rest = files.length ? "The rest was taken. " : "";
  refused(`${counted(unread.length, "file")} could not be read`, `${rest}Look whether they are still there, whether you may open them and whether their names hold odd characters; copy them to a folder of your own, and drop them again.`);
  refill(byId("after-alert"), h("ul", { class: "names" }, unread.map((name) => h("li", {}, plainName(name), name.endsWith("/") && "a file whose name this browser cannot read"))));
}

/** @param {HTMLInputElement} input */
function empty(input) {
  if (!input.files?.length) return;
  take(chosen(input.files));
  input.value = ""; // the files are held here; choosing the same ones again counts
}

const inputs = ["files", "folder"].map((id) => /** @type {HTMLInputElement} */ (byId(id)));
for (const input of inputs) input.addEventListener("change", () => empty(input));
document.addEventListener("paste", (event) => {
  const files = event.clipboardData?.files;
  if (files?.length) take(chosen(files));
});
const root = document.documentElement;
for (const kind of ["dragenter", "dragover"]) {
  window.addEventListener(kind, (event) => {
    event.preventDefault();
    root.dataset.dragging = "";
  });
}
window.addEventListener("dragleave", (event) => {
  if (event.relatedTarget === null) delete root.dataset.dragging;
});
window.addEventListener("drop", (event) => {
  event.preventDefault();
  delete root.dataset.dragging;
  if (event.dataTransfer) attend(dropped(event.dataTransfer).then(takeDropped));
});
window.addEventListener("beforeunload", (event) => {
  const waiting = [...batches.values()].map((one) => one.waiting).filter(Boolean);
  if (!waiting.length) return;
  event.preventDefault();
  byId("progress").textContent = `Still to be sent from this page: ${waiting.join(", ")}.`; // the browser's own question names nothing
});
listenToNew((id, files) => {
  visit(`/batch/${id}`);
  attend(one(id).then((made) => made.add(files)));
});
follow(() => attend(route()));
inputs.forEach(empty); // what was chosen before this page could listen
