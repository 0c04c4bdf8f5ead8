// Loaded before the first paint, so that the chosen colours never flash. Says also that scripts run: the page then
// shows what needs them (`.scripted`) and hides the button of the plain form (`.unscripted`).
(() => {
  "use strict";
  const root = document.documentElement;
  const KEY = "brushwork-theme";
  root.dataset.scripts = "on";

  /** The stored choice; "auto" where storage is closed to this page, as in some private windows. */
  const stored = () => {
    try {
      return localStorage.getItem(KEY) ?? "auto";
    } catch (error) {
      console.info("colours are not remembered:", error);
      return "auto";
    }
  };

  /** @param {string} theme */
  const store = (theme) => {
    try {
      localStorage.setItem(KEY, theme);
    } catch (error) {
      console.info("colours are not remembered:", error);
    }
  };

  root.dataset.theme = stored();
  document.addEventListener("DOMContentLoaded", () => {
    for (const radio of document.querySelectorAll("input[name=theme]")) {
      if (!(radio instanceof HTMLInputElement)) continue;
      radio.checked = radio.value === root.dataset.theme;
      radio.addEventListener("change", () => {
        root.dataset.theme = radio.value;
        store(radio.value);
      });
    }
  });
})();
