// An evening over hills, in several thousand short strokes: the same every time.

const [STROKES, SEED] = [14000, 7];
const SUN = { x: 0.68, y: 0.36, radius: 0.065 };

/**
 * From back to front: where a ridge lies at `x` (both as shares of the side), its colour, and how its strokes lean.
 * @type {readonly {top: (x: number) => number, hue: number, saturation: number, light: number, lean: (x: number) => number}[]}
 */
const LAYERS = [
  { top: () => -0.1, hue: 32, saturation: 46, light: 74, lean: () => 0.04 },
  { top: (x) => 0.53 + 0.05 * Math.sin(7 * x + 1) + 0.02 * Math.sin(19 * x), hue: 222, saturation: 16, light: 60, lean: (x) => 0.3 * Math.cos(7 * x + 1) },
  { top: (x) => 0.64 + 0.06 * Math.sin(5 * x + 3.4) + 0.015 * Math.sin(23 * x), hue: 205, saturation: 15, light: 45, lean: (x) => 0.35 * Math.cos(5 * x + 3.4) },
  { top: (x) => 0.78 + 0.07 * Math.sin(4 * x + 0.4) + 0.01 * Math.sin(31 * x), hue: 88, saturation: 17, light: 33, lean: (x) => 0.4 * Math.cos(4 * x + 0.4) },
];

/**
 * @param {CanvasRenderingContext2D} brush
 * @param {number} width pixels
 * @param {number} height pixels
 * @param {number} [done] share of the strokes that are painted already, 1 for the finished picture
 */
export function strokes(brush, width, height, done = 1) {
  const random = mulberry(SEED);
  brush.fillStyle = "hsl(34 40% 76%)";
  brush.fillRect(0, 0, width, height);
  brush.lineCap = "round";
  for (const [depth, layer] of LAYERS.entries()) {
    for (let i = 0; i < (done * STROKES) / LAYERS.length; i++) {
      const x = random();
      const top = layer.top(x);
      const y = top + random() ** (depth ? 1.4 : 1) * (depth ? 1.05 - top : 0.85);
      const length = (0.012 + 0.03 * random()) * width;
      brush.strokeStyle = colour(depth, x, y, height / width, random);
      brush.lineWidth = (0.6 + 1.2 * random()) * (2 + depth);
      brush.beginPath();
      brush.moveTo(x * width, y * height);
      brush.lineTo(x * width + length, y * height + layer.lean(x) * length + 3 * (random() - 0.5));
      brush.stroke();
    }
  }
}

/**
 * @param {number} depth of the layer
 * @param {number} x
 * @param {number} y
 * @param {number} ratio of height to width
 * @param {() => number} random
 */
function colour(depth, x, y, ratio, random) {
  const { hue, saturation, light } = LAYERS[depth];
  const from = Math.hypot(x - SUN.x, (y - SUN.y) * ratio);
  if (depth === 0 && from < SUN.radius) return `hsl(${38 + 6 * random()} 80% ${86 + 6 * random()}% / 0.9)`;
  const glow = depth === 0 ? Math.exp(-4 * from) : 0.25 * Math.exp(-3 * from);
  const dusk = depth === 0 ? Math.max(0, 0.5 - y) * 2 : 0;
  const mixed = hue + (dusk > 0.35 ? 178 : 0) * (random() < dusk ? 1 : 0) + 14 * (random() - 0.5);
  return `hsl(${mixed} ${saturation + 30 * glow - 18 * dusk + 8 * random()}% ${light + 12 * glow - 10 * dusk + 9 * (random() - 0.5)}% / 0.75)`;
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
