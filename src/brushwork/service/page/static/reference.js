// How many of 1000 human works score this high, as 1000 marks: a number that one can see. Over all kinds of work, or
// over the kind that the reader names.

import { askJson, Away, Problem } from "./api.js";
import { h, refill, s } from "./dom.js";
import { attend } from "./trouble.js";

/** @typedef {import("./types.js").Reference} Reference */
/** @typedef {import("./types.js").Verdict} Verdict */

const [COLUMNS, ROWS, GAP] = [50, 20, 10];
const ALL = "every kind";

/** Over all kinds of work alone. @param {Reference | null} found */
export function thousand(found) {
  return found && h("figure", { class: "reference" }, marked(found));
}

/**
 * Over the kind of work that the reader names.
 * @param {Verdict} verdict with a reference
 * @param {{kind: string | null}} [chosen] where the kind is noted, for when this is drawn again
 */
export function reference(verdict, chosen = { kind: null }) {
  const first = verdict.reference;
  if (!first) return null;
  const figure = h("figure", { class: "reference" }, marked(first));
  const kinds = /** @type {HTMLSelectElement} */ (h("select", { id: "kind" }, h("option", { value: first.kind }, ALL)));
  /** @type {Reference[] | null} */
  let known = null;
  const show = () => refill(figure, marked(known?.find(({ kind }) => kind === kinds.value) ?? first));
  const more = async () => {
    if (known) return;
    known = [];
    known = await ofKinds(verdict);
    for (const { kind } of known ?? []) if (kind !== first.kind) kinds.append(h("option", { value: kind, selected: kind === chosen.kind }, kind));
    if (kinds.value !== first.kind) show();
  };
  for (const event of ["pointerenter", "focus"]) kinds.addEventListener(event, () => attend(more()));
  whenNear(kinds, () => attend(more()));
  if (chosen.kind) attend(more());
  kinds.addEventListener("change", () => {
    chosen.kind = kinds.value;
    show();
  });
  return [h("div", { class: "of-kind" }, h("label", { for: "kind" }, "Compared with human works of"), kinds), figure];
}

/** A phone opens its own list at the first touch: what is in it must be there before. @param {Element} element @param {() => void} act */
function whenNear(element, act) {
  const watch = new IntersectionObserver((entries) => {
    if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
    watch.disconnect();
    act();
  });
  watch.observe(element);
}

/** Asked for where the list is seen; null where the server does not say now. @param {Verdict} verdict @returns {Promise<Reference[] | null>} */
async function ofKinds({ model, probability }) {
  if (!model) return [];
  try {
    return (await askJson(`/v1/models/${encodeURIComponent(`${model.name}@${model.version}`)}/reference?probability=${probability}`)).kinds;
  } catch (error) {
    if (!(error instanceof Problem || error instanceof Away)) throw error;
    console.info("other kinds of work are not known:", error.message);
    return null;
  }
}

/**
 * Squares for the works that score this high, dots for the others; so the shape tells them apart, not the shade.
 * The sentence below says the same.
 * @param {Reference} found
 */
function marked(found) {
  const count = Math.round(found.fpr_at_score * 1000);
  const drawing = s(
    "svg",
    { class: "thousand", viewBox: `0 0 ${COLUMNS * GAP} ${ROWS * GAP}`, "aria-hidden": "true", focusable: "false" },
    s("path", { class: "others", d: marks(count, COLUMNS * ROWS) }),
    s("path", { class: "as-high", d: marks(0, count) }),
  );
  return [drawing, h("figcaption", {}, h("span", { role: "status" }, legend(count, found)))];
}

/** @param {number} count @param {Reference} found */
function legend(count, found) {
  const { n, kind } = found;
  const works = kind === "all" ? "human works" : `human works of this kind (${kind})`;
  if (found.fpr_at_score === 0) return `None of the ${n} ${works} that were measured scored this high.`;
  const few = n < 100 ? " That is few: take it as a hint." : "";
  return [h("span", { class: "key" }, "■"), ` ${count ? `About ${count}` : "Fewer than 1"} of 1000 ${works} score this high (n = ${n}).${few}`];
}

/**
 * A path with a point for every mark from `first` up to `end`, row by row; round or square ends make it visible.
 * @param {number} first
 * @param {number} end
 */
function marks(first, end) {
  const points = [];
  for (let i = first; i < end; i++) {
    points.push(`M${(i % COLUMNS) * GAP + GAP / 2} ${Math.floor(i / COLUMNS) * GAP + GAP / 2}h0`);
  }
  return points.join("");
}
