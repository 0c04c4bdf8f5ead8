// How pictures come into the two places: chosen, dropped on one or anywhere, or pasted.

import { byId } from "./dom.js";
import { listenToDrop, listenToPaste } from "./intake.js";

/** @typedef {import("./compare_types.js").Part} Part */

const PARTS = /** @type {const} */ (["a", "b"]);

/**
 * @param {(part: Part, file: File) => void} onFile
 * @param {(title: string, detail: string) => void} onNothing why what came in is no file
 * @param {(part: Part) => boolean} isFree
 */
export function listen(onFile, onNothing, isFree) {
  for (const part of PARTS) {
    const input = /** @type {HTMLInputElement} */ (byId(part));
    input.addEventListener("click", () => (input.value = "")); // so that choosing the same file again counts
    input.addEventListener("change", () => take(input.files, input));
    take(input.files, input); // chosen before this page could listen
  }
  byId("pair").addEventListener("submit", (event) => event.preventDefault());
  listenToPaste((files) => take(files, null), onNothing);
  listenToDrop(take, onNothing);

  /**
   * The first goes where it fell, else to a place that is free; a second one, to the other place.
   * @param {FileList | null | undefined} files
   * @param {EventTarget | null} place
   */
  function take(files, place) {
    const [first, second] = files ?? [];
    if (!first) return false;
    const at = place instanceof Element && place.closest(".slot")?.id;
    const part = at === "slot-b" ? "b" : at === "slot-a" ? "a" : isFree("a") ? "a" : "b";
    onFile(part, first);
    if (second) onFile(part === "a" ? "b" : "a", second);
    return true;
  }
}
