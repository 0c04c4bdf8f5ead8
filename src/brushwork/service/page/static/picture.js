// The picture on its mount, with the regions drawn over it on demand.

import { h, s } from "./dom.js";
import { two, words } from "./words.js";

/** @typedef {import("./types.js").Verdict} Verdict */
/** @typedef {import("./types.js").Region} Region */

const [START, STEP] = [60, 10];
const MOST_NUMBERS = 25;
const SIZES = /** @type {const} */ ([
  ["Fit", "fit"],
  ["1:1", "full"],
  ["2:1", "double"],
]);
const [SMALL, ENLARGED] = [96, 192]; // pixels of the longer side

/**
 * The picture itself. Formats that the browser cannot show (TIFF, HEIC) are said to be so.
 * @param {string} url of the file; "" where there is none
 * @param {string} name
 * @param {Verdict} verdict
 */
export function picture(url, name, verdict) {
  if (!url) return h("div", { class: "mount" }, h("p", { class: "unshown" }, words.no_picture));
  const map = verdict.regions && verdict.reference && drawing(verdict.regions.patches, verdict.input.width, verdict.input.height);
  const times = enlarged(verdict.input.width, verdict.input.height);
  const width = times > 1 && verdict.input.width * times;
  const image = h("img", { src: url, width, class: times > 1 && "pixels", alt: `The picture that was checked: ${name}` });
  const frame = h("div", { class: "frame" }, image, map);
  const pane = h("div", { class: "pane" }, frame);
  const zoom = times === 1 && sizes(pane, image, verdict.input.width);
  const tools = h("div", { class: "tools" }, zoom, map && controls(map));
  image.addEventListener("error", () => {
    tools.remove();
    frame.replaceChildren(h("p", { class: "unshown" }, `This browser cannot show ${verdict.input.format ?? "this"} files. The server could read it.`));
  });
  const note = times > 1 && h("figcaption", { class: "fine" }, `Shown ${times} times as large.`);
  return [h("figure", { class: "mount" }, pane, note), tools];
}

/**
 * How large it is shown. Where it is larger than its place, that scrolls, by keyboard too.
 * @param {HTMLElement} pane
 * @param {HTMLElement} image
 * @param {number} width of the picture in pixels
 */
function sizes(pane, image, width) {
  const set = (/** @type {string} */ size) => {
    pane.dataset.size = size;
    if (size === "fit") for (const name of ["tabindex", "role", "aria-label"]) pane.removeAttribute(name);
    else for (const [name, value] of [["tabindex", "0"], ["role", "region"], ["aria-label", "The picture, larger than its place"]]) pane.setAttribute(/** @type {string} */ (name), /** @type {string} */ (value));
    image.style.width = size === "fit" ? "" : `${(width * (size === "double" ? 2 : 1)) / window.devicePixelRatio}px`;
  };
  const choices = SIZES.map(([title, size]) => choice("size", title, size === "fit", () => set(size)));
  return h("fieldset", { class: "switch" }, h("legend", { class: "unseen" }, "Size of the picture"), choices);
}

/**
 * The map in words, for those who do not look at it, and for those who do.
 * @param {Verdict} verdict
 */
export function regions({ regions: found }) {
  if (!found) return null;
  return h(
    "section",
    { class: "part", "aria-labelledby": "regions" },
    h("h3", { id: "regions" }, words.heading.regions),
    h("p", {}, found.words),
    h("p", { class: "fine" }, words.map_caveat),
  );
}

/** How many times larger a very small picture is shown. @param {number} width @param {number} height */
function enlarged(width, height) {
  const side = Math.max(width, height);
  return side < SMALL ? Math.floor(ENLARGED / side) : 1;
}

/**
 * Boxes in the pixels of the upright picture: the stronger, the more opaque, each with its number.
 * @param {Region[]} patches
 * @param {number} width
 * @param {number} height
 */
function drawing(patches, width, height) {
  const text = Math.max(12, Math.min(width, height) / 24);
  const map = s("svg", { class: "map", viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true", focusable: "false" });
  for (const patch of [...patches].sort((a, b) => a.probability - b.probability)) {
    const { x, y, probability } = patch;
    map.append(s("rect", { x, y, width: patch.width, height: patch.height, "fill-opacity": (probability * 0.7).toFixed(3) }));
  }
  for (const patch of patches.length <= MOST_NUMBERS ? patches : []) {
    const place = { x: patch.x + patch.width / 2, y: patch.y + patch.height / 2, "font-size": text.toFixed(1) };
    map.append(s("text", { ...place, "text-anchor": "middle", "dominant-baseline": "middle" }, two(patch.probability)));
  }
  map.style.display = "none";
  return map;
}

/**
 * Right under the picture, and off by default: a map is only looked at by one who asked for it.
 * @param {SVGElement} map
 */
function controls(map) {
  const slider = /** @type {HTMLInputElement} */ (
    h("input", { id: "opacity", type: "range", min: STEP, max: 100, step: STEP, value: START })
  );
  const strength = h(
    "div",
    { class: "slider" },
    h("button", { type: "button", "aria-label": "Fainter", onclick: () => set(-STEP) }, "−"),
    slider,
    h("button", { type: "button", "aria-label": "Stronger", onclick: () => set(STEP) }, "+"),
  );
  const label = h("label", { for: "opacity" }, "Strength");
  const fold = h("div", { class: "strength", hidden: true }, label, strength, h("p", { class: "fine" }, words.map_short));
  const show = (/** @type {boolean} */ on) => {
    map.style.display = on ? "" : "none";
    fold.hidden = !on;
  };
  const set = (/** @type {number} */ by) => {
    slider.value = String(Number(slider.value) + by);
    map.style.opacity = String(Number(slider.value) / 100);
  };
  slider.addEventListener("input", () => set(0));
  set(0);
  const choices = [choice("overlay", "None", true, () => show(false)), choice("overlay", "Regions", false, () => show(true))];
  return [h("fieldset", { class: "switch" }, h("legend", { class: "unseen" }, "Drawn over the picture"), choices), fold];
}

/** @param {string} group @param {string} name @param {boolean} checked @param {EventListener} onchange */
function choice(group, name, checked, onchange) {
  return h("label", {}, h("input", { type: "radio", name: group, checked, id: `${group}-${name}`, onchange }), h("span", {}, name));
}
