// What an answer is worth as evidence, in the words of the ENFSI guideline for evaluative reporting (2015) for
// likelihood ratios. `chance.py` says the same.

import { h } from "./dom.js";

/** @typedef {import("./types.js").Rates} Rates */

const STEPS = /** @type {const} */ ([
  [2, "Weak"],
  [10, "Moderate"],
  [100, "Moderately strong"],
  [1000, "Strong"],
]);

/**
 * The shares of human and of AI works with this answer. One is added to every count, because "none of n" does not mean
 * "never" (Laplace's rule).
 * @param {Rates} rates
 * @returns {[number, number]}
 */
export function careful(rates) {
  return [(rates.of_human * rates.n_human + 1) / (rates.n_human + 2), (rates.of_ai * rates.n_ai + 1) / (rates.n_ai + 2)];
}

/**
 * The weight in a word, and why.
 * @param {Rates} rates
 * @returns {[string, string]}
 */
export function weight(rates) {
  const [human, ai] = careful(rates);
  const times = Math.max(ai / human, human / ai);
  const look = times < STEPS[1][0] ? " Have a person look at it." : "";
  const step = STEPS.findLast(([least]) => times >= least);
  if (!step) return ["No evidence either way", `Human works and AI pictures get this answer about equally often.${look}`];
  const [often, rare] = ai > human ? ["AI pictures", "human works"] : ["Human works", "AI pictures"];
  return [`${step[1]} evidence`, `${often} get this answer about ${times.toFixed(0)} times as often as ${rare}.${look}`];
}

/**
 * Nothing where the answer does not rest on the pixels.
 * @param {import("./types.js").Verdict} verdict
 */
export function strength({ rates }) {
  if (!rates) return null;
  const [word, why] = weight(rates);
  return h("p", { class: "strength" }, h("b", {}, `${word}. `), why);
}
