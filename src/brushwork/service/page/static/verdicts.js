// One picture to the server: its verdict, what can be kept of it, or the picture behind an address.

import { ask, postFiles, read, refusal } from "./api.js";

/** @typedef {import("./types.js").Verdict} Verdict */

const PIXELS = ["forensics", "weigh"]; // stages of an examination; those before open and read the file

/**
 * @typedef {object} Asked
 * @property {boolean} [stability] ask also how the answer stands up to being saved again
 * @property {"verdict" | "picture"} [save] what is to be kept
 * @property {boolean} [anew] examine it also where the same file was saved before
 * @property {AbortSignal} [signal]
 * @property {(sent: number, total: number) => void} [onSent]
 * @property {(stage: "decoding" | "scoring") => void} [onStage]
 */

/**
 * Send a picture and wait for its verdict.
 * @param {File} file
 * @param {Asked} [asked]
 * @returns {Promise<Verdict>}
 */
export async function askVerdict(file, { stability, save, anew, signal, onSent, onStage } = {}) {
  const query = new URLSearchParams({ explain: "true" });
  if (stability) query.set("stability", "true");
  if (save) query.set("save", "true");
  if (save === "picture") query.set("save_picture", "true");
  if (anew) query.set("reexamine", "true");
  const path = `/v1/verdicts?${query}`;
  if (!onStage) return postFiles(path, asForm(file), file, { signal, onSent });
  const onLine = (/** @type {any} */ line) => line?.stage && onStage(PIXELS.includes(line.stage) ? "scoring" : "decoding");
  const last = await postFiles(path, asForm(file), file, { signal, onSent, onAllSent: () => onStage("decoding"), onLine });
  if (last.problem) throw refusal(last.problem, last.problem.status, () => null);
  return last.verdict;
}

/**
 * The picture behind an address, which the server fetches: this page asks no other site.
 * @param {string} url
 * @param {AbortSignal} signal
 * @returns {Promise<File>}
 */
export async function askFetched(url, signal) {
  const json = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ url }), signal };
  const answer = await ask("/v1/fetched", json);
  const name = /filename\*=UTF-8''([^;]*)/.exec(answer.headers.get("Content-Disposition") ?? "")?.[1];
  const type = answer.headers.get("Content-Type") ?? "";
  return new File([await read(answer, "blob")], name ? decodeURIComponent(name) : "picture", { type });
}

/**
 * The picture with its verdict printed under it.
 * @param {File} file
 * @returns {Promise<Blob>}
 */
export async function askAnnotated(file) {
  return read(await ask("/v1/annotated", { method: "POST", body: asForm(file) }, file), "blob");
}

/**
 * The signed case file.
 * @param {File} file
 * @param {{form: string, note: string, stability: boolean}} wish
 * @returns {Promise<Blob>}
 */
export async function askReport(file, { form, note, stability }) {
  const body = asForm(file);
  if (note) body.append("note", note);
  return read(await ask(`/v1/reports?form=${form}&stability=${stability}`, { method: "POST", body }, file), "blob");
}

/**
 * What the server makes of a saved result.
 * @param {string} id
 * @param {"annotated.png" | "report.html" | "report.pdf" | "report.json"} what
 * @returns {Promise<Blob>}
 */
export async function askKept(id, what) {
  return read(await ask(`/v1/verdicts/${id}/${what}`), "blob");
}

/** The form that every route with one picture takes. @param {File} file */
export function asForm(file) {
  const data = new FormData();
  data.append("image", file, file.name || "picture");
  return data;
}
