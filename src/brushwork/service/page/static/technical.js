// The numbers behind an answer, folded: for those who want to check it, quote it or argue with it.

import { h } from "./dom.js";

/** @typedef {import("./types.js").Verdict} Verdict */

/** @param {Verdict} verdict */
export function technical(verdict) {
  const rows = facts(verdict).filter(([, value]) => value !== null && value !== "");
  return h(
    "details",
    { class: "technical" },
    h("summary", {}, "Technical details"),
    h("dl", { class: "facts" }, rows.map(([term, value]) => [h("dt", {}, term), h("dd", {}, value)])),
  );
}

/**
 * @param {Verdict} verdict
 * @returns {[string, string | null][]}
 */
function facts(verdict) {
  const { model, reference, stability, probability } = verdict;
  const pixels = verdict.evidence.find((e) => e.kind === "forensics")?.facts ?? [];
  const times = Object.entries(verdict.timing_ms ?? {});
  const scored = reference && model;
  return [
    ["Rule that applied", verdict.reason],
    ["Raw score", scored && probability.toFixed(4)],
    ["Thresholds", model && `clear ${model.thresholds.clear}, balanced ${model.thresholds.balanced}, strict ${model.thresholds.strict}`],
    ["Distance", scored && distance(probability, model.thresholds)],
    ["Of two classes", scored && `${verdict.label}, at the balanced threshold`],
    ["Range", stability && `${stability.min.toFixed(4)} to ${stability.max.toFixed(4)}, ${stability.flips} of ${stability.views} with another answer`],
    ...pixels.map(({ name, value }) => /** @type {[string, string]} */ ([name[0]?.toUpperCase() + name.slice(1), value])),
    ["Perceptual hash", verdict.input.phash],
    ["Times", times.map(([name, ms]) => `${name} ${ms.toFixed(0)} ms`).join(", ")],
    ["Model", model && `${model.name} ${model.version}, sha256 ${model.sha256}`],
    ["Id", verdict.id],
    ["At", verdict.created_at],
  ];
}

/** How far the score is from where the answer would change. @param {number} score @param {import("./types.js").Thresholds} edges */
function distance(score, { clear, strict }) {
  const [edge, name] = Math.abs(score - clear) < Math.abs(score - strict) ? [clear, "clear"] : [strict, "strict"];
  return `${Math.abs(score - edge).toFixed(4)} ${score < edge ? "below" : "above"} the ${name} threshold, the nearer one`;
}
