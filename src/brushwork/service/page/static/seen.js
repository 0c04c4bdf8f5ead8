// Whether this file, or one that looks like it, was saved before: with which answer, and when.

import { askJson, Away, Problem } from "./api.js";
import { chip, moment } from "./chip.js";
import { h, refill } from "./dom.js";
import { attend } from "./trouble.js";
import { words } from "./words.js";

/** @typedef {import("./checks.js").Check} Check */
/** @typedef {{id: string, answer: string, created_at: string, distance: number}} Near */

/**
 * The place where it is said; empty where nothing is found. It is looked up once, after the answer is there.
 * @param {Check} check
 * @param {import("./result.js").Acts} acts
 */
export function seenBefore(check, acts) {
  const box = h("div", { class: "later" });
  attend(look(check).then((found) => {
    if (found.length) refill(box, told(found, check, acts));
  }));
  return box;
}

/** @param {Check} check @returns {Promise<Near[]>} */
async function look({ verdict, saved }) {
  if (!verdict) return [];
  try {
    const { near } = await askJson(`/v1/near?phash=${verdict.input.phash}`);
    const found = /** @type {Near[]} */ (near).filter(({ id }) => id !== saved?.id);
    const own = verdict.input.sha256 ? await askJson(`/v1/verdicts?limit=5&q=${verdict.input.sha256}`) : { verdicts: [] };
    const same = new Set(/** @type {{id: string}[]} */ (own.verdicts).map(({ id }) => id));
    return found.map((one) => (same.has(one.id) ? { ...one, distance: -1 } : one)).sort((a, b) => a.distance - b.distance);
  } catch (error) {
    if (!(error instanceof Problem || error instanceof Away)) throw error;
    console.info("it is not known whether this was seen before:", error.message);
    return [];
  }
}

/** @param {Near[]} found @param {Check} check @param {import("./result.js").Acts} acts */
function told(found, { file }, { again }) {
  const same = found.filter(({ distance }) => distance < 0).length;
  const line = (/** @type {Near} */ { id, answer, created_at: at, distance }) =>
    h("li", {}, h("a", { href: `/p/${id}` }, chip(answer)), " ", moment(at), h("span", { class: "fine" }, distance < 0 ? ", the same file" : `, ${distance} of 64 bits differ`));
  return h(
    "section",
    { class: "part", "aria-labelledby": "seen" },
    h("h3", { id: "seen" }, words.heading.seen),
    h("p", {}, same ? "You saved a result for this very file before." : "You saved a result for a picture that looks like this one."),
    h("ul", { class: "near" }, found.slice(0, 5).map(line)),
    file && h("button", { id: "again", type: "button", class: "small", onclick: again }, "Examine it anew"),
  );
}
