// What the file's container and its compression say, in words, numbers and small plots; and its metadata as it stands.

import { h, refill, s } from "./dom.js";
import { counted, size } from "./words.js";

/** @typedef {import("./lab_types.js").Look} Look */
/** @typedef {import("./lab_types.js").Field} Field */

const HEIGHT = 120;

/** @param {Look} found @param {string} name */
export function fileFacts({ file, window: side }, name) {
  const large = Math.max(file.width, file.height) > side && `Ghosts, grid and spectrum look at the middle ${side} × ${side} pixels.`;
  const rows = /** @type {[string, string | null | false][]} */ ([
    ["Name", name],
    ["Format", [file.format ?? "not told", file.mode, file.progressive && "progressive", file.chroma_subsampling].filter(Boolean).join(", ")],
    ["Pixels", `${file.width} × ${file.height}`],
    ["Size", file.bytes !== null && [size(file.bytes), file.bits_per_pixel !== null && `${file.bits_per_pixel.toFixed(2)} bits per pixel`].filter(Boolean).join(", ")],
    ["Shape", file.typical_generator_size && "a size that generators often give; many human works have it too"],
  ]);
  return part("The container", list(rows), large && h("p", { class: "fine" }, large));
}

/** @param {Look} found */
export function compression({ jpeg_tables: tables, ghosts, grid }) {
  return [
    part("JPEG ghosts", h("p", {}, ghosts.words), ghostPlot(ghosts)),
    part("Grid of blocks", h("p", {}, grid.words)),
    part("JPEG tables", tables ? [h("p", {}, tables.words), tables.tables.map(table)] : h("p", {}, "No JPEG, so there are none.")),
  ];
}

/** @param {import("./lab_types.js").Ghosts} ghosts */
function ghostPlot({ qualities, differences, dip }) {
  const highest = Math.max(...differences, Number.EPSILON);
  const x = (/** @type {number} */ index) => `${(100 * (index + 0.5)) / qualities.length}%`;
  const y = (/** @type {number} */ value) => HEIGHT - 8 - (HEIGHT - 16) * (value / highest);
  const lines = differences.slice(1).map((value, i) => s("line", { class: "curve", x1: x(i), y1: y(differences[i] ?? 0), x2: x(i + 1), y2: y(value) }));
  const dots = differences.map((value, i) => s("circle", { class: "dot", cx: x(i), cy: y(value), r: qualities[i] === dip ? 6 : 3 }));
  const labels = qualities.map((quality) => h("span", {}, String(quality)));
  const rows = qualities.map((quality, i) => h("tr", {}, h("th", { scope: "row" }, String(quality)), h("td", {}, (differences[i] ?? 0).toFixed(2))));
  return h(
    "figure",
    { class: "chart" },
    s("svg", { width: "100%", height: HEIGHT, role: "img", "aria-label": "Curve of the change by quality; the table below has its points" }, lines, dots),
    h("div", { class: "axis", "aria-hidden": "true" }, labels),
    h("figcaption", {}, "Across: the JPEG quality. Upwards: how much saving at it changes the picture."),
    h("details", {}, h("summary", {}, "The same as a table"), h("table", {}, head("Quality", "Mean squared change"), h("tbody", {}, rows))),
  );
}

/** @param {number[]} values 64 in row order @param {number} index */
function table(values, index) {
  const rows = Array.from({ length: 8 }, (_, row) => h("tr", {}, values.slice(row * 8, row * 8 + 8).map((value) => h("td", {}, String(value)))));
  return h("details", { open: index === 0 }, h("summary", {}, index === 0 ? "Table of the brightness" : `Table ${index + 1}, of the colour`), h("table", { class: "quantisation" }, h("tbody", {}, rows)));
}

/**
 * Every field as it stands, with a search; private ones are covered until they are asked for.
 * @param {Look} found
 * @param {() => void} [reveal]
 */
export function metadata({ metadata: fields, hidden }, reveal) {
  if (!fields.length) return part("Raw metadata", h("p", {}, "There is none. That says nothing about who made the picture."));
  const body = h("div", {});
  const search = /** @type {HTMLInputElement} */ (h("input", { id: "find-field", type: "search", autocomplete: "off" }));
  const said = h("p", { class: "fine", role: "status" });
  const show = () => {
    const wanted = search.value.trim().toLowerCase();
    const some = fields.filter((field) => [field.group, field.name, field.value].some((text) => text.toLowerCase().includes(wanted)));
    said.textContent = wanted ? `${some.length} of ${counted(fields.length, "field")}` : counted(fields.length, "field");
    refill(body, groups(some));
  };
  search.addEventListener("input", show);
  show();
  return part(
    "Raw metadata",
    h("p", {}, "As it stands in the file. Anyone can write, copy or remove any of it."),
    hidden > 0 && reveal && h("p", {}, `${counted(hidden, "field")} with a place, a serial number or an owner ${hidden === 1 ? "is" : "are"} covered. `, h("button", { id: "reveal", type: "button", class: "small", onclick: reveal }, "Show them")),
    h("div", { class: "field" }, h("label", { for: "find-field" }, "Find a field"), search),
    said,
    body,
  );
}

/** @param {Field[]} fields */
function groups(fields) {
  const names = [...new Set(fields.map((field) => field.group))];
  return names.map((name) => [h("h3", { class: "group" }, name), list(fields.filter((field) => field.group === name).map(entry), "raw")]);
}

/** @param {Field} field @returns {[string, import("./dom.js").Child]} */
const entry = (field) => [field.name, field.hidden ? h("span", { class: "covered" }, "covered") : field.value];

/** @param {[string, import("./dom.js").Child][]} rows @param {string} [className] */
function list(rows, className = "") {
  return h("dl", { class: `facts ${className}` }, rows.filter(([, value]) => value).map(([term, value]) => [h("dt", {}, term), h("dd", {}, value)]));
}

/** @param {...string} titles */
const head = (...titles) => h("thead", {}, h("tr", {}, titles.map((title) => h("th", { scope: "col" }, title))));

/** @param {string} title @param {...import("./dom.js").Child} children */
function part(title, ...children) {
  const id = title.toLowerCase().replaceAll(" ", "-");
  return h("section", { class: "part", "aria-labelledby": id }, h("h2", { id }, title), children);
}
