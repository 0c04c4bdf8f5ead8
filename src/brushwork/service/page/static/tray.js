// What this tab was given, each with its answer or its failure; one is shown, the others are a step away.

import { h, icon, renew } from "./dom.js";
import { RUNNING } from "./machine.js";
import { counted } from "./words.js";

/** @typedef {import("./checks.js").Check} Check */

const SHORT = { queued: "waiting", away: "server away", busy: "server busy", error: "not examined" };
const MANY = 8; // from here on the batch is the better place

/**
 * @param {HTMLElement} box
 * @param {Check[]} all oldest first
 * @param {Check | null} shown
 */
export function tray(box, all, shown) {
  if (!all.some((check) => check !== shown)) return renew(box, "", () => null);
  const drawn = all.map((check) => [check.key, check.name, check.state, told(check), Boolean(check.file), check === shown]);
  renew(box, JSON.stringify(drawn), () => list(all, shown));
}

/** @param {Check[]} all @param {Check | null} shown */
function list(all, shown) {
  const entries = [...all].reverse().map((check) => entry(check, check === shown));
  return [
    h("h2", { id: "tray-title" }, "In this tab"),
    h("p", { class: "fine", role: "status" }, summary(all)),
    h("ul", { class: "tray", "aria-labelledby": "tray-title" }, entries),
    all.length >= MANY && h("p", { class: "fine" }, "For hundreds of pictures there is the ", h("a", { href: "/batch" }, "batch"), "."),
  ];
}

/** @param {Check[]} all */
function summary(all) {
  const failed = all.filter((check) => check.state === "error").length;
  const open = all.filter((check) => check.state === "queued" || RUNNING.includes(check.state)).length;
  const parts = [open > 0 && `${counted(open, "picture")} to go`, failed > 0 && `${failed} could not be examined`].filter(Boolean);
  return parts.length ? `${parts.join(", ")}.` : "";
}

/** How it stands, in a few words. @param {Check} check */
function told({ verdict, failure, state }) {
  return verdict ? verdict.wording.answer : (failure?.title ?? SHORT[/** @type {keyof typeof SHORT} */ (state)] ?? "checking …");
}

/** @param {Check} check @param {boolean} here */
function entry(check, here) {
  const { verdict, state, name } = check;
  return h(
    "li",
    { "data-state": state },
    h(
      "a",
      { href: `#${check.key}`, id: `go-${check.key}`, "aria-current": here && "true" },
      h("span", { class: "thumb" }, check.file && h("img", { src: check.url, alt: "", loading: "lazy", onerror: hide })),
      h("span", { class: "thumb-name" }, name),
      h("span", { class: "thumb-told" }, verdict && icon(verdict.answer, "sign"), told(check)),
    ),
  );
}

/** @param {Event} event */
function hide(event) {
  /** @type {HTMLElement} */ (event.target).hidden = true;
}
