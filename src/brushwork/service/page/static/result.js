// One verdict on the page: the picture on the left, the label with the answer on the right, as in a museum.

import { actions } from "./actions.js";
import { chance } from "./chance.js";
import { h, icon } from "./dom.js";
import { provenance } from "./evidence.js";
import { gauge } from "./gauge.js";
import { picture, regions } from "./picture.js";
import { thousand } from "./reference.js";
import { source } from "./source.js";
import { size, words } from "./words.js";

/** @typedef {import("./types.js").Verdict} Verdict */
/** @typedef {import("./types.js").InputFacts} InputFacts */

const DECLARED = ["made_with_ai", "partly_ai", "signed_capture"];

/**
 * @typedef {object} Checked
 * @property {File} file
 * @property {string} name cleaned
 * @property {string} url of the file, held by the browser
 * @property {Verdict} verdict
 * @property {ReturnType<typeof picture>} [wall] drawn once per file, so that a map stays as it was set
 */

/**
 * @param {Checked} checked
 * @param {() => void} onStability
 */
export function result(checked, onStability) {
  const { verdict, name, url } = checked;
  const wall = (checked.wall ??= picture(url, name, verdict));
  return h(
    "div",
    { class: "result" },
    h("div", { class: "wall" }, wall),
    h("div", { class: "reading" }, label(verdict), warnings(verdict), actions(checked, onStability), grounds(verdict)),
    h("div", { class: "below" }, source(verdict), regions(verdict), file(verdict.input, name), limits(), model(verdict)),
  );
}

/** What the answer rests on comes first. @param {Verdict} verdict */
function grounds(verdict) {
  const [says, shows] = [provenance(verdict.evidence), [pixels(verdict), chance(verdict)]];
  return DECLARED.includes(verdict.answer) ? [says, shows] : [shows, says];
}

/** @param {Verdict} verdict */
function label({ answer, wording }) {
  return h(
    "section",
    { class: "label", "data-answer": answer, "aria-labelledby": "answer" },
    h("div", { class: "band", "aria-hidden": "true" }),
    h("h2", { id: "answer" }, icon(answer, "sign"), wording.answer),
    h("p", { class: "why" }, wording.why),
    h("p", { class: "rate" }, wording.error_rate),
    wording.advice.length > 0 && [h("h3", {}, words.heading.advice), list("advice", wording.advice)],
  );
}

/** @param {Verdict} verdict */
function pixels(verdict) {
  const summaries = verdict.evidence.filter((e) => e.kind === "forensics").map((e) => h("p", {}, e.summary));
  return h(
    "section",
    { class: "part", "aria-labelledby": "pixels" },
    h("h3", { id: "pixels" }, words.heading.pixels),
    verdict.reference && gauge(verdict),
    summaries,
    thousand(verdict.reference),
  );
}

/** @param {Verdict} verdict */
function warnings({ warnings: found }) {
  if (!found.length) return null;
  return part("warnings", list("notes", found.map((w) => w.detail)));
}

/** @param {InputFacts} input @param {string} name */
function file(input, name) {
  const quality = input.jpeg_quality !== null && `quality about ${input.jpeg_quality}`;
  const rows = /** @type {[string, import("./dom.js").Child][]} */ ([
    ["Name", name],
    ["Picture", [input.format ?? "pixels", `${input.width} × ${input.height}`, input.bytes !== null && size(input.bytes)].filter(Boolean).join(", ")],
    ["JPEG", quality && [quality, input.chroma_subsampling].filter(Boolean).join(", ")],
    ["Size", input.typical_generator_size && "a size that generators often give; many human works have it too"],
    ["SHA-256", input.sha256 && h("code", {}, input.sha256)],
  ]);
  const told = rows.filter(([, value]) => value);
  return part("file", h("dl", { class: "facts" }, told.map(([term, value]) => [h("dt", {}, term), h("dd", {}, value)])));
}

function limits() {
  return part("limits", list("notes", words.limits));
}

/** @param {Verdict} verdict */
function model({ model: facts }) {
  if (!facts) return null;
  const card = h("a", { href: `/v1/models/${encodeURIComponent(facts.name)}/card` }, `${facts.name} ${facts.version}`);
  return h("p", { class: "model fine" }, `${words.heading.model} `, card, ", sha256 ", h("code", {}, `${facts.sha256.slice(0, 16)}…`));
}

/** @param {string} name @param {...import("./dom.js").Child} children */
function part(name, ...children) {
  return h("section", { class: "part", "aria-labelledby": name }, h("h3", { id: name }, words.heading[name]), children);
}

/** @param {string} className @param {string[]} lines */
function list(className, lines) {
  return h("ul", { class: className }, lines.map((line) => h("li", {}, line)));
}
