// How a picture comes in: chosen, dropped anywhere on the window, or pasted.

import { byId } from "./dom.js";

/**
 * @param {(file: File, others: number) => void} onFile the first file, and how many more came with it
 * @param {(title: string, detail: string) => void} onNothing why what came in is no file
 */
export function listen(onFile, onNothing) {
  const input = /** @type {HTMLInputElement} */ (byId("image"));
  input.addEventListener("click", forget); // so that choosing the same file again counts
  input.addEventListener("change", () => take(input.files));
  byId("intake").addEventListener("submit", (event) => {
    event.preventDefault();
    take(input.files);
  });
  listenToPaste(take, onNothing);
  listenToDrop(take, onNothing);

  /** @param {FileList | null | undefined} files */
  function take(files) {
    const first = files?.[0];
    if (first) onFile(first, files.length - 1);
    return Boolean(first);
  }
}

/** Let go of the chosen file. */
export function forget() {
  /** @type {HTMLInputElement} */ (byId("image")).value = "";
}

/**
 * @param {(files: FileList | null | undefined) => boolean} take
 * @param {(title: string, detail: string) => void} onNothing
 */
export function listenToPaste(take, onNothing) {
  document.addEventListener("paste", (event) => {
    if (isText(event.target)) return;
    if (take(event.clipboardData?.files)) event.preventDefault();
    else onNothing("No picture on the clipboard", "Copy the picture itself, not its address or its text, and paste again.");
  });
}

/**
 * The whole window takes a drop. `relatedTarget` is null when the pointer leaves the window, not just an element.
 * @param {(files: FileList | null | undefined, place: EventTarget | null) => boolean} take the files, and where they fell
 * @param {(title: string, detail: string) => void} onNothing
 */
export function listenToDrop(take, onNothing) {
  const root = document.documentElement;
  const over = (/** @type {DragEvent} */ event) => {
    event.preventDefault();
    root.dataset.dragging = "";
  };
  window.addEventListener("dragenter", over);
  window.addEventListener("dragover", over);
  window.addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) delete root.dataset.dragging;
  });
  window.addEventListener("drop", (event) => {
    event.preventDefault();
    delete root.dataset.dragging;
    if (take(event.dataTransfer?.files, event.target)) return;
    onNothing("That was no file", "Save the picture first, then drop the file. A picture's address cannot be dropped here.");
  });
}

/** @param {EventTarget | null} target */
function isText(target) {
  return target instanceof HTMLTextAreaElement || (target instanceof HTMLInputElement && target.type === "text");
}
