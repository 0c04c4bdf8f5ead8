// The lane of provenance: every reader with what it came back with, and the fields behind it, which fold.

import { h, icon, isWide } from "./dom.js";
import { counted, words } from "./words.js";

/** @typedef {import("./types.js").Evidence} Evidence */
/** @typedef {import("./types.js").Fact} Fact */

const ORDER = ["found", "unreadable", "absent", "not_checked"];

function meanings() {
  const rows = ORDER.map((state) => [h("dt", {}, words.state[state]), h("dd", {}, words.state_means[state])]);
  return h("details", {}, h("summary", {}, words.state_question), h("dl", { class: "facts spoken" }, rows));
}

/** @param {Evidence[]} evidence */
export function provenance(evidence) {
  const readers = evidence.filter((e) => e.kind === "provenance");
  readers.sort((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state));
  return h(
    "section",
    { class: "part", "aria-labelledby": "provenance" },
    h("h3", { id: "provenance" }, words.heading.provenance),
    isWide() ? lane(readers) : folded(readers),
    meanings(),
  );
}

/** @param {Evidence[]} readers */
const lane = (readers) => readers.length > 0 && h("ul", { class: "lane" }, readers.map(reader));

/** What was found, and behind a line the many that were not. @param {Evidence[]} readers */
function folded(readers) {
  const quiet = readers.filter(isQuiet);
  const counts = ["absent", "not_checked"].map((state) => [quiet.filter((item) => item.state === state).length, words.state[state]]);
  const told = counts.filter(([count]) => count).map(([count, state]) => `${count} ${state}`).join(", ");
  return [lane(readers.filter((item) => !isQuiet(item))), quiet.length > 0 && h("details", {}, h("summary", {}, `What was looked for: ${told}`), lane(quiet))];
}

/** @param {Evidence} item */
const isQuiet = ({ state }) => state === "absent" || state === "not_checked";

/** What is absent needs no more than its sentence. @param {Evidence} item */
function reader(item) {
  const quiet = isQuiet(item);
  return h(
    "li",
    { class: "reader", "data-state": item.state },
    icon(`state-${item.state}`, "state-icon"),
    h(
      "div",
      { class: "read" },
      !quiet && h("p", { class: "reader-name" }, words.source[item.source] ?? item.source),
      h("p", {}, item.summary),
      item.state === "found" && tags(item),
      facts(item.facts),
    ),
    h("span", { class: "state" }, words.state[item.state]),
  );
}

/** @param {Evidence} item */
function tags(item) {
  const shown = [words.trust[item.trust], words.claim[item.claim], item.tool].filter(Boolean);
  return h("p", { class: "tags" }, shown.map((text) => [h("span", {}, text), " "]));
}

/** @param {Fact[]} list */
export function facts(list) {
  if (!list.length) return null;
  return h(
    "details",
    {},
    h("summary", {}, `${counted(list.length, "field")} behind this`),
    h("dl", { class: "facts" }, list.map((fact) => [h("dt", {}, fact.name), h("dd", {}, fact.value)])),
  );
}
