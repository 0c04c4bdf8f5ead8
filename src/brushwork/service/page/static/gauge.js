// The probability on a line from 0 to 1, with the thresholds at which the answer changes. Zones differ by pattern, and
// the caption says it all in words.

import { h, s } from "./dom.js";
import { counted, two } from "./words.js";

/** @typedef {import("./types.js").Verdict} Verdict */
/** @typedef {import("./types.js").Thresholds} Thresholds */
/** @typedef {import("./types.js").Stability} Stability */

/** @param {number} value */
const at = (value) => `${value * 100}%`;

/**
 * @param {Verdict} verdict
 */
export function gauge(verdict) {
  if (!verdict.model) return null;
  const { probability, stability, model } = verdict;
  return h(
    "figure",
    { class: "gauge" },
    scale(probability, model.thresholds, stability),
    h("figcaption", {}, caption(model.thresholds), stability && ` ${range(stability)}`),
  );
}

/**
 * Percent coordinates without a viewBox: the line stretches, the text does not.
 * @param {number} probability
 * @param {Thresholds} edges
 * @param {Stability | null} stability
 */
function scale(probability, edges, stability) {
  const anchor = probability < 0.08 ? "start" : probability > 0.92 ? "end" : "middle";
  const label = `Probability ${two(probability)} on a scale from 0 to 1`;
  return s(
    "svg",
    { class: "scale", role: "img", "aria-label": label, width: "100%", height: 64 },
    s("text", { class: "value", x: at(probability), y: 16, "text-anchor": anchor }, two(probability)),
    zone("clear", 0, edges.clear),
    zone("between", edges.clear, edges.strict),
    zone("strict", edges.strict, 1),
    [edges.clear, edges.strict].map((edge) => upright("tick", edge, 25)),
    stability && s("rect", { class: "range", x: at(stability.min), y: 46, width: at(stability.max - stability.min), height: 5 }),
    upright("needle", probability, 21),
    s("text", { class: "end", x: 0, y: 62 }, "0"),
    s("text", { class: "end", x: "100%", y: 62, "text-anchor": "end" }, "1"),
  );
}

/** @param {string} name @param {number} from @param {number} to */
function zone(name, from, to) {
  return s("rect", { class: `zone ${name}`, x: at(from), y: 30, width: at(to - from), height: 12 });
}

/** @param {string} name @param {number} where @param {number} top */
function upright(name, where, top) {
  return s("line", { class: name, x1: at(where), x2: at(where), y1: top, y2: 50 });
}

/** @param {Thresholds} edges */
function caption(edges) {
  return `No sign of AI up to ${two(edges.clear)}; looks AI-generated from ${two(edges.strict)}; in between, cannot tell.`;
}

/** @param {Stability} stability */
function range({ min, max, flips, views }) {
  const changed = `the answer of the pixels changed ${counted(flips, "time")}`;
  return `Saved again in ${views} harmless ways: ${two(min)} to ${two(max)}; ${changed}.`;
}
