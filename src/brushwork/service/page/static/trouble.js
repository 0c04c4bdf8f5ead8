// When there is no answer: what went wrong with what, and what can be done. What was given in is always kept.

import { isBack, Away, Busy, Gone, Problem, Stopped } from "./api.js";
import { byId, h, refill } from "./dom.js";

const POLL = 2000;
const MOST_TRIES = 5; // by itself; then a person decides
const UNKNOWN = "Something went wrong";
const GONE = "It was changed, moved or deleted after it was chosen. Choose it again.";
const AWAY = { title: "The server does not answer", detail: "It may be starting again, or the connection is gone." };
const OFFLINE = { title: "This device is offline", detail: "It has no connection to the network." };

/**
 * @typedef {object} Concern
 * @property {() => void} retry
 * @property {string} [name] what it is about, a file for example
 * @property {string} [kept] what is still there and is sent again, as the start of a sentence
 * @property {number} [tries] how often it was asked, this time included
 */

/** @type {number | undefined} of the countdown or of the look-out for the server */
let clock;

/** Take the trouble off the page, and stop what waits behind it. */
export function calm() {
  window.clearInterval(clock);
  clock = undefined;
  refill(byId("alert"));
  refill(byId("after-alert"));
}

/**
 * What went wrong, in words, for whoever shows it in another way than `trouble`.
 * @typedef {object} Account
 * @property {"error" | "away" | "busy"} state
 * @property {string} title
 * @property {string} detail
 * @property {string} [id] of the request
 * @property {number} [seconds] until it may be asked again
 * @property {boolean} [locked] a key is asked for
 */

/**
 * @param {unknown} error
 * @param {string} [what] it was about
 * @returns {Account}
 */
export function account(error, what = "file") {
  if (error instanceof Stopped) throw error; // whoever stopped it knows
  if (error instanceof Problem) {
    const { title = UNKNOWN, detail = "", request_id: id } = error.document;
    const seconds = error instanceof Busy ? error.seconds : undefined;
    return { state: seconds ? "busy" : "error", title, detail, id, seconds, locked: error.status === 401 };
  }
  if (error instanceof Gone) return { state: "error", title: "The file cannot be read any more", detail: GONE };
  if (error instanceof Away) return { state: "away", ...(navigator.onLine ? AWAY : OFFLINE) };
  console.error(error);
  return { state: "error", title: UNKNOWN, detail: `The answer${what && ` about this ${what}`} came and this page could not show it. Reload the page and try again.` };
}

/**
 * For a promise that nobody waits for: what was stopped ends in silence, everything else is said on the page.
 * @param {Promise<unknown>} promise
 */
export function attend(promise) {
  promise.catch((error) => {
    if (error instanceof Stopped) return;
    const { title, detail, id } = account(error, "");
    refused(title, detail, undefined, id);
  });
}

/** Where to show a key, and come back from. */
export function signIn() {
  const back = encodeURIComponent(window.location.pathname + window.location.search + window.location.hash);
  return h("a", { href: `/sign-in?next=${back}` }, "Sign in with a key");
}

/**
 * Say what is wrong in #alert, and offer what helps in #after-alert.
 * @param {unknown} error
 * @param {Concern} asked
 * @returns {"error" | "away" | "busy"} the state that the page is in now
 */
export function trouble(error, asked) {
  const concern = { ...asked, retry: () => (calm(), asked.retry()) };
  if (error instanceof Stopped) throw error; // whoever stopped it knows
  if (error instanceof Busy && (concern.tries ?? 1) < MOST_TRIES) return busy(error, concern);
  if (error instanceof Problem && error.status === 401) return locked(error);
  if (error instanceof Problem) return problem(error, concern);
  if (error instanceof Gone) return gone(concern);
  if (error instanceof Away) return away(concern);
  console.error(error);
  refused(UNKNOWN, "The answer came and this page could not show it. Reload the page and try again.", concern.name);
  return "error";
}

/**
 * Say what is wrong where there is nothing to try again: what came in is no file that can be sent, for example.
 * @param {string} title
 * @param {string} detail
 * @param {string} [name]
 * @param {string} [id] of the request
 */
export function refused(title, detail, name, id) {
  calm();
  refill(
    byId("alert"),
    h("h2", {}, title),
    name && h("p", { class: "which" }, name),
    detail && h("p", {}, detail),
    id && h("p", { class: "fine" }, "Request ", h("code", {}, id)),
  );
}

/** @param {Problem} error what the server said @param {string} [name] */
function told({ document }, name) {
  refused(document.title ?? UNKNOWN, document.detail ?? "", name, document.request_id);
}

/** @param {Problem} error @param {Concern} concern */
function problem(error, { name, kept, retry }) {
  told(error, name);
  after(h("p", {}, kept && `${kept}. `, button("Try again", retry)));
  return /** @type {const} */ ("error");
}

/** A key is asked for; the page comes back here after it. @param {Problem} error */
function locked(error) {
  told(error);
  after(h("p", {}, signIn()));
  return /** @type {const} */ ("error");
}

/** @param {Concern} concern */
function gone({ name }) {
  refused("The file cannot be read any more", GONE, name);
  return /** @type {const} */ ("error");
}

/** @param {Concern} concern */
function away({ name, kept, retry }) {
  const { title, detail } = navigator.onLine ? AWAY : OFFLINE;
  refused(title, detail, name);
  after(h("p", {}, `${again(kept)} as soon as the server is back. `, button("Try again", retry)));
  const mine = window.setInterval(() => attend(isBack().then((back) => back && clock === mine && retry())), POLL);
  clock = mine;
  return /** @type {const} */ ("away");
}

/** @param {Busy} error @param {Concern} concern */
function busy(error, { name, kept, retry }) {
  told(error, name);
  let left = error.seconds;
  const timer = h("span", { role: "timer" });
  const show = () => (timer.textContent = `${left} s`);
  show();
  after(h("p", {}, `${again(kept)} in `, timer, ". ", button("Try it now", retry)));
  clock = window.setInterval(() => {
    left -= 1;
    show();
    if (left <= 0) retry();
  }, 1000);
  return /** @type {const} */ ("busy");
}

/** @param {string} [kept] */
const again = (kept) => (kept ? `${kept} and is sent again` : "This page asks again");

/** Outside of the alert, so that a countdown is not read aloud every second. @param {HTMLElement} what */
function after(what) {
  refill(byId("after-alert"), what);
}

/** @param {string} text @param {() => void} onclick */
function button(text, onclick) {
  return h("button", { id: "retry", type: "button", onclick }, text);
}
