// What was saved: found by words or answer, a page at a time, opened or deleted. The address says what is shown.

import { askJson, Away, Problem, send } from "./api.js";
import { chip, daysLeft, moment, scoreOf } from "./chip.js";
import { confirmed } from "./dialog.js";
import { byId, h, refill } from "./dom.js";
import { address, follow, go, query } from "./query.js";
import { Table } from "./table.js";
import { attend, calm, trouble } from "./trouble.js";
import { counted, words } from "./words.js";

/** @typedef {import("./types.js").Verdict} Verdict */
/** @typedef {{id: string, expires_at: string, days_left: number, note: string | null, for_review: boolean, picture: {days_left: number} | null}} Kept */
/** @typedef {{verdict: Verdict, kept: Kept}} Row */

const LIMIT = 50;
const NOTHING_YET = "Check a picture and press Save. Only what you save comes here.";

/** @type {Set<string>} ids of the rows that are ticked */
const chosen = new Set();
/** @type {Row[]} */
let rows = [];
/** Which look is the last one: an answer to an earlier one is dropped. */
let look = 0;

const table = new Table({
  label: "Saved results",
  className: "saved-table",
  keyOf: (/** @type {Row} */ { verdict }) => verdict.id,
  columns: [
    { name: "choose", title: h("span", { class: "unseen" }, "Choose"), cell: tick },
    { name: "thumb", title: h("span", { class: "unseen" }, "Picture"), cell: thumb },
    { name: "answer", title: "Answer", cell: ({ verdict }) => h("a", { href: `/p/${verdict.id}` }, chip(verdict.answer)) },
    { name: "name", title: "Name and note", cell: naming },
    { name: "score", title: "Score", cell: ({ verdict }) => scoreOf(verdict) },
    { name: "saved", title: "Saved", cell: ({ verdict }) => moment(verdict.created_at) },
    { name: "left", title: "Stays", cell: staying },
  ],
});
const selection = h("div", { class: "selection", role: "status" });

/** @param {Row} row */
function tick(row) {
  const { verdict } = row;
  const box = /** @type {HTMLInputElement} */ (h("input", { type: "checkbox", "aria-label": `Choose ${nameOf(row)}`, checked: chosen.has(verdict.id) }));
  box.addEventListener("change", () => {
    if (box.checked) chosen.add(verdict.id);
    else chosen.delete(verdict.id);
    showSelection();
  });
  return box;
}

/** A small copy, where the picture was kept. @param {Row} row */
function thumb({ verdict, kept }) {
  if (!kept.picture) return h("span", { class: "no-thumb", "aria-hidden": "true" });
  const image = h("img", { class: "thumb", src: `/v1/verdicts/${verdict.id}/picture.png?max_side=96`, alt: "", loading: "lazy" });
  image.addEventListener("error", () => image.remove());
  return image;
}

/** How many are saved in all, by answer; each count leads to its rows. */
async function stats() {
  try {
    const { total, answers } = /** @type {{total: number, answers: Record<string, number>}} */ (await askJson("/v1/verdicts/counts"));
    const counts = Object.entries(words.answer).filter(([name]) => answers[name]).map(([name]) => h("li", {}, h("a", { href: `/history?answer=${name}` }, chip(name), h("b", {}, String(answers[name])))));
    refill(byId("stats"), total > 0 && [h("p", {}, h("b", {}, String(total)), " saved"), h("ul", {}, counts)]);
  } catch (error) {
    if (!(error instanceof Problem || error instanceof Away)) throw error;
    refill(byId("stats")); // the list, which is asked for at the same time, says what is wrong
  }
}

/** What it is called here: its name, or the note that was made. @param {Row} row */
const nameOf = ({ verdict, kept }) => verdict.external_id || kept.note || `result ${verdict.id.slice(0, 8)}`;

/** @param {Row} row */
function naming(row) {
  const { verdict, kept } = row;
  return [h("span", { class: "its-name" }, nameOf(row)), verdict.external_id && kept.note && h("span", { class: "note" }, kept.note)];
}

/** @param {Row} row */
function staying({ kept }) {
  return [daysLeft(kept.days_left), kept.picture && h("span", { class: "note" }, `picture ${daysLeft(kept.picture.days_left)}`)];
}

async function show() {
  const mine = ++look;
  attend(stats());
  const asked = query();
  /** @type {HTMLInputElement} */ (byId("q")).value = asked.q ?? "";
  /** @type {HTMLSelectElement} */ (byId("answer")).value = asked.answer ?? "";
  const search = new URLSearchParams({ limit: String(LIMIT) });
  for (const name of ["q", "answer", "after"]) if (asked[name]) search.set(name, asked[name]);
  try {
    const page = /** @type {{verdicts: Verdict[], kept: Kept[], after: string | null}} */ (await askJson(`/v1/verdicts?${search}`));
    if (mine === look) draw(page.verdicts.map((verdict, i) => ({ verdict, kept: /** @type {Kept} */ (page.kept[i]) })), page.after);
  } catch (error) {
    if (mine === look) trouble(error, { retry: () => attend(show()) });
  }
}

/** @param {Row[]} found @param {string | null} after */
function draw(found, after) {
  calm();
  rows = found;
  chosen.clear();
  const asked = query();
  byId("progress").textContent = found.length ? `${counted(found.length, "result")} on this page${after ? ", older ones follow" : ""}.` : "";
  if (!found.length) return refill(byId("saved"), empty(Boolean(asked.q || asked.answer || asked.after)));
  table.show([]);
  table.show(found);
  showSelection();
  const newest = asked.after && h("a", { class: "button", href: address({ after: null }), onclick: (event) => turn(event, null) }, "Newest");
  const older = after && h("a", { class: "button", id: "older", href: address({ after }), onclick: (event) => turn(event, after) }, "Older");
  refill(byId("saved"), selection, table.element, h("nav", { class: "pages", "aria-label": "Pages" }, newest || h("span", {}), older));
}

/** @param {Event} event @param {string | null} after */
function turn(event, after) {
  event.preventDefault();
  go({ after });
  window.scrollTo({ top: 0 });
}

/** @param {boolean} filtered */
function empty(filtered) {
  return filtered
    ? h("div", { class: "empty" }, h("h2", {}, "Nothing like that is saved"), h("p", {}, h("a", { href: "/history" }, "Show everything")))
    : h("div", { class: "empty" }, h("h2", {}, "Nothing is saved yet"), h("p", {}, NOTHING_YET), h("p", {}, h("a", { href: "/" }, "Check a picture")));
}

function showSelection() {
  const all = chosen.size === rows.length;
  refill(
    selection,
    h("button", { type: "button", id: "all", class: "small", onclick: () => choose(!all) }, all ? "Choose none" : "Choose all"),
    chosen.size > 0 && [h("span", {}, `${chosen.size} chosen`), chosen.size === 2 && compareLink(), h("button", { type: "button", id: "delete", class: "small", onclick: () => attend(remove()) }, "Delete")],
  );
}

/** The older of the two comes first. */
function compareLink() {
  const [b, a] = rows.map(({ verdict }) => verdict.id).filter((id) => chosen.has(id));
  return h("a", { id: "compare", class: "button small", href: `/compare?${new URLSearchParams({ a: a ?? "", b: b ?? "" })}` }, "Compare");
}

/** @param {boolean} every */
function choose(every) {
  chosen.clear();
  if (every) for (const { verdict } of rows) chosen.add(verdict.id);
  for (const box of table.element.querySelectorAll("input[type=checkbox]")) /** @type {HTMLInputElement} */ (box).checked = every;
  showSelection();
}

async function remove() {
  const ids = [...chosen];
  const what = counted(ids.length, "saved result");
  const text = "With their notes, links, feedback and kept pictures. This cannot be undone.";
  if (!(await confirmed({ title: `Delete ${what}?`, text, action: `Delete ${what}` }))) return;
  try {
    await send("POST", "/v1/verdicts/delete", { ids });
    await show();
    byId("progress").textContent = `${what} deleted.`;
  } catch (error) {
    trouble(error, { retry: () => attend(remove()) });
  }
}

async function empties() {
  const text = "Every saved result, picture, link, feedback and batch of yours. This cannot be undone; take it along first if you may need it.";
  if (!(await confirmed({ title: "Delete everything that is yours?", text, action: "Delete everything" }))) return;
  try {
    await send("DELETE", "/v1/everything?confirm=everything");
    go({ q: null, answer: null, after: null });
    await show();
    byId("progress").textContent = "Everything was deleted.";
  } catch (error) {
    trouble(error, { retry: () => attend(empties()) });
  }
}

byId("filters").addEventListener("submit", (event) => {
  event.preventDefault();
  const { value: q } = /** @type {HTMLInputElement} */ (byId("q"));
  const { value: answer } = /** @type {HTMLSelectElement} */ (byId("answer"));
  go({ q: q.trim(), answer, after: null });
});
byId("answer").addEventListener("change", () => /** @type {HTMLFormElement} */ (byId("filters")).requestSubmit());
byId("empty").addEventListener("click", () => attend(empties()));
follow(() => attend(show()));
