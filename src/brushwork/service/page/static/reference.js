// How many of 1000 human works score this high, as 1000 marks: a number that one can see.

import { h, s } from "./dom.js";

/** @typedef {import("./types.js").Reference} Reference */

const [COLUMNS, ROWS, GAP] = [50, 20, 10];

/**
 * Squares for the works that score this high, dots for the others; so the shape tells them apart, not the shade.
 * The sentence of the verdict says the same.
 * @param {Reference | null} reference
 */
export function thousand(reference) {
  if (!reference) return null;
  const count = Math.round(reference.fpr_at_score * 1000);
  const drawing = s(
    "svg",
    { class: "thousand", viewBox: `0 0 ${COLUMNS * GAP} ${ROWS * GAP}`, "aria-hidden": "true", focusable: "false" },
    s("path", { class: "others", d: marks(count, COLUMNS * ROWS) }),
    s("path", { class: "as-high", d: marks(0, count) }),
  );
  return h("figure", { class: "reference" }, drawing, h("figcaption", {}, legend(count, reference.n)));
}

/** @param {number} count @param {number} n */
function legend(count, n) {
  if (count === 0) return `None of the ${n} human works that were measured scored this high.`;
  const told = ` ${count} of 1000 human works score this high; the other ${1000 - count} (·) score lower.`;
  return [h("span", { class: "key" }, "■"), told];
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
