// A new batch: what was chosen lies here, counted, until it is handed over.

import { send } from "./api.js";
import { addresses } from "./batch_files.js";
import { byId, h, refill } from "./dom.js";
import { attend, trouble } from "./trouble.js";
import { counted, size } from "./words.js";

/** @typedef {import("./batch_files.js").Found} Found */

let beginning = false; // a second press meanwhile makes no second batch
/** @type {Map<string, Found>} */
const staged = new Map();
const name = /** @type {HTMLInputElement} */ (h("input", { id: "batch-name", maxlength: 200, autocomplete: "off", placeholder: "Summer contest" }));
const anew = /** @type {HTMLInputElement} */ (h("input", { id: "reexamine", type: "checkbox" }));
const stability = /** @type {HTMLInputElement} */ (h("input", { id: "stability", type: "checkbox" }));
const urls = () => /** @type {HTMLTextAreaElement | null} */ (document.querySelector("#urls"));

/** @param {readonly Found[]} files */
export function stage(files) {
  for (const file of files) staged.set(file.key, file);
  show();
  byId("progress").textContent = files.length ? `${counted(staged.size, "file")} chosen.` : "There was no file in that.";
}

/** Draw what is chosen, and the way to begin. */
export function show() {
  const { urls: list, wrong } = addresses(urls()?.value ?? "");
  const count = staged.size + list.length;
  byId("intake").classList.toggle("has-files", count > 0);
  if (!count && !wrong.length) return refill(byId("staged"));
  const bytes = [...staged.values()].reduce((sum, { file }) => sum + file.size, 0);
  const told = [staged.size && `${counted(staged.size, "file")}, ${size(bytes)}`, list.length && counted(list.length, "address", "addresses")].filter(Boolean).join(" and ");
  const most = Number(byId("screen").dataset.maxItems);
  refill(
    byId("staged"),
    h("p", { class: "chosen-count" }, told || "Nothing is chosen yet."),
    wrong.length > 0 && h("p", { class: "fine" }, `${counted(wrong.length, "line is", "lines are")} no address that begins with http: ${wrong.slice(0, 3).join(", ")}${wrong.length > 3 ? " …" : ""}`),
    count > most && h("p", { class: "fine" }, `A batch has at most ${most.toLocaleString("en")} pictures: make several.`),
    h("div", { class: "field" }, h("label", { for: "batch-name" }, "What it is called (if you like)"), name),
    h("label", { class: "tick" }, stability, h("span", {}, "Look also at eight re-encodings of each, for a range (nine times the work)")),
    h("label", { class: "tick" }, anew, h("span", {}, "Examine anew also what was answered before")),
    h("div", { class: "buttons" }, h("button", { type: "button", id: "begin", class: "strong", disabled: count === 0 || count > most, "aria-disabled": beginning && "true", onclick: () => attend(begin()) }, `Examine ${staged.size === count ? counted(count, "file") : `these ${count}`}`), h("button", { type: "button", id: "clear", onclick: clear }, "Choose others")),
  );
}

/** @type {(id: string, files: Found[]) => void} */
let onMade = () => undefined;

/** @param {(id: string, files: Found[]) => void} made the batch is there, and takes these files */
export function listenToNew(made) {
  onMade = made;
  urls()?.addEventListener("input", show);
  byId("intake").addEventListener("submit", (event) => event.preventDefault());
}

async function begin() {
  if (beginning) return;
  begins(true);
  const { urls: list } = addresses(urls()?.value ?? "");
  try {
    const asked = new URLSearchParams({ ...(staged.size && { open: "true" }), ...(stability.checked && { stability: "true" }), ...(anew.checked && { reexamine: "true" }) });
    const { id } = await send("POST", `/v1/batches?${asked}`, { name: name.value.trim() || null, urls: list });
    const files = [...staged.values()];
    clear();
    onMade(id, files);
  } catch (error) {
    trouble(error, { kept: "What you chose is still here", retry: () => attend(begin()) });
  } finally {
    begins(false);
  }
}

/** Not `disabled`, which would throw the focus off the button. @param {boolean} now */
function begins(now) {
  beginning = now;
  const button = document.getElementById("begin");
  if (now) button?.setAttribute("aria-disabled", "true");
  else button?.removeAttribute("aria-disabled");
}

function clear() {
  staged.clear();
  for (const field of [name, urls()]) if (field) field.value = "";
  show();
}
