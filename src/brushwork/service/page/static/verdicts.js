// One picture to the server: its verdict, or the picture with its verdict under it.

import { ask, postFiles } from "./api.js";

/** @typedef {import("./types.js").Verdict} Verdict */

/**
 * @typedef {object} Asked
 * @property {boolean} stability ask also how the answer stands up to being saved again
 * @property {AbortSignal} signal
 * @property {(sent: number, total: number) => void} onSent
 * @property {() => void} onScoring everything is sent
 */

/**
 * Send a picture and wait for its verdict.
 * @param {File} file
 * @param {Asked} asked
 * @returns {Promise<Verdict>}
 */
export function askVerdict(file, { stability, signal, onSent, onScoring }) {
  const path = `/v1/verdicts?explain=true${stability ? "&stability=true" : ""}`;
  return postFiles(path, asForm(file), file, { signal, onSent, onAllSent: onScoring });
}

/**
 * The picture with its verdict printed under it.
 * @param {File} file
 * @returns {Promise<Blob>}
 */
export async function askAnnotated(file) {
  return (await ask("/v1/annotated", { method: "POST", body: asForm(file) }, file)).blob();
}

/** The form that every route with one picture takes. @param {File} file */
export function asForm(file) {
  const data = new FormData();
  data.append("image", file, file.name || "picture");
  return data;
}
