// Three pictures to try, drawn here by code: brush strokes, an even wash that gives no texture to look at, and strokes
// whose file carries a forged generator mark, which is believed. None is shipped, so nobody's work is used.

import { h } from "./dom.js";
import { withText } from "./png.js";
import { strokes } from "./strokes.js";
import { attend } from "./trouble.js";

const [WIDTH, HEIGHT] = [768, 576];
const FORGED = "Steps: 30, Sampler: Euler a, CFG scale: 7, Seed: 1, Size: 768x576, Model: forged by this page";

/**
 * @typedef {object} Sample
 * @property {string} name
 * @property {string} title
 * @property {string} told
 * @property {(brush: CanvasRenderingContext2D) => void} draw
 * @property {string} [parameters] generator text to forge
 */

/** @type {readonly Sample[]} */
const SAMPLES = Object.freeze([
  { name: "brush-strokes.png", title: "Brush strokes", told: "drawn by code, without any mark", draw: evening },
  { name: "even-wash.png", title: "An even wash", told: "nothing to look at", draw: wash },
  { name: "forged-mark.png", title: "One that it gets wrong", told: "the same strokes with a forged mark: no AI had a part in them", draw: evening, parameters: FORGED },
]);

/**
 * @param {(file: File) => void} onFile
 */
export function samples(onFile) {
  return h(
    "section",
    { "aria-labelledby": "try" },
    h("h2", { id: "try" }, "Nothing at hand? Try one of these"),
    h("ul", {}, SAMPLES.map((sample) => h("li", {}, tile(sample, onFile)))),
  );
}

/** @param {Sample} sample @param {(file: File) => void} onFile */
function tile(sample, onFile) {
  const canvas = drawn(sample);
  const onclick = () => attend(asFile(sample, canvas).then(onFile));
  return h("button", { type: "button", class: "sample", onclick }, canvas, h("b", {}, sample.title), h("span", {}, sample.told));
}

/** @param {Sample} sample */
function drawn(sample) {
  const canvas = /** @type {HTMLCanvasElement} */ (h("canvas", { width: WIDTH, height: HEIGHT, "aria-hidden": "true" }));
  const brush = canvas.getContext("2d");
  if (brush) sample.draw(brush);
  return canvas;
}

/** @param {Sample} sample @param {HTMLCanvasElement} canvas */
async function asFile(sample, canvas) {
  /** @type {Blob | null} */
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
  if (!blob) throw new Error(`${sample.name} could not be drawn`);
  const bytes = new Uint8Array(await blob.arrayBuffer());
  const marked = sample.parameters ? withText(bytes, "parameters", sample.parameters) : bytes;
  return new File([marked], sample.name, { type: "image/png" });
}

/** @param {CanvasRenderingContext2D} brush */
function evening(brush) {
  strokes(brush, WIDTH, HEIGHT);
}

/** @param {CanvasRenderingContext2D} brush */
function wash(brush) {
  brush.fillStyle = "#c9c4b8";
  brush.fillRect(0, 0, WIDTH, HEIGHT);
}
