// Text to the clipboard; where the browser forbids that (a page without TLS), into a box to copy from by hand.

import { h } from "./dom.js";

/**
 * @param {string} text
 * @param {HTMLElement} said where it is told
 */
export async function copy(text, said) {
  try {
    await navigator.clipboard.writeText(text);
    said.textContent = "Copied.";
  } catch (error) {
    console.info("the clipboard is closed to this page:", error);
    said.textContent = "The browser does not let this page copy. Copy it from here: ";
    said.append(h("textarea", { readonly: true, rows: 8, "aria-label": "The result as text" }, text));
  }
}
