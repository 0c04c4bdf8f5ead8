// One verdict on the page: the picture on the left, the label with the answer on the right, as in a museum. What comes
// later, the range under re-encodings above all, is put into its place without drawing the rest anew.

import { actions } from "./actions.js";
import { chance } from "./chance.js";
import { h, icon, isWide, refill, renew } from "./dom.js";
import { provenance } from "./evidence.js";
import { gauge } from "./gauge.js";
import { picture, regions } from "./picture.js";
import { reference } from "./reference.js";
import { seenBefore } from "./seen.js";
import { source } from "./source.js";
import { strength } from "./strength.js";
import { technical } from "./technical.js";
import { size, words } from "./words.js";

/** @typedef {import("./types.js").Verdict} Verdict */
/** @typedef {import("./types.js").InputFacts} InputFacts */
/** @typedef {import("./checks.js").Check} Check */

const DECLARED = ["made_with_ai", "partly_ai", "signed_capture"];

/**
 * @typedef {object} Acts
 * @property {() => void} range measure the range under re-encodings
 * @property {() => void} again examine it anew
 * @property {() => void} drop forget it
 * @property {() => void} changed the check holds something new that a reload shall find
 */

/**
 * @param {Check} check with a verdict
 * @param {Acts} acts
 */
export function result(check, acts) {
  const first = verdictOf(check);
  const [answer, odds, detail] = [slot(), slot(), slot()];
  const does = actions(check, acts);
  const pixel = pixels(check, acts);
  const says = provenance(first.evidence);
  const declared = DECLARED.includes(first.answer); // what the answer rests on stands beside it
  const known = first.reference !== null; // else its score means nothing, and neither does where it comes from
  const about = file(first.input, check); // short answers leave room for it beside the picture
  const element = h(
    "div",
    { class: "result" },
    h("div", { class: "wall" }, picture(check.url, check.name, first)),
    h("div", { class: "reading" }, answer, does.element, warnings(first), declared ? says : [pixel.element, odds], limits(), !known && about),
    h("div", { class: "below" }, check.mine && seenBefore(check, acts), declared ? pixel.element : says, source(first), known && regions(first), known && about, detail),
  );
  /** @type {Verdict | null} */
  let drawn = null;
  const update = () => {
    const verdict = verdictOf(check);
    if (drawn?.wording.answer !== verdict.wording.answer) refill(answer, label(verdict));
    pixel.update();
    if (JSON.stringify(drawn?.rates) !== JSON.stringify(verdict.rates)) refill(odds, chance(verdict));
    if (drawn?.id !== verdict.id) refill(detail, technical(verdict), model(verdict));
    does.update();
    drawn = verdict;
  };
  update();
  return { element, update };
}

/** Whose parts stand in the page as its own. */
const slot = () => h("div", { class: "later" });

/** @param {Check} check @returns {Verdict} */
function verdictOf({ verdict }) {
  if (!verdict) throw new Error("only a check with an answer is drawn as a result");
  return verdict;
}

/** @param {Verdict} verdict */
function label(verdict) {
  const { answer, wording } = verdict;
  return h(
    "section",
    { class: "label", "data-answer": answer, "aria-labelledby": "answer" },
    h("div", { class: "band", "aria-hidden": "true" }),
    h("h2", { id: "answer" }, icon(answer, "sign"), wording.answer),
    h("p", { class: "why" }, wording.why),
    h("p", { class: "rate" }, wording.error_rate),
    strength(verdict),
    wording.advice.length > 0 && [h("h3", {}, words.heading.advice), list("advice", wording.advice)],
  );
}

/**
 * The comparison with human works is drawn anew only where its figures changed: its reader may have chosen a kind in it.
 * @param {Check} check
 * @param {Acts} acts
 */
function pixels(check, acts) {
  const [measured, compared] = [slot(), slot()];
  const element = h("section", { class: "part", "aria-labelledby": "pixels" }, h("h3", { id: "pixels" }, words.heading.pixels), measured, compared);
  const update = () => {
    const verdict = verdictOf(check);
    const summaries = verdict.evidence.filter((e) => e.kind === "forensics").map((e) => h("p", {}, e.summary));
    refill(measured, verdict.reference ? [gauge(verdict), range(check, acts), summaries] : h("p", {}, words.no_score));
    renew(compared, JSON.stringify([verdict.reference, verdict.probability, verdict.model?.sha256]), () => reference(verdict, check));
  };
  return { element, update };
}

/** What is said of the range while it is not there. @param {Check} check @param {Acts} acts */
function range(check, acts) {
  if (verdictOf(check).stability || !check.file) return null;
  if (check.state === "explaining") return h("p", { class: "coming" }, "Saving it again in eight harmless ways, to see whether the answer holds …");
  const button = h("button", { id: "stability", type: "button", class: "small", onclick: acts.range }, "Measure the range");
  return h("p", { class: "fine" }, check.rangeless ?? "Its range under harmless re-encodings was not measured.", " ", button);
}

/** @param {Verdict} verdict */
function warnings({ warnings: found }) {
  if (!found.length) return null;
  return part("warnings", list("notes", found.map((w) => w.detail)));
}

/** @param {InputFacts} input @param {Check} check */
function file(input, { name, address }) {
  const quality = input.jpeg_quality !== null && `quality about ${input.jpeg_quality}`;
  const rows = /** @type {[string, import("./dom.js").Child][]} */ ([
    ["Name", name || null],
    ["Address", address],
    ["Picture", [input.format ?? "pixels", `${input.width} × ${input.height}`, input.bytes !== null && size(input.bytes)].filter(Boolean).join(", ")],
    ["JPEG", quality && [quality, input.chroma_subsampling].filter(Boolean).join(", ")],
    ["Size", input.typical_generator_size && "a size that generators often give; many human works have it too"],
    ["SHA-256", input.sha256 && h("code", {}, input.sha256)],
  ]);
  const told = rows.filter(([, value]) => value);
  return folding("file", h("dl", { class: "facts" }, told.map(([term, value]) => [h("dt", {}, term), h("dd", {}, value)])));
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

/** The same, closed where it would stand between a phone's reader and what matters. @param {string} name @param {...import("./dom.js").Child} children */
function folding(name, ...children) {
  if (isWide()) return part(name, children);
  return h("section", { class: "part", "aria-labelledby": name }, h("details", { class: "folding" }, h("summary", {}, h("h3", { id: name }, words.heading[name])), children));
}

/** @param {string} className @param {string[]} lines */
function list(className, lines) {
  return h("ul", { class: className }, lines.map((line) => h("li", {}, line)));
}
