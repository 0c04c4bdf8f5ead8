// Ask before something is done that cannot be undone. The browser keeps the focus inside and gives it back.

import { h } from "./dom.js";

/**
 * @param {object} question
 * @param {string} question.title
 * @param {string} question.text what is lost
 * @param {string} question.action on the button that does it, e.g. "Delete 3 results"
 * @returns {Promise<boolean>} true where the person means it
 */
export function confirmed({ title, text, action }) {
  const dialog = /** @type {HTMLDialogElement} */ (
    h(
      "dialog",
      { class: "dialog", "aria-labelledby": "dialog-title" },
      h(
        "form",
        { method: "dialog" },
        h("h2", { id: "dialog-title" }, title),
        h("p", {}, text),
        h("div", { class: "buttons" }, h("button", { value: "no", autofocus: true }, "Keep"), h("button", { value: "yes", class: "strong", id: "dialog-yes" }, action)),
      ),
    )
  );
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
  });
}
