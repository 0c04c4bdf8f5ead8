// Three pictures to try, drawn here by code: brush strokes, an even wash that gives no texture to look at, and strokes
// whose file carries a forged generator mark. None is shipped, so nobody's work is used.

import { h } from "./dom.js";
import { withText } from "./png.js";

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
  { name: "brush-strokes.png", title: "Brush strokes", told: "drawn by code, without any mark", draw: strokes },
  { name: "even-wash.png", title: "An even wash", told: "nothing to look at", draw: wash },
  { name: "forged-mark.png", title: "A forged mark", told: "the same strokes, with generator text added", draw: strokes, parameters: FORGED },
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
  const onclick = async () => onFile(await asFile(sample, canvas));
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

/** Hills and a sky of several thousand short strokes, the same every time. @param {CanvasRenderingContext2D} brush */
function strokes(brush) {
  const random = mulberry(7);
  brush.fillStyle = "#d9cfb8";
  brush.fillRect(0, 0, WIDTH, HEIGHT);
  for (let i = 0; i < 9000; i++) {
    const [x, y] = [random() * WIDTH, random() * HEIGHT];
    const horizon = HEIGHT * (0.55 + 0.09 * Math.sin(x / 95) + 0.04 * Math.sin(x / 31));
    const near = y > horizon + 90 + 30 * Math.sin(x / 60);
    const hue = y < horizon ? 205 + 20 * random() : near ? 80 + 30 * random() : 35 + 25 * random();
    const light = y < horizon ? 78 - 22 * (y / HEIGHT) + 12 * random() : 34 + 24 * random();
    brush.strokeStyle = `hsl(${hue} ${24 + 26 * random()}% ${light}% / 0.55)`;
    brush.lineWidth = 1 + 5 * random();
    brush.lineCap = "round";
    const [length, slope] = [6 + 22 * random(), y < horizon ? 0.12 : 0.5 * Math.cos(x / 95)];
    brush.beginPath();
    brush.moveTo(x, y);
    brush.lineTo(x + length, y - slope * length + 4 * (random() - 0.5));
    brush.stroke();
  }
}

/** @param {CanvasRenderingContext2D} brush */
function wash(brush) {
  brush.fillStyle = "#c9c4b8";
  brush.fillRect(0, 0, WIDTH, HEIGHT);
}

/** Numbers between 0 and 1 from a seed (the mulberry32 generator). @param {number} seed */
function mulberry(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
