// How a picture comes in: chosen, photographed, dropped anywhere on the window, pasted, or named by its address.

import { byId } from "./dom.js";

/**
 * @typedef {object} Hearers
 * @property {(files: File[]) => void} onFiles
 * @property {(address: string) => void} [onAddress] where addresses are taken
 * @property {(title: string, detail: string) => void} onNothing why what came in is neither
 */

/** Also what was chosen before this page could listen. @param {Hearers} hearers */
export function listen(hearers) {
  const { onFiles } = hearers;
  const take = (/** @type {FileList | null | undefined} */ files) => {
    if (files?.length) onFiles([...files]);
    return Boolean(files?.length);
  };
  for (const id of ["image", "camera"]) {
    const input = /** @type {HTMLInputElement} */ (byId(id));
    input.addEventListener("click", forget); // so that choosing the same file again counts
    input.addEventListener("change", () => take(input.files));
    take(input.files);
  }
  byId("intake").addEventListener("submit", (event) => {
    event.preventDefault();
    take(/** @type {HTMLInputElement} */ (byId("image")).files);
  });
  listenToAddress(hearers);
  listenToPaste(take, hearers.onNothing, hearers.onAddress);
  listenToDrop(take, hearers.onNothing, hearers.onAddress);
}

/** Let go of the chosen file. */
export function forget() {
  for (const id of ["image", "camera"]) /** @type {HTMLInputElement} */ (byId(id)).value = "";
}

/** The form is there only where this service fetches addresses. @param {Hearers} hearers */
function listenToAddress({ onAddress }) {
  const form = document.getElementById("by-address");
  form?.addEventListener("submit", (event) => {
    event.preventDefault();
    const field = /** @type {HTMLInputElement} */ (byId("url"));
    onAddress?.(field.value.trim());
    field.value = "";
  });
}

/**
 * @param {(files: FileList | null | undefined) => boolean} take
 * @param {Hearers["onNothing"]} onNothing
 * @param {Hearers["onAddress"]} [onAddress] where addresses are taken too
 */
export function listenToPaste(take, onNothing, onAddress) {
  document.addEventListener("paste", (event) => {
    if (isText(event.target)) return;
    if (take(event.clipboardData?.files)) return event.preventDefault();
    const address = onAddress && addressIn(event.clipboardData?.getData("text/plain"));
    if (address) onAddress(address);
    else onNothing("No picture on the clipboard", `Copy the picture itself${onAddress ? " or its address" : ", not its address or its text"}, and paste again.`);
  });
}

/**
 * The whole window takes a drop. `relatedTarget` is null when the pointer leaves the window, not just an element.
 * @param {(files: FileList | null | undefined, place: EventTarget | null) => boolean} take the files, and where they fell
 * @param {Hearers["onNothing"]} onNothing
 * @param {Hearers["onAddress"]} [onAddress] where addresses are taken too
 */
export function listenToDrop(take, onNothing, onAddress) {
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
    const data = event.dataTransfer;
    if (take(data?.files, event.target)) return;
    const address = onAddress && addressIn(data?.getData("text/uri-list") || data?.getData("text/plain"));
    if (address) onAddress(address);
    else onNothing("That was no file", `Save the picture first, then drop the file.${onAddress ? "" : " A picture's address cannot be dropped here."}`);
  });
}

/** The address of the web in a text that came in; "" where it is none. @param {string} [text] */
function addressIn(text) {
  const first = text?.trim().split(/\s/)[0] ?? "";
  return /^https?:\/\/./i.test(first) ? first : "";
}

/** @param {EventTarget | null} target */
function isText(target) {
  return target instanceof HTMLTextAreaElement || (target instanceof HTMLInputElement && ["text", "url", "search"].includes(target.type));
}
