// A picture of noise alone: soft spots of nine sizes, in numbers that were sought until the model in use called it
// AI-generated. No AI had a part in it. The same every time, to the pixel.

/** Size of the spots in pixels, how strong they are in all colours alike, and in each colour by itself. */
const LAYERS = /** @type {const} */ ([
  [256, 24, 7],
  [128, 16, 0],
  [64, 6, 2],
  [32, 1, 4],
  [16, 4, 4],
  [8, 19, 156],
  [4, 53, 14],
  [2, 4, 1],
  [1, 3, 0],
]);
const GROUND = /** @type {const} */ ([129, 115, 57]);

export const SIDE = 512; // pixels

/**
 * @param {CanvasRenderingContext2D} brush of a canvas whose side is SIDE / `step`
 * @param {number} step pixels that are passed over, for a small copy
 */
export function noise(brush, step) {
  const side = SIDE / step;
  const sums = [0, 1, 2].map((colour) => new Float64Array(side * side).fill(GROUND[colour]));
  LAYERS.forEach(([cell, alike, apart], layer) => {
    for (let channel = 0; channel < 4; channel++) {
      const strength = channel ? apart : alike;
      if (strength) add(channel ? [sums[channel - 1]] : sums, { cell, strength, seed: 17 * layer + channel + 1, step, side });
    }
  });
  const image = brush.createImageData(side, side);
  for (let i = 0; i < side * side; i++) {
    for (let colour = 0; colour < 3; colour++) image.data[4 * i + colour] = sums[colour]?.[i] ?? 0; // rounded and held within 0 to 255
    image.data[4 * i + 3] = 255;
  }
  brush.putImageData(image, 0, 0);
}

/**
 * Add one layer of spots, blended smoothly between the corners of its cells.
 * @param {(Float64Array | undefined)[]} sums
 * @param {{cell: number, strength: number, seed: number, step: number, side: number}} layer
 */
function add(sums, { cell, strength, seed, step, side }) {
  for (let row = 0, i = 0; row < side; row++) {
    const [y, down] = placed((row * step) / cell);
    for (let column = 0; column < side; column++, i++) {
      const [x, along] = placed((column * step) / cell);
      const upper = corner(x, y, seed) * (1 - along) + corner(x + 1, y, seed) * along;
      const lower = corner(x, y + 1, seed) * (1 - along) + corner(x + 1, y + 1, seed) * along;
      const value = strength * (upper * (1 - down) + lower * down - 0.5);
      for (const sum of sums) if (sum) sum[i] = (sum[i] ?? 0) + value;
    }
  }
}

/**
 * The cell, and how far one is across it, smoothed.
 * @param {number} at
 * @returns {[number, number]}
 */
function placed(at) {
  const cell = Math.floor(at);
  const part = at - cell;
  return [cell, part * part * (3 - 2 * part)];
}

/** A number from 0 to 1 for a corner of a cell (an integer hash). @param {number} x @param {number} y @param {number} seed */
function corner(x, y, seed) {
  let h = (Math.imul(x, 374761393) + Math.imul(y, 668265263) + Math.imul(seed, 2246822519)) >>> 0;
  h = Math.imul(h ^ (h >>> 13), 1274126177) >>> 0;
  return ((h ^ (h >>> 16)) >>> 0) / 4294967296;
}
