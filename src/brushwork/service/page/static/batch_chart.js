// How the scores of a batch lie, and how many people such scores would accuse wrongly. Both also in words and numbers.

import { aiOf100 } from "./chance.js";
import { byId, h, s } from "./dom.js";
import { counted, two } from "./words.js";

/** @typedef {import("./batch_book.js").Line} Line */
/** @typedef {{probability: number, fpr: number, fpr_upper95: number, recall: number, n_human: number, n_ai: number}} Fit */
/** @typedef {{model: string, clear: Fit, balanced: Fit, strict: Fit}} Edges as the recipe of the bundle in use has them */

const BINS = 20;
const [WIDTH, HEIGHT] = [640, 120];
const SHARE = 10; // percent: the guess that the sentence begins with
/** @type {Readonly<Record<"strict" | "balanced", string>>} */
const LEVELS = Object.freeze({ strict: "“Looks AI-generated”", balanced: "“AI” where there are only two classes" });

/** @returns {Edges} */
export const edges = () => JSON.parse(byId("edges").textContent ?? "{}");

/** What the person chose; it stays while results come in. */
const chosen = { level: /** @type {"strict" | "balanced"} */ ("strict"), share: SHARE, table: false };

/**
 * @param {Iterable<Line>} lines
 * @param {Edges} fits
 * @param {() => void} again draws it again, after another choice
 */
export function overview(lines, fits, again) {
  const rows = [...lines].flatMap(({ row }) => (row && row.probability !== null ? [row] : []));
  const other = rows.filter(({ model }) => model !== fits.model).length;
  return [
    h("section", { class: "part", "aria-labelledby": "spread" }, h("h2", { id: "spread" }, "How the scores lie"), histogram(rows.map(({ probability }) => probability ?? 0), fits)),
    h(
      "section",
      { class: "part", "aria-labelledby": "accused" },
      h("h2", { id: "accused" }, "Expected false accusations"),
      accusations(rows.filter(({ judged }) => judged).map(({ probability }) => probability ?? 0), fits, again),
      other > 0 && h("p", { class: "fine" }, `${counted(other, "picture")} of these ${other === 1 ? "was" : "were"} examined by another model; the rates are those of ${fits.model}.`),
    ),
  ];
}

/** @param {number[]} scores @param {Edges} fits */
function histogram(scores, { clear, strict }) {
  if (!scores.length) return h("p", { class: "fine" }, "No picture has a score yet.");
  const bins = Array.from({ length: BINS }, () => 0);
  for (const score of scores) bins[Math.min(BINS - 1, Math.floor(score * BINS))] = (bins[Math.min(BINS - 1, Math.floor(score * BINS))] ?? 0) + 1;
  const most = Math.max(...bins);
  const wide = WIDTH / BINS;
  const bars = bins.map((count, i) => {
    const tall = count && Math.max(2, (count / most) * (HEIGHT - 18));
    return [
      s("rect", { class: "bar-of", x: i * wide + 2, y: HEIGHT - tall, width: wide - 4, height: tall }),
      count > 0 && s("text", { x: (i + 0.5) * wide, y: HEIGHT - tall - 4, "text-anchor": "middle" }, count),
    ];
  });
  const lines = [clear, strict].map(({ probability }) => s("line", { class: "edge-line", x1: probability * WIDTH, x2: probability * WIDTH, y1: 0, y2: HEIGHT }));
  const label = `Histogram of ${counted(scores.length, "score")} from 0 to 1; the table below has its numbers`;
  return h(
    "figure",
    { class: "chart" },
    s("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT + 18}`, role: "img", "aria-label": label }, lines, bars, s("line", { class: "frame-line", x1: 0, x2: WIDTH, y1: HEIGHT, y2: HEIGHT }), s("text", { x: 0, y: HEIGHT + 15 }, "0"), s("text", { x: WIDTH, y: HEIGHT + 15, "text-anchor": "end" }, "1")),
    h("figcaption", {}, `Pictures by probability. Left of the first line (${two(clear.probability)}) there is no sign of AI; right of the second (${two(strict.probability)}) a picture looks AI-generated.`),
    h("details", { open: chosen.table, ontoggle: (event) => (chosen.table = /** @type {HTMLDetailsElement} */ (event.target).open) }, h("summary", {}, "The same as a table"), table(bins)),
  );
}

/** @param {number[]} bins */
function table(bins) {
  const rows = bins.map((count, i) => count > 0 && h("tr", {}, h("th", { scope: "row" }, `${two(i / BINS)} to ${two((i + 1) / BINS)}`), h("td", { class: "number" }, count)));
  return h("table", { class: "bins" }, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Probability"), h("th", { scope: "col", class: "number" }, "Pictures"))), h("tbody", {}, rows));
}

/** @param {number[]} scores of pictures that were judged by their pixels @param {Edges} fits @param {() => void} again */
function accusations(scores, fits, again) {
  const fit = fits[chosen.level];
  const called = scores.filter((score) => score >= fit.probability).length;
  const levels = Object.entries(LEVELS).map(([level, title]) =>
    h("label", {}, h("input", { type: "radio", name: "level", id: `level-${level}`, value: level, checked: level === chosen.level, onchange: () => choose({ level: /** @type {"strict" | "balanced"} */ (level) }) }), h("span", {}, title)),
  );
  /** @param {Partial<typeof chosen>} changes */
  const choose = (changes) => {
    Object.assign(chosen, changes);
    again();
  };
  return h(
    "div",
    { class: "accused" },
    h("fieldset", { class: "switch" }, h("legend", { class: "unseen" }, "Which threshold"), levels),
    scores.length > 0 ? expected(scores.length, called, fit) : h("p", { class: "told" }, "No picture was judged by its pixels yet."),
    called > 0 && suppose(fit, (share) => choose({ share })),
    h("p", { class: "fine" }, "Do not accuse anyone on a score: ask for the original file and for work in progress."),
  );
}

/** @param {number} judged @param {number} called @param {Fit} fit */
function expected(judged, called, fit) {
  const mean = judged * fit.fpr;
  const most = rarelyMore(judged, fit.fpr);
  const about = mean < 0.05 ? "fewer than 0.1" : `about ${mean.toFixed(1)}`;
  return [
    h("p", { class: "told" }, `Had people made all ${counted(judged, "picture")} that were judged by their pixels, ${about} would score ${two(fit.probability)} or more all the same. ${called === 1 ? "1 does" : `${called} do`} here.`),
    h("p", { class: "fine" }, `Only one such batch in twenty would have more than ${most}. The assumption: your pictures are like the ${fit.n_human.toLocaleString("en")} human works that were measured, ${percent(fit.fpr)} of which score this high (at most ${percent(fit.fpr_upper95)}, with 95 % confidence). Photographs and flat graphics may fare worse: see the `, h("a", { href: "/model" }, "model card"), "."),
  ];
}

/** @param {Fit} fit @param {(share: number) => void} choose */
function suppose(fit, choose) {
  const rates = { of_human: fit.fpr, of_ai: fit.recall, n_human: fit.n_human, n_ai: fit.n_ai };
  const people = 100 - aiOf100(chosen.share, rates);
  const input = /** @type {HTMLInputElement} */ (h("input", { id: "share", type: "number", min: 1, max: 99, step: 1, value: chosen.share, inputmode: "numeric" }));
  input.addEventListener("change", () => choose(Math.min(99, Math.max(1, Math.round(Number(input.value)) || SHARE))));
  return h("p", { class: "suppose" }, h("label", { for: "share" }, "Suppose AI made this share of your pictures, in percent: "), input, h("span", { role: "status" }, ` Then of 100 pictures that score this high, people made about ${people}.`));
}

/**
 * The least number that fewer than one batch in twenty goes beyond, by the binomial distribution.
 * @param {number} n
 * @param {number} p
 */
export function rarelyMore(n, p) {
  let [chance, sum, k] = [Math.exp(n * Math.log1p(-p)), 0, 0];
  for (; k < n; k += 1) {
    sum += chance;
    if (sum >= 0.95) return k;
    chance *= ((n - k) / (k + 1)) * (p / (1 - p));
  }
  return n;
}

/** @param {number} part */
const percent = (part) => `${(part * 100).toFixed(1)} %`;
