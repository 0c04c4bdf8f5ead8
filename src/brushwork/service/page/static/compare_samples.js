// Pairs to try, drawn here by code: an early state beside the finished picture, and a picture beside a worse copy.

import { h } from "./dom.js";
import { strokes } from "./strokes.js";
import { attend } from "./trouble.js";

const [WIDTH, HEIGHT] = [768, 576];
const EARLY = 0.25; // of the strokes

/**
 * @typedef {object} Pair
 * @property {string} id
 * @property {string} title
 * @property {string} told
 * @property {"pictures" | "progress"} mode
 * @property {() => Promise<readonly [File, File]>} files
 */

/** @type {readonly Pair[]} */
const PAIRS = Object.freeze([
  { id: "progress", title: "A work in progress and the final picture", told: "the same evening, after one stroke in four and after all", mode: "progress", files: progress },
  { id: "copy", title: "A picture and a worse copy", told: "the copy smaller, cut and saved as JPEG", mode: "pictures", files: copies },
]);

/** @param {(files: readonly [File, File], mode: "pictures" | "progress") => void} onPair */
export function samples(onPair) {
  const choose = (/** @type {Pair} */ pair) => () => attend(pair.files().then((files) => onPair(files, pair.mode)));
  const tiles = PAIRS.map((pair) => h("li", {}, h("button", { type: "button", class: "pick", id: `pair-${pair.id}`, onclick: choose(pair) }, h("b", {}, pair.title), h("span", { class: "fine" }, pair.told))));
  return h("section", { "aria-labelledby": "try" }, h("h2", { id: "try" }, "Nothing at hand? Try a pair drawn by this page"), h("ul", { class: "picks" }, tiles));
}

async function progress() {
  return /** @type {const} */ ([await file("evening, early.png", painted(EARLY)), await file("evening, finished.png", painted(1))]);
}

async function copies() {
  const whole = painted(1);
  const [width, height] = [0.6 * WIDTH, 0.6 * HEIGHT];
  const small = canvas(0.8 * width, 0.8 * height);
  small.getContext("2d")?.drawImage(whole, 0.25 * WIDTH, 0.2 * HEIGHT, width, height, 0, 0, small.width, small.height);
  return /** @type {const} */ ([await file("evening.png", whole), await file("evening, passed on.jpg", small, "image/jpeg")]);
}

/** @param {number} width @param {number} height */
function canvas(width, height) {
  return /** @type {HTMLCanvasElement} */ (h("canvas", { width: Math.round(width), height: Math.round(height) }));
}

/** @param {number} done share of the strokes */
function painted(done) {
  const made = canvas(WIDTH, HEIGHT);
  const brush = made.getContext("2d");
  if (brush) strokes(brush, WIDTH, HEIGHT, done);
  return made;
}

/** @param {string} name @param {HTMLCanvasElement} drawn @param {string} [type] */
async function file(name, drawn, type = "image/png") {
  /** @type {Blob | null} */
  const blob = await new Promise((resolve) => drawn.toBlob(resolve, type, 0.6));
  if (!blob) throw new Error(`${name} could not be drawn`);
  return new File([blob], name, { type });
}
