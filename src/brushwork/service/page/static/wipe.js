// Two pictures laid over each other, with a line to move between them: the first left of it, the second right.

import { h } from "./dom.js";

/** @typedef {import("./compare_types.js").Comparison} Comparison */
/** @typedef {import("./compare_types.js").Side} Side */

const [START, STEP] = [50, 10];
const SMALL = 96; // pixels of the longer side, below which pixels are shown as squares

/**
 * The pictures lie in one frame of the shape of the first, or of the one that holds the other, at the place where it does.
 * @param {Comparison} found
 * @param {readonly [Side, Side]} sides
 */
export function wipe(found, sides) {
  const { likeness } = found;
  const whole = likeness.part_of === "second" ? found.second : found.first;
  const frame = h("div", { class: "wipe-frame" }, sides.map((side, i) => layer(side, i, found)), h("i", { class: "line", "aria-hidden": "true" }));
  frame.style.setProperty("--ratio", String(whole.input.width / whole.input.height));
  frame.style.setProperty("--pixels", `${whole.input.width}px`);
  frame.classList.toggle("pixels", Math.max(whole.input.width, whole.input.height) < SMALL);
  const { element, set } = slider(frame, sides);
  dragging(frame, set);
  return h("section", { class: "wipe", "aria-label": "Both pictures laid over each other" }, h("div", { class: "mount" }, frame), element);
}

/** @param {Side} side @param {number} index @param {Comparison} found */
function layer(side, index, { likeness }) {
  const which = index === 0 ? "first" : "second";
  const title = `The ${which} picture: ${side.name}`;
  const image = h("img", { src: side.url, alt: title, draggable: "false" });
  const box = h("div", { class: `layer ${which}` }, image);
  image.addEventListener("error", () => box.replaceChildren(h("p", { class: "unshown" }, "This browser cannot show files of this format. The server could read it.")));
  if (likeness.box && likeness.part_of && likeness.part_of !== which) image.classList.add("inner");
  return box;
}

/**
 * Lay the part where it was found; the size of the whole is known from its verdict.
 * @param {HTMLElement} element of the wipe
 * @param {Comparison} found
 */
export function place(element, { likeness: { box, part_of: of }, first, second }) {
  const inner = /** @type {HTMLElement | null} */ (element.querySelector(".inner"));
  if (!inner || !box) return;
  const { width, height } = (of === "first" ? first : second).input;
  const share = (/** @type {number} */ part, /** @type {number} */ all) => `${(100 * part) / all}%`;
  Object.assign(inner.style, { left: share(box.x, width), top: share(box.y, height), width: share(box.width, width), height: share(box.height, height) });
}

/**
 * A native slider, which arrow keys move, with buttons beside it.
 * @param {HTMLElement} frame
 * @param {readonly [Side, Side]} sides
 */
function slider(frame, [first, second]) {
  const range = /** @type {HTMLInputElement} */ (h("input", { id: "line", type: "range", min: 0, max: 100, step: 1, value: START, "aria-label": "Where the line is" }));
  const show = () => {
    frame.style.setProperty("--at", `${range.value}%`);
    range.setAttribute("aria-valuetext", `${range.value} percent of the width show the first picture, the rest the second`);
  };
  const set = (/** @type {number} */ value) => {
    range.value = String(value);
    show();
  };
  const move = (/** @type {number} */ by) => () => set(Number(range.value) + by);
  range.addEventListener("input", show);
  show();
  const element = h(
    "div",
    { class: "wipe-tools" },
    h("button", { id: "only-second", type: "button", class: "small", onclick: () => set(0) }, `Only ${second.name}`),
    h("div", { class: "slider" }, h("button", { id: "line-left", type: "button", "aria-label": "Line to the left", onclick: move(-STEP) }, "−"), range, h("button", { id: "line-right", type: "button", "aria-label": "Line to the right", onclick: move(STEP) }, "+")),
    h("button", { id: "only-first", type: "button", class: "small", onclick: () => set(100) }, `Only ${first.name}`),
  );
  return { element, set };
}

/** The line follows a pointer that is pressed on the picture. @param {HTMLElement} frame @param {(value: number) => void} set */
function dragging(frame, set) {
  const follow = (/** @type {PointerEvent} */ event) => {
    const { left, width } = frame.getBoundingClientRect();
    set(Math.round((100 * (event.clientX - left)) / width));
  };
  frame.addEventListener("pointerdown", (event) => {
    frame.setPointerCapture(event.pointerId);
    follow(event);
  });
  frame.addEventListener("pointermove", (event) => {
    if (frame.hasPointerCapture(event.pointerId)) follow(event);
  });
}
