// What the answer on one picture of a batch rests on: needed only once a picture is opened.

import { h } from "./dom.js";
import { provenance } from "./evidence.js";
import { gauge } from "./gauge.js";
import { reference } from "./reference.js";
import { size, words } from "./words.js";

/** @typedef {import("./types.js").Verdict} Verdict */

/** @param {Verdict} verdict */
export function grounds(verdict) {
  const { wording, warnings, input, regions } = verdict;
  const pixels = verdict.evidence.filter(({ kind }) => kind === "forensics");
  return [
    h("section", { class: "part", "aria-labelledby": "pixels" }, h("h3", { id: "pixels" }, words.heading.pixels), verdict.reference && gauge(verdict), pixels.map(({ summary }) => h("p", {}, summary)), regions && h("p", {}, regions.words), reference(verdict)),
    provenance(verdict.evidence),
    warnings.length > 0 && list("warnings", warnings.map(({ detail }) => detail)),
    wording.advice.length > 0 && list("advice", wording.advice),
    h("p", { class: "fine" }, [input.format, `${input.width} × ${input.height}`, input.bytes !== null && size(input.bytes)].filter(Boolean).join(", "), input.sha256 && [", SHA-256 ", h("code", {}, input.sha256)]),
  ];
}

/** @param {string} name @param {string[]} lines */
function list(name, lines) {
  return h("section", { class: "part", "aria-labelledby": name }, h("h3", { id: name }, words.heading[name]), h("ul", { class: "notes" }, lines.map((line) => h("li", {}, line))));
}
