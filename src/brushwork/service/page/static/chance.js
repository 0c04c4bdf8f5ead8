// What the share of AI pictures does to an answer, by Bayes' rule: the rarer they are, the more often it is wrong.

import { h } from "./dom.js";
import { careful } from "./strength.js";
import { words } from "./words.js";

/** @typedef {import("./types.js").Verdict} Verdict */
/** @typedef {import("./types.js").Rates} Rates */

const START = 10;
const [LEAST, MOST, STEP] = [1, 99, 1];

/**
 * Of 100 pictures that get this answer, how many are made with AI; never 0 or 100. `chance.py` says the same.
 * @param {number} share of AI pictures among all, in percent
 * @param {Rates} rates
 */
export function aiOf100(share, rates) {
  const [ofHuman, ofAi] = careful(rates);
  const [human, ai] = [(100 - share) * ofHuman, share * ofAi];
  return Math.min(99, Math.max(1, Math.round((100 * ai) / (ai + human))));
}

/**
 * @param {Verdict} verdict
 * @param {number} ai of 100
 */
function sentence({ answer }, ai) {
  const human = 100 - ai;
  if (answer === "looks_ai") return `Of 100 pictures that get this answer, about ${ai} are made with AI; it is wrong about the other ${human}.`;
  if (answer === "no_sign_of_ai") return `Of 100 pictures that get this answer, about ${human} are by people; AI made the other ${ai}, unseen.`;
  return `Of 100 pictures that get this answer, about ${ai} are made with AI and ${human} are by people.`;
}

/**
 * The slider with its buttons; nothing where the answer does not rest on the pixels.
 * @param {Verdict} verdict
 */
export function chance(verdict) {
  const rates = verdict.rates;
  if (!rates) return null;
  const slider = /** @type {HTMLInputElement} */ (
    h("input", { id: "share", type: "range", min: LEAST, max: MOST, step: STEP, value: START })
  );
  const share = h("output", { for: "share", class: "share" });
  const told = h("p", { class: "told", role: "status" });
  const show = () => {
    share.textContent = `${slider.value} %`;
    slider.setAttribute("aria-valuetext", `${slider.value} percent`);
    told.textContent = sentence(verdict, aiOf100(Number(slider.value), rates));
  };
  const move = (/** @type {number} */ by) => () => {
    slider.value = String(Number(slider.value) + by);
    show();
  };
  slider.addEventListener("input", show);
  show();
  return h(
    "section",
    { class: "part chance", "aria-labelledby": "chance" },
    h("h3", { id: "chance" }, words.heading.chance),
    h("label", { for: "share" }, "Suppose this share of such pictures is made with AI: ", share),
    h(
      "div",
      { class: "slider" },
      h("button", { id: "share-less", type: "button", "aria-label": "Smaller share", onclick: move(-STEP) }, "−"),
      slider,
      h("button", { id: "share-more", type: "button", "aria-label": "Larger share", onclick: move(STEP) }, "+"),
    ),
    told,
    explained(rates),
  );
}

/** @param {Rates} rates */
function explained(rates) {
  const measured = `Of ${rates.n_human} human works, ${percent(rates.of_human)} got this answer; of ${rates.n_ai} AI pictures, ${percent(rates.of_ai)}. `;
  const meaning = "So it depends on what you look at: where AI pictures are rare, most of those that look AI-generated are by people.";
  return h("details", {}, h("summary", {}, "What is this?"), h("p", {}, measured, meaning));
}

/** @param {number} share */
const percent = (share) => `${(share * 100).toFixed(1)} %`;
