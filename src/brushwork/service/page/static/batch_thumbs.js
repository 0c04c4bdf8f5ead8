// Small pictures of one's own files, made in the browser for the rows near the window. Nothing is asked of the server,
// which keeps no picture of a batch. A few hundred are remembered, so that scrolling back costs nothing.

import { h } from "./dom.js";
import { attend } from "./trouble.js";
import { plainName } from "./words.js";

const SIDE = 96; // pixels: a row shows them at half of it on a screen of twice the density
const AT_ONCE = 2;
const MOST = 400; // of 37 kB each

export class Thumbs {
  /** @type {Map<string, ImageBitmap | null>} null where the browser cannot show the file; the oldest first */
  #made = new Map();
  /** @type {Map<string, {file: File, canvas: HTMLCanvasElement}>} */
  #wanted = new Map();
  #busy = 0;

  /**
   * The picture of `file`, drawn as soon as it is decoded; the sort of file in letters where there is none.
   * @param {string} key
   * @param {string} name
   * @param {File | undefined} file
   * @returns {HTMLElement}
   */
  of(key, name, file) {
    const known = this.#made.get(key);
    if (!file || known === null) return h("span", { class: "thumb blank", "aria-hidden": "true" }, kind(name));
    const canvas = /** @type {HTMLCanvasElement} */ (h("canvas", { class: "thumb", width: SIDE, height: SIDE, "aria-hidden": "true" }));
    if (known) paint(canvas, known);
    else this.#wanted.set(key, { file, canvas });
    attend(this.#work());
    return canvas;
  }

  /** The last that was asked for is made first: it is what the window shows now. */
  async #work() {
    if (this.#busy >= AT_ONCE) return;
    this.#busy += 1;
    await new Promise((resolve) => window.setTimeout(resolve)); // so that the rows are in the document
    try {
      for (let next = [...this.#wanted].pop(); next; next = [...this.#wanted].pop()) await this.#make(...next);
    } finally {
      this.#busy -= 1;
    }
  }

  /** @param {string} key @param {{file: File, canvas: HTMLCanvasElement}} wanted */
  async #make(key, { file, canvas }) {
    this.#wanted.delete(key);
    if (!canvas.isConnected) return; // scrolled past
    const made = await small(file);
    this.#remember(key, made);
    if (made) paint(canvas, made);
    else canvas.replaceWith(this.of(key, file.name, file));
  }

  /** @param {string} key @param {ImageBitmap | null} made */
  #remember(key, made) {
    this.#made.set(key, made);
    for (const [old, picture] of this.#made) {
      if (this.#made.size <= MOST) return;
      picture?.close();
      this.#made.delete(old);
    }
  }
}

/** @param {File} file @returns {Promise<ImageBitmap | null>} */
async function small(file) {
  try {
    const whole = await createImageBitmap(file);
    const part = SIDE / Math.max(whole.width, whole.height);
    const to = { resizeWidth: Math.max(1, Math.round(whole.width * part)), resizeHeight: Math.max(1, Math.round(whole.height * part)) };
    const made = await createImageBitmap(whole, { ...to, resizeQuality: "medium" });
    whole.close();
    return made;
  } catch (error) {
    if (error instanceof DOMException) return null; // no picture, one of a sort that browsers do not show, or gone
    throw error;
  }
}

/** In the middle of its square, whole. @param {HTMLCanvasElement} canvas @param {ImageBitmap} picture */
function paint(canvas, picture) {
  canvas.getContext("2d")?.drawImage(picture, (SIDE - picture.width) / 2, (SIDE - picture.height) / 2);
}

/** @param {string} name */
function kind(name) {
  const ending = /\.([A-Za-z0-9]{1,4})$/.exec(plainName(name.split("?")[0] ?? ""))?.[1];
  return ending ? ending.toUpperCase() : "·";
}
