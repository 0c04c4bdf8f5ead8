// The keys of a batch. Letters work everywhere but in a field, and can be switched off; arrows move within the table.

/**
 * @typedef {object} Doing
 * @property {(step: number) => void} move
 * @property {(end: "first" | "last") => void} jump
 * @property {() => void} open
 * @property {() => void} close
 * @property {(choice: string) => void} decide
 * @property {() => void} undo
 * @property {() => void} search
 */

/** @type {Readonly<Record<string, string>>} */
const CHOICES = Object.freeze({ a: "accept", r: "refuse", o: "ask_for_originals", e: "escalate", s: "skip" });

/** What is shown beside the table. @type {readonly (readonly [string, string])[]} */
export const KEYS = [
  ["j", "next"],
  ["k", "previous"],
  ["Enter", "open"],
  ["Esc", "close"],
  ["a", "accept"],
  ["r", "refuse"],
  ["o", "ask for originals"],
  ["e", "escalate"],
  ["s", "skip"],
  ["u", "undo"],
  ["/", "find"],
];

/** The key for a decision, "" where there is none. @param {string} choice */
export const keyOf = (choice) => Object.keys(CHOICES).find((key) => CHOICES[key] === choice) ?? "";

/**
 * @param {Doing} doing
 * @param {HTMLElement} table where arrows move
 * @param {() => boolean} letters whether they count
 * @param {AbortSignal} signal
 */
export function listenToKeys(doing, table, letters, signal) {
  document.addEventListener(
    "keydown",
    (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || document.querySelector("dialog[open]")) return;
      if (pressed(event, doing, table, letters())) event.preventDefault();
    },
    { signal },
  );
}

/** @param {KeyboardEvent} event @param {Doing} doing @param {HTMLElement} table @param {boolean} letters @returns {boolean} it was one of ours */
function pressed({ key, target }, doing, table, letters) {
  const typing = target instanceof HTMLElement && target.matches("input:not([type=checkbox], [type=radio], [type=file]), textarea, select");
  if (key === "Escape" && !typing) return done(doing.close);
  if (target instanceof Node && table.contains(target)) {
    if (key === "ArrowDown" || key === "ArrowUp") return done(() => doing.move(key === "ArrowDown" ? 1 : -1));
    if (key === "Home" || key === "End") return done(() => doing.jump(key === "Home" ? "first" : "last"));
  }
  if (typing || !letters) return false;
  if (key === "j" || key === "k") return done(() => doing.move(key === "j" ? 1 : -1));
  if (key === "Enter" && (target === document.body || (target instanceof HTMLElement && target.id === "main"))) return done(doing.open);
  if (key === "u") return done(doing.undo);
  if (key === "/") return done(doing.search);
  const choice = CHOICES[key];
  return choice !== undefined && done(() => doing.decide(choice));
}

/** @param {() => void} act @returns {true} */
function done(act) {
  act();
  return true;
}
