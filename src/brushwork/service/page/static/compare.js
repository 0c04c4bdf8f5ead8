// Two pictures side by side. Saved results and the mode stand in the address; files cannot, and stay in this page.

import { askJson, Away, Gone, postFiles, send, Stopped } from "./api.js";
import { copy } from "./clipboard.js";
import { asText, comparison } from "./compare_result.js";
import { samples } from "./compare_samples.js";
import { nameOf, slot } from "./compare_slots.js";
import { listen } from "./compare_ways.js";
import { byId, h, refill } from "./dom.js";
import { address, follow, go, query } from "./query.js";
import { attend, calm, refused, trouble } from "./trouble.js";
import { plainName, size } from "./words.js";

/** @typedef {import("./compare_types.js").Comparison} Comparison */
/** @typedef {import("./compare_types.js").Part} Part */
/** @typedef {import("./compare_types.js").Side} Side */

const PARTS = /** @type {const} */ (["a", "b"]);
const PREVIEW = "picture.png?max_side=1600";
/** @type {Record<Part, Side | null>} */
const sides = { a: null, b: null };
/** @type {AbortController | undefined} */
let running;
/** @type {readonly [Side, Side] | undefined} the two that are compared on the page now, or were */
let compared;
/** @type {Comparison | undefined} */
let shown;
const TITLE = document.title;

/** @returns {"pictures" | "progress"} */
const mode = () => (query().mode === "progress" ? "progress" : "pictures");

/** @param {"empty" | "uploading" | "done" | "error"} name */
function state(name) {
  document.documentElement.dataset.state = name;
}

/** @param {Part} part @param {File} file */
function take(part, file) {
  const name = plainName(file.name);
  if (file.size > Number(byId("pair").dataset.maxBytes)) {
    return refused("The file is too large", `It has ${size(file.size)}; at most ${byId("pair").dataset.maxSize} are examined.`, name);
  }
  put(part, { file, name, url: URL.createObjectURL(file) });
  if (query()[part]) go({ [part]: null });
  else show();
}

/** @param {Part} part @param {Side | null} side */
function put(part, side) {
  const old = sides[part];
  if (old?.file && old.url && old !== side && !PARTS.some((other) => other !== part && sides[other] === old)) URL.revokeObjectURL(old.url);
  sides[part] = side;
}

/** @param {Part} part */
function remove(part) {
  put(part, null);
  if (query()[part]) go({ [part]: null });
  else show();
}

function swap() {
  const { a, b } = query();
  [sides.a, sides.b] = [sides.b, sides.a];
  if (a || b) go({ a: b, b: a });
  else show();
}

/** What the address says, and what lies in this page, on the screen. */
function show() {
  modes();
  for (const part of PARTS) {
    const id = query()[part];
    if (id && sides[part]?.id !== id) put(part, { id, name: `result ${id.slice(0, 8)}`, url: null });
    if (!id && sides[part]?.id) put(part, null);
    draw(part);
  }
  byId("samples").hidden = Boolean(sides.a || sides.b);
  if (compared && compared[0] === sides.a && compared[1] === sides.b) return shown && present(shown, compared); // another mode
  clear();
  if (sides.a && sides.b) attend(compare([sides.a, sides.b]));
  else if (sides.a?.id || sides.b?.id) attend(named());
}

function clear() {
  stop();
  calm();
  compared = shown = undefined;
  refill(byId("compared"));
  refill(byId("progress"));
  document.title = TITLE;
  state("empty");
}

/** @param {Part} part */
function draw(part) {
  slot(part, sides[part], mode(), { onRemove: () => remove(part), onSaved: (id) => go({ [part]: id }) });
}

function modes() {
  const here = mode();
  byId("progress-told").hidden = here !== "progress";
  const link = (/** @type {"pictures" | "progress"} */ name, /** @type {string} */ title) => {
    const changes = { mode: name === "progress" ? name : null };
    const onclick = (/** @type {Event} */ event) => {
      event.preventDefault();
      go(changes);
    };
    return h("a", { id: `mode-${name}`, href: address(changes), "aria-current": name === here && "page", onclick }, title);
  };
  refill(byId("modes"), link("pictures", "Any two pictures"), link("progress", "Work in progress and final picture"));
}

function stop() {
  running?.abort();
  running = undefined;
}

/**
 * @param {readonly [Side, Side]} pair
 * @param {boolean} [stability] look also at eight ways of saving each again
 * @param {number} [tries] how often it was asked, this time included
 */
async function compare(pair, stability = false, tries = 1) {
  const [first, second] = pair;
  if (Boolean(first.file) !== Boolean(second.file)) return mixed(pair);
  stop();
  calm();
  compared = pair;
  const asking = new AbortController();
  running = asking;
  state("uploading");
  const what = stability ? "Saving both again in eight ways and looking each time …" : `Comparing ${first.name} and ${second.name} …`;
  refill(byId("progress"), h("progress", { "aria-label": "Progress" }), h("span", {}, what));
  try {
    const found = /** @type {Comparison} */ (await asked(pair, stability, asking.signal));
    if (first.id) await pictures();
    if (running === asking) present(found, pair);
  } catch (error) {
    if (error instanceof Stopped || running !== asking) return;
    refill(byId("progress"));
    const retry = () => attend(compare(pair, stability, tries + 1));
    trouble(error, { name: `${first.name}, ${second.name}`, kept: "Both pictures are still here", retry, tries });
    state("error");
  }
}

/** @param {readonly [Side, Side]} pair @param {boolean} stability @param {AbortSignal} signal */
async function asked([first, second], stability, signal) {
  if (!first.file || !second.file) return send("POST", "/v1/compare", { a: first.id, b: second.id });
  const form = new FormData();
  form.append("a", first.file, first.name);
  form.append("b", second.file, second.name);
  try {
    return await postFiles(`/v1/compare${stability ? "?stability=true" : ""}`, form, first.file, { signal });
  } catch (error) {
    if (error instanceof Away) await second.file.slice(0, 1).arrayBuffer().catch(() => Promise.reject(new Gone()));
    throw error;
  }
}

/** The names of saved results and, where they were kept, their pictures. */
async function pictures() {
  for (const part of PARTS) {
    const side = sides[part];
    if (!side?.id) continue;
    const [verdict, kept] = await Promise.all([askJson(`/v1/verdicts/${side.id}`), askJson(`/v1/verdicts/${side.id}/kept`)]);
    side.name = nameOf(verdict);
    side.url = kept.picture && `/v1/verdicts/${side.id}/${PREVIEW}`;
    draw(part);
  }
}

async function named() {
  try {
    await pictures();
  } catch (error) {
    trouble(error, { retry: () => attend(named()) });
    state("error");
  }
}

/** @param {readonly [Side, Side]} pair */
function mixed(pair) {
  const file = pair.find((side) => side.file);
  refused("One is a file, the other a saved result", "A saved result is compared with another one. Choose the file of the other picture as well, or save the result of this one first.", file?.name);
  state("error");
}

/** @param {Comparison} found @param {readonly [Side, Side]} pair */
function present(found, pair) {
  shown = found;
  state("done");
  refill(byId("progress"), h("span", { class: "unseen" }, "The comparison is shown below."));
  refill(byId("compared"), comparison(found, pair, actions(found, pair), mode() === "progress"));
  document.title = `${pair[0].name} and ${pair[1].name} · Brushwork`;
}

/** @param {Comparison} found @param {readonly [Side, Side]} pair */
function actions(found, pair) {
  const said = h("p", { class: "said", role: "status" });
  const stable = Boolean(found.first.stability && found.second.stability);
  const probe = pair[0].file && h("button", { id: "stability", type: "button", "aria-disabled": stable && "true", onclick: () => stable || attend(compare(pair, true)) }, stable ? "Stability checked" : "Check stability");
  return h(
    "div",
    { class: "actions" },
    h("div", { class: "buttons" }, h("button", { id: "swap", type: "button", onclick: swap }, "Swap"), probe, h("button", { id: "copy", type: "button", onclick: () => attend(copy(asText(found, pair), said)) }, "Copy text")),
    said,
  );
}

listen(take, refused, (part) => sides[part] === null);
refill(byId("samples"), samples(([first, second], wanted) => {
  put("a", { file: first, name: first.name, url: URL.createObjectURL(first) });
  put("b", { file: second, name: second.name, url: URL.createObjectURL(second) });
  const changes = { a: null, b: null, mode: wanted === "progress" ? wanted : null };
  if (mode() === wanted) show();
  else go(changes);
}));
follow(show);
