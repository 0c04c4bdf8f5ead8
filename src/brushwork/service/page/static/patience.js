// Waits for what passes by itself: a server that is away, starting again or too busy. Everybody on a page waits for the
// same moment, and the page says once what it waits for.

import { Away, Busy, isBack, Stopped } from "./api.js";
import { byId, h, refill } from "./dom.js";
import { attend, calm, refused } from "./trouble.js";

const LOOK = 2000;

/** @typedef {{title: string, detail: string, id?: string, seconds: number | null}} Wait `seconds`: null until the server is back */

export class Patience {
  /** @type {Promise<void> | null} */
  #waiting = null;
  #kept;

  /** @param {() => string} kept what is safe meanwhile, as a sentence */
  constructor(kept) {
    this.#kept = kept;
  }

  /**
   * What `task` gives, tried again after every wait. Throws Stopped, and whatever does not pass by itself.
   * @template T
   * @param {() => Promise<T>} task
   * @param {AbortSignal} [signal]
   * @returns {Promise<T>}
   */
  async ask(task, signal) {
    for (;;) {
      if (this.#waiting) await stoppable(this.#waiting, signal);
      if (signal?.aborted) throw new Stopped();
      try {
        return await task();
      } catch (error) {
        if (!(error instanceof Away || error instanceof Busy)) throw error;
        this.#waiting ??= this.#wait(told(error)).finally(() => (this.#waiting = null));
      }
    }
  }

  /** @param {Wait} wait */
  async #wait({ title, detail, id, seconds }) {
    refused(title, detail, undefined, id);
    const timer = h("span", { role: "timer" });
    /** @type {() => void} */
    let now = () => undefined;
    const pressed = new Promise((resolve) => (now = () => resolve(true)));
    const when = seconds === null ? "It goes on as soon as the server is back. " : ["It goes on in ", timer, ". "];
    refill(byId("after-alert"), h("p", {}, this.#kept(), " ", when, h("button", { id: "retry", type: "button", onclick: () => now() }, "Try it now")));
    await (seconds === null ? back(pressed) : counted(seconds, timer, pressed));
    calm();
  }
}

/** @param {Away | Busy} error @returns {Wait} */
function told(error) {
  if (error instanceof Away) return { title: "The server does not answer", detail: "It may be starting again, or the connection is gone.", seconds: null };
  const { title, detail, request_id: id } = error.document;
  return { title: title ?? "Too busy just now", detail: detail ?? "", id, seconds: error.seconds };
}

/** @param {Promise<unknown>} pressed */
async function back(pressed) {
  let asked = false;
  attend(pressed.then(() => (asked = true)));
  while (!asked) {
    await Promise.race([pressed, pause(LOOK)]);
    if (await isBack()) return;
  }
}

/** @param {number} seconds @param {HTMLElement} timer @param {Promise<unknown>} pressed */
async function counted(seconds, timer, pressed) {
  let asked = false;
  attend(pressed.then(() => (asked = true)));
  for (let left = seconds; left > 0 && !asked; left -= 1) {
    timer.textContent = `${left} s`;
    await Promise.race([pressed, pause(1000)]);
  }
}

/** @param {number} time in milliseconds */
const pause = (time) => new Promise((resolve) => window.setTimeout(resolve, time));

/** @param {Promise<void>} waiting @param {AbortSignal} [signal] */
function stoppable(waiting, signal) {
  if (!signal) return waiting;
  return Promise.race([waiting, new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }))]);
}
