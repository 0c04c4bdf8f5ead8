// The two places for pictures: each empty, with ways to fill it, or filled, with its picture, its name and Remove.

import { askJson } from "./api.js";
import { chip, moment } from "./chip.js";
import { byId, h, refill } from "./dom.js";
import { attend, trouble } from "./trouble.js";

/** @typedef {import("./compare_types.js").Part} Part */
/** @typedef {import("./compare_types.js").Side} Side */
/** @typedef {import("./types.js").Verdict} Verdict */

const RECENT = 12;

/** @type {Readonly<Record<"pictures" | "progress", Record<Part, string>>>} */
const TITLES = Object.freeze({
  pictures: { a: "First picture", b: "Second picture" },
  progress: { a: "Work in progress", b: "Final picture" },
});

/**
 * Draw one place.
 * @param {Part} part
 * @param {Side | null} side
 * @param {"pictures" | "progress"} mode
 * @param {{onRemove: () => void, onSaved: (id: string) => void}} acts
 */
export function slot(part, side, mode, { onRemove, onSaved }) {
  const title = TITLES[mode][part];
  byId(`title-${part}`).textContent = title;
  byId(`slot-${part}`).classList.toggle("filled", side !== null);
  /** @type {HTMLInputElement} */ (byId(part)).required = false; // a saved result may stand in its place
  refill(byId(`filled-${part}`), side ? filled(part, side, title, onRemove) : saved(part, onSaved));
}

/** @param {Part} part @param {Side} side @param {string} title @param {() => void} onRemove */
function filled(part, side, title, onRemove) {
  const image = side.url && h("img", { src: side.url, alt: "" });
  if (image) image.addEventListener("error", () => image.remove());
  return [
    image,
    h("p", { class: "slot-name" }, h("span", { class: "fine" }, title), h("b", {}, side.name)),
    h("button", { type: "button", class: "small", id: `remove-${part}`, "aria-label": `Remove ${side.name}`, onclick: onRemove }, "Remove"),
  ];
}

/** The saved results, asked for when one wants to see them. @param {Part} part @param {(id: string) => void} onSaved */
function saved(part, onSaved) {
  const list = h("div", {}, h("p", { class: "fine" }, "Looking …"));
  const fold = /** @type {HTMLDetailsElement} */ (h("details", { class: "slot-saved" }, h("summary", { id: `saved-${part}` }, "or take a saved result"), list));
  fold.addEventListener("toggle", () => fold.open && attend(offer(fold, list, onSaved)));
  return fold;
}

/** @param {HTMLDetailsElement} fold @param {HTMLElement} list @param {(id: string) => void} onSaved */
async function offer(fold, list, onSaved) {
  try {
    const { verdicts } = await askJson(`/v1/verdicts?limit=${RECENT}`);
    refill(list, choices(verdicts, onSaved));
  } catch (error) {
    fold.open = false;
    trouble(error, { retry: () => (fold.open = true) });
  }
}

/** @param {Verdict[]} verdicts @param {(id: string) => void} onSaved */
function choices(verdicts, onSaved) {
  if (!verdicts.length) return h("p", { class: "fine" }, "Nothing is saved yet: check a picture and press Save.");
  const rows = verdicts.map((verdict) =>
    h("li", {}, h("button", { type: "button", class: "pick", "data-id": verdict.id, onclick: () => onSaved(verdict.id) }, h("b", {}, nameOf(verdict)), chip(verdict.answer), moment(verdict.created_at))),
  );
  return [h("ul", { class: "picks" }, rows), verdicts.length === RECENT && h("p", { class: "fine" }, "Older ones: choose two in the ", h("a", { href: "/history" }, "history"), " and press Compare.")];
}

/** @param {Verdict} verdict */
export const nameOf = (verdict) => verdict.external_id || `result ${verdict.id.slice(0, 8)}`;
