// While the answer is on its way: the picture on its mount already, and beside it what goes on, step by step.

import { h } from "./dom.js";
import { attend } from "./trouble.js";
import { size } from "./words.js";

/** @typedef {import("./checks.js").Check} Check */
/** @typedef {import("./machine.js").Name} Name */

const SLOW = 1500; // milliseconds, after which it is asked what takes so long

/** @type {Partial<Record<Name, string>>} */
const TOLD = {
  queued: "Waiting for its turn",
  fetching: "Fetching it from its address",
  uploading: "Sending it to the server",
  decoding: "Opening the file",
  scoring: "Looking at its pixels",
};
const STEPS = /** @type {const} */ (["queued", "fetching", "uploading", "decoding", "scoring"]);

/**
 * @param {Check} check
 * @param {() => void} stop
 */
export function waiting(check, stop) {
  const bar = h("progress", { "aria-label": "Progress" });
  const what = h("h2", {});
  const more = h("p", { class: "fine", role: "status" });
  const steps = h("ol", { class: "steps" });
  const button = h("button", { id: "stop", type: "button", onclick: stop }, "Stop");
  const label = h("section", { class: "label waiting" }, what, h("p", { class: "which" }, named(check)), bar, more, steps, button);
  const element = h("div", { class: "result" }, h("div", { class: "wall" }, preview(check)), h("div", { class: "reading" }, label));
  return { element, update: () => update(check, { bar, what, steps }), more };
}

/**
 * @param {Check} check
 * @param {{bar: HTMLElement, what: HTMLElement, steps: HTMLElement}} parts
 */
function update(check, { bar, what, steps }) {
  what.textContent = `${TOLD[check.state] ?? ""} …`;
  if (check.state === "uploading" && check.sent < 1) bar.setAttribute("value", String(check.sent));
  else bar.removeAttribute("value");
  const at = STEPS.indexOf(/** @type {any} */ (check.state));
  const passed = STEPS.filter((step) => step !== "fetching" || check.address);
  steps.replaceChildren(
    ...passed.map((step) => {
      const place = STEPS.indexOf(step);
      return h("li", { "data-step": place < at ? "done" : place === at ? "now" : "next", "aria-current": place === at && "step" }, TOLD[step]);
    }),
  );
}

/** @param {Check} check */
function named({ name, file, address }) {
  return file ? `${name}, ${size(file.size)}` : (address ?? name);
}

/** The picture as soon as this browser can show it; nothing where it cannot. @param {Check} check */
function preview(check) {
  if (!check.file) return h("div", { class: "mount" });
  const image = h("img", { src: check.url, alt: "" });
  const frame = h("div", { class: "frame" }, image);
  image.addEventListener("error", () => frame.remove());
  return h("div", { class: "mount" }, frame);
}

/**
 * What takes so long, asked of the server once it does: others before this one, or a model that is still loading.
 * @param {HTMLElement} more
 * @returns {() => void} stop asking
 */
export function wonder(more) {
  const tell = async () => {
    const [ready, health] = await Promise.all(["/readyz", "/health"].map(looked));
    if (ready?.model === "loading") more.textContent = "The server is loading its model; this takes some seconds after its start.";
    else if (health?.queue.waiting > 1) more.textContent = `${health.queue.waiting} pictures are in the server's queue.`;
    else more.textContent = "";
  };
  const clock = window.setInterval(() => attend(tell()), SLOW);
  return () => window.clearInterval(clock);
}

/** What the server says of itself, also where it says that it is not ready. @param {string} path */
async function looked(path) {
  try {
    return await (await fetch(path, { cache: "no-store" })).json();
  } catch (error) {
    console.info(`${path} does not answer:`, error);
    return null;
  }
}
