// A saved or shared result, drawn as the check draws it; what the server drew for browsers without scripts makes way.

import { askJson, Problem } from "./api.js";
import { Check } from "./checks.js";
import { byId } from "./dom.js";
import { result } from "./result.js";
import { attend } from "./trouble.js";

/**
 * @typedef {object} Given what the server put into the page
 * @property {import("./types.js").Verdict} verdict
 * @property {string} name
 * @property {boolean} mine
 * @property {{days_left: number, picture: {days_left: number} | null} | null} kept null for a shared one
 */

const nothing = () => {};

async function draw() {
  const { verdict, name, mine, kept } = /** @type {Given} */ (JSON.parse(byId("given").textContent ?? "{}"));
  const check = new Check(name, null, null, kept?.picture ? `/v1/verdicts/${verdict.id}/picture.png?max_side=2048` : null);
  const saved = kept && { id: verdict.id, days: kept.days_left, pictureDays: kept.picture?.days_left ?? null, again: false };
  Object.assign(check, { verdict, saved, state: "done", mine, said: mine && (await isSaid(verdict.id)) });
  const { element } = result(check, { range: nothing, again: nothing, drop: nothing, changed: nothing });
  const plain = byId("result");
  element.dataset.pdf = plain.dataset.pdf;
  plain.replaceWith(element);
}

/** Whether feedback was given on it. @param {string} id */
async function isSaid(id) {
  try {
    await askJson(`/v1/verdicts/${id}/feedback`);
    return true;
  } catch (error) {
    if (error instanceof Problem && error.status === 404) return false;
    throw error;
  }
}

attend(draw());
