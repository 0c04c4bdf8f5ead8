// A comparison on the page: what the two are to each other, both pictures under a slider, both answers, what differs.

import { h, icon } from "./dom.js";
import { gauge } from "./gauge.js";
import { place, wipe } from "./wipe.js";
import { words } from "./words.js";

/** @typedef {import("./compare_types.js").Comparison} Comparison */
/** @typedef {import("./compare_types.js").Side} Side */
/** @typedef {import("./compare_types.js").Dated} Dated */
/** @typedef {import("./types.js").Verdict} Verdict */
/** @typedef {readonly [Side, Side]} Sides */

/**
 * @param {Comparison} found
 * @param {Sides} sides
 * @param {HTMLElement} actions what can be done with it
 * @param {boolean} progress whether the first is shown as a work in progress of the second
 */
export function comparison(found, sides, actions, progress) {
  const wiper = sides.every((side) => side.url) ? wipe(found, sides) : null;
  if (wiper) place(wiper, found);
  return [
    h(
      "section",
      { class: "label relation", "aria-labelledby": "relation" },
      h("h2", { id: "relation" }, words.relation[found.likeness.relation] ?? found.likeness.relation),
      h("p", { class: "why" }, found.words),
      progress && h("p", { class: "caveat" }, words.progress_caveat),
      actions,
    ),
    wiper ?? h("p", { class: "fine" }, "At least one of the pictures was not kept, so there is nothing to lay over each other."),
    h("div", { class: "sides-of" }, answer(found.first, sides[0], 1), answer(found.second, sides[1], 2)),
    differences(found, sides),
    dates(found, sides),
  ];
}

/** @param {Verdict} verdict @param {Side} side @param {number} number */
function answer(verdict, side, number) {
  const { wording, answer: said } = verdict;
  const declared = verdict.evidence.filter((e) => e.kind === "provenance" && e.state === "found");
  return h(
    "section",
    { class: "side", "data-answer": said, "aria-labelledby": `name-${number} side-${number}` },
    h("div", { class: "band", "aria-hidden": "true" }),
    h("p", { class: "side-name", id: `name-${number}` }, side.id ? h("a", { href: `/p/${side.id}` }, side.name) : side.name),
    h("h2", { id: `side-${number}` }, icon(said, "sign"), wording.answer),
    h("p", {}, wording.why),
    h("p", { class: "rate" }, wording.error_rate),
    verdict.reference && gauge(verdict),
    h("h3", {}, words.heading.provenance),
    declared.length ? h("ul", { class: "notes" }, declared.map((e) => h("li", {}, e.summary))) : h("p", { class: "fine" }, "No mark was found. That says nothing about who made the picture."),
  );
}

/** @param {Comparison} found @param {Sides} sides */
function differences({ differences: rows }, sides) {
  const unlike = rows.filter((row) => !row.same);
  const same = rows.filter((row) => row.same).map((row) => row.about);
  const lines = unlike.map((row) =>
    h("tr", {}, h("th", { scope: "row" }, row.about), h("td", { "data-of": sides[0].name }, row.first), h("td", { "data-of": sides[1].name }, row.second)),
  );
  const head = h("thead", {}, h("tr", {}, h("td", {}), sides.map((side) => h("th", { scope: "col" }, side.name))));
  return h(
    "section",
    { class: "part", "aria-labelledby": "differences" },
    h("h2", { id: "differences" }, words.heading.differences),
    lines.length > 0 && h("table", { class: "differences" }, head, h("tbody", {}, lines)),
    h("p", { class: "fine" }, `The same in both: ${same.join(", ") || "nothing"}.`),
  );
}

/** @param {Comparison} found @param {Sides} sides */
function dates({ dates: found }, sides) {
  if (!found) return null;
  const none = !found.first.length && !found.second.length;
  return h(
    "section",
    { class: "part", "aria-labelledby": "dates" },
    h("h2", { id: "dates" }, words.heading.dates),
    h("p", {}, none ? words.no_dates_at_all : words.dates_caveat),
    !none && h("div", { class: "sides-of" }, dated(sides[0], found.first), dated(sides[1], found.second)),
  );
}

/** @param {Side} side @param {Dated[]} found */
function dated(side, found) {
  const rows = found.map(({ field, value }) => [h("dt", {}, field), h("dd", {}, value)]);
  return h("div", {}, h("h3", {}, side.name), found.length ? h("dl", { class: "facts" }, rows) : h("p", {}, words.no_dates));
}

/**
 * The same as plain text, to paste into a mail.
 * @param {Comparison} found
 * @param {Sides} sides
 */
export function asText(found, [first, second]) {
  const rows = found.differences.map((row) => (row.same ? `${row.about}: the same, ${row.first}` : `${row.about}:\n  ${first.name}: ${row.first}\n  ${second.name}: ${row.second}`));
  const written = (/** @type {Dated[]} */ list) => list.map(({ field, value }) => `${field} ${value}`).join("; ") || words.no_dates;
  const { dates: both } = found;
  const told = both && `${words.heading.dates} (unsigned):\n  ${first.name}: ${written(both.first)}\n  ${second.name}: ${written(both.second)}`;
  return [`${first.name} and ${second.name}`, "", ...rows, ...(told ? [told] : []), "", found.words].join("\n");
}
