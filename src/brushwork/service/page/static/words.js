// The words that both renderings share; the server puts them into the page as data.

import { byId } from "./dom.js";

/**
 * @typedef {object} Words
 * @property {Record<string, string>} answer
 * @property {Record<string, string>} source
 * @property {Record<string, string>} state
 * @property {Record<string, string>} state_means
 * @property {Record<string, string>} trust
 * @property {Record<string, string>} claim
 * @property {Record<string, string>} heading
 * @property {Record<string, string>} said_label what a person says that a picture is
 * @property {Record<string, string>} basis how they know
 * @property {Record<string, string>} basis_own the same, said by oneself
 * @property {Record<string, string>} feedback_state
 * @property {Record<string, string>} decision of a reviewer
 * @property {Record<string, string>} relation what two pictures are to each other
 * @property {string} dates_caveat
 * @property {string} no_dates
 * @property {string} no_dates_at_all
 * @property {string} progress_caveat
 * @property {Record<string, string>} item_state of a picture of a batch
 * @property {Record<string, string>} batch_state
 * @property {string[]} limits
 * @property {string} state_question
 * @property {string} map_caveat
 * @property {string} source_caveat
 * @property {string} map_short
 * @property {string} no_score for a picture outside of what was measured
 * @property {string} no_picture where it was not kept, or is not shared
 * @property {string} unknown_error
 */

/** @type {Words} */
export const words = JSON.parse(byId("words").textContent ?? "{}");

/**
 * A probability or threshold as people read it. The bundle keeps it off 0 and 1.
 * @param {number} value
 */
export const two = (value) => value.toFixed(2);

/**
 * @param {number} count
 * @param {string} one
 * @param {string} [many]
 */
export const counted = (count, one, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;

/**
 * A number of bytes in units of 1024, the same as the server writes it.
 * @param {number} count
 */
export function size(count) {
  if (count < 1024) return `${count} bytes`;
  const [amount, unit] = count < 1024 * 1024 ? [count / 1024, "kB"] : [count / (1024 * 1024), "MB"];
  return `${amount >= 10 ? amount.toFixed(0) : amount.toFixed(1)} ${unit}`;
}

/**
 * A file name on one line: control and bidirectional characters become spaces, and it is cut where it is very long.
 * @param {string} name
 */
export function plainName(name) {
  const line = name.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ").trim() || "picture";
  return line.length > 120 ? `${line.slice(0, 119)}…` : line;
}
