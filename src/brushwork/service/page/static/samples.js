// Pictures to try, drawn here by code: brush strokes, an even wash that gives no texture to look at, strokes whose file
// carries a forged generator mark, and noise that the model takes for AI. None is shipped, so nobody's work is used.

import { h } from "./dom.js";
import { noise, SIDE } from "./noise.js";
import { withText } from "./png.js";
import { strokes } from "./strokes.js";

const [WIDTH, HEIGHT] = [768, 576];
const FORGED = "Steps: 30, Sampler: Euler a, CFG scale: 7, Seed: 1, Size: 768x576, Model: forged by this page";

/**
 * @typedef {object} Sample
 * @property {string} name
 * @property {string} title
 * @property {string} told
 * @property {(brush: CanvasRenderingContext2D, step: number) => void} draw
 * @property {[number, number]} [size] where it is not as the others
 * @property {number} [step] of its small copy, which is drawn with so many pixels passed over
 * @property {string} [parameters] generator text to forge
 */

/** @type {readonly Sample[]} */
const SAMPLES = Object.freeze([
  { name: "brush-strokes.png", title: "Brush strokes", told: "drawn by code, without any mark", draw: evening },
  { name: "noise.png", title: "One that it gets wrong", told: "noise from sixty lines of code, taken for AI", draw: noise, size: [SIDE, SIDE], step: 4 },
  { name: "even-wash.png", title: "An even wash", told: "nothing to look at", draw: wash },
  { name: "forged-mark.png", title: "A forged mark", told: "the same strokes, with generator text added", draw: evening, parameters: FORGED },
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
  const canvas = drawn(sample, sample.step ?? 1);
  const onclick = async () => onFile(await asFile(sample, sample.step ? drawn(sample, 1) : canvas));
  return h("button", { type: "button", class: "sample", onclick }, canvas, h("b", {}, sample.title), h("span", {}, sample.told));
}

/** @param {Sample} sample @param {number} step */
function drawn(sample, step) {
  const [width, height] = sample.size ?? [WIDTH, HEIGHT];
  const canvas = /** @type {HTMLCanvasElement} */ (h("canvas", { width: width / step, height: height / step, "aria-hidden": "true" }));
  const brush = canvas.getContext("2d");
  if (brush) sample.draw(brush, step);
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
