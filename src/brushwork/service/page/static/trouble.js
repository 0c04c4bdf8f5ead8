// When there is no answer: what went wrong with which file, and what can be done. The file is always kept.

import { isBack, Away, Busy, Gone, Problem } from "./api.js";
import { byId, h, refill } from "./dom.js";
import { plainName, words } from "./words.js";

const POLL = 2000;
const MOST_TRIES = 5; // by itself; then a person decides

/** @type {number | undefined} of the countdown or of the look-out for the server */
let clock;

/** Take the trouble off the page, and stop what waits behind it. */
export function calm() {
  window.clearInterval(clock);
  refill(byId("alert"));
  refill(byId("after-alert"));
}

/**
 * Say what is wrong, and offer what helps.
 * @param {unknown} error
 * @param {File} file
 * @param {() => void} retry
 * @param {number} tries how often this file was sent
 * @returns {"error" | "away" | "busy"} the state that the page is in now
 */
export function trouble(error, file, retry, tries) {
  if (error instanceof Busy && tries < MOST_TRIES) return busy(error, file, retry);
  if (error instanceof Problem) return problem(error, file, retry);
  if (error instanceof Gone) return gone(file);
  if (error instanceof Away) return away(file, retry);
  console.error(error);
  alert(words.unknown_error, "The answer came and this page could not show it. Reload the page and try again.", plainName(file.name));
  return "error";
}

/**
 * Something that came in is no file that can be sent.
 * @param {string} title
 * @param {string} detail
 * @param {string} [name]
 */
export function refused(title, detail, name) {
  alert(title, detail, name);
}

/** @param {Problem} error @param {File} file @param {() => void} retry */
function problem(error, file, retry) {
  const { title, detail, request_id: id } = error.document;
  alert(title ?? words.unknown_error, detail ?? "", plainName(file.name), id);
  after(h("p", {}, "The file is still here. ", button(words.retry, retry)));
  return /** @type {const} */ ("error");
}

/** @param {File} file */
function gone(file) {
  alert("The file cannot be read any more", "It was changed, moved or deleted after it was chosen. Choose it again.", plainName(file.name));
  return /** @type {const} */ ("error");
}

/** @param {File} file @param {() => void} retry */
function away(file, retry) {
  alert("The server does not answer", "It may be starting again, or the connection is gone.", plainName(file.name));
  after(h("p", {}, "The file is still here and is sent again as soon as the server is back. ", button(words.retry, retry)));
  clock = window.setInterval(async () => {
    if (await isBack()) retry();
  }, POLL);
  return /** @type {const} */ ("away");
}

/** @param {Busy} error @param {File} file @param {() => void} retry */
function busy(error, file, retry) {
  alert(error.document.title ?? "Too busy just now", error.document.detail ?? "", plainName(file.name), error.document.request_id);
  let left = error.seconds;
  const timer = h("span", { role: "timer" });
  const show = () => (timer.textContent = `${left} s`);
  show();
  after(h("p", {}, "The file is still here and is sent again in ", timer, ". ", button("Send it now", retry)));
  clock = window.setInterval(() => {
    left -= 1;
    show();
    if (left <= 0) retry();
  }, 1000);
  return /** @type {const} */ ("busy");
}

/**
 * @param {string} title
 * @param {string} detail
 * @param {string} [name]
 * @param {string} [id]
 */
function alert(title, detail, name, id) {
  calm();
  refill(
    byId("alert"),
    h("h2", {}, title),
    name && h("p", { class: "which" }, name),
    detail && h("p", {}, detail),
    id && h("p", { class: "fine" }, "Request ", h("code", {}, id)),
  );
}

/** Outside of the alert, so that a countdown is not read aloud every second. @param {HTMLElement} what */
function after(what) {
  refill(byId("after-alert"), what);
}

/** @param {string} text @param {() => void} onclick */
function button(text, onclick) {
  return h("button", { id: "retry", type: "button", onclick }, text);
}
