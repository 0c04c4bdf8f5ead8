// How the service is. Asks again by itself while someone looks, rarely, and not at all in a tab that is not seen.

import { askJson } from "./api.js";
import { byId, h, keepFocus, refill } from "./dom.js";
import { attend, calm, trouble } from "./trouble.js";
import { words } from "./words.js";

const EVERY = 10_000;
/** @type {Readonly<Record<string, string>>} */
const MEANS = Object.freeze({
  ok: "working",
  loading: "being loaded",
  failed: "cannot be used: `brushwork doctor` says why",
  behind: "older than this version: run `brushwork db upgrade`",
  full: "full",
  unreachable: "does not answer",
  degraded: "something is not as it should be",
});
/** @type {Readonly<Record<string, string>>} */
const STAGES = Object.freeze({
  decode: "open the file",
  provenance: "read what it says",
  forensics: "look at the pixels",
  weigh: "weigh both",
  store: "look up and save",
});
const DRIFT_NOTE = "0 means that the scores lie as they did when the model was measured. The further from 0, the less its error rates hold for the pictures that come in today.";

/** @typedef {{name: string, count: number}} Counted */
/**
 * @typedef {object} Status
 * @property {string} now
 * @property {{status: string, version: string, bundle: {name: string, version: string, sha256: string}, database: string, queue: {waiting: number, room: number, workers: number}}} health
 * @property {Record<string, unknown>} ready
 * @property {Counted[]} verdicts
 * @property {Counted[]} failures
 * @property {{name: string, count: number, p50: number, p95: number}[]} stages
 * @property {number | null} drift
 */

/** Not spoken: it changes with every look. */
const when = h("span", { "aria-live": "off" });
/** @type {number | undefined} */
let clock;

async function look() {
  window.clearTimeout(clock);
  if (document.hidden) return;
  try {
    const found = /** @type {Status} */ (await askJson("/v1/status"));
    calm();
    show(found);
    clock = window.setTimeout(() => attend(look()), EVERY);
  } catch (error) {
    refill(byId("progress"));
    byId("status").classList.add("stale");
    trouble(error, { retry: () => attend(look()) });
  }
}

/** @param {Status} found */
function show(found) {
  const { health, ready } = found;
  const time = new Date(found.now).toLocaleTimeString();
  const summary = health.status === "ok" ? "Everything works." : "Something is not as it should be.";
  if (!byId("progress").textContent?.startsWith(summary)) refill(byId("progress"), h("b", {}, summary), " ", when);
  when.textContent = `Seen at ${time}, and looked at again every ${EVERY / 1000} seconds.`;
  byId("status").classList.remove("stale");
  panels(byId("status"), [parts(found, ready), made(found), counted(found), times(found), drift(found)]);
}

/** Only what changed is drawn again: the focus stays where it is. @param {HTMLElement} box @param {HTMLElement[]} now */
function panels(box, now) {
  const before = box.querySelectorAll(".panel");
  if (!before.length) return refill(box, h("div", { class: "panels" }, now));
  before.forEach((old, i) => {
    const next = /** @type {HTMLElement} */ (now[i]);
    if (!old.isEqualNode(next)) keepFocus(old, () => old.replaceWith(next));
  });
}

/** @param {Status} found @param {Record<string, unknown>} ready */
function parts({ health }, ready) {
  const { queue } = health;
  const states = Object.entries(ready).filter(([name, state]) => name !== "ready" && typeof state === "string");
  const rows = states.map(([name, state]) => {
    const known = String(state);
    return [h("dt", {}, name), h("dd", { "data-good": String(known === "ok") }, MEANS[known] ?? known)];
  });
  const waiting = `${queue.waiting} of ${queue.room} places taken, ${queue.workers} ${queue.workers === 1 ? "process examines" : "processes examine"}`;
  return panel("Parts", h("dl", { class: "facts states" }, rows, h("dt", {}, "pictures"), h("dd", {}, waiting)));
}

/** @param {Status} found */
function made({ health: { version, bundle } }) {
  const rows = [
    [h("dt", {}, "Brushwork"), h("dd", {}, version)],
    [h("dt", {}, "Model"), h("dd", {}, h("a", { id: "to-model", href: "/model" }, `${bundle.name} ${bundle.version}`))],
    [h("dt", {}, "Its hash"), h("dd", {}, h("code", {}, bundle.sha256))],
    [h("dt", {}, "For machines"), h("dd", {}, h("a", { id: "to-metrics", href: "/metrics" }, "metrics"), ", ", h("a", { id: "to-health", href: "/health" }, "health"), ", ", h("a", { id: "to-readyz", href: "/readyz" }, "ready"))],
  ];
  return panel("Versions", h("dl", { class: "facts" }, rows));
}

/** @param {Status} found */
function counted({ verdicts, failures }) {
  const total = verdicts.reduce((sum, row) => sum + row.count, 0);
  if (!total && !failures.length) return panel("Answers given", h("p", {}, "None since this service was started."));
  const rows = verdicts.map(({ name, count }) => bar(words.answer[name] ?? name, count, count / total));
  return panel(
    "Answers given",
    rows.length > 0 && table(["Answer", "Drawn", "Count"], rows),
    failures.length > 0 && [
      h("h3", {}, "Could not be examined"),
      table(["Why", "Count"], failures.map(({ name, count }) => [h("a", { id: `problem-${name}`, href: `/problems/${encodeURIComponent(name)}` }, name), String(count)])),
    ],
  );
}

/** @param {string} title @param {number} count @param {number} share @returns {import("./dom.js").Child[]} */
function bar(title, count, share) {
  return [title, h("meter", { min: 0, max: 1, value: share, "aria-label": `${Math.round(share * 100)} percent` }), String(count)];
}

/** @param {Status} found */
function times({ stages }) {
  if (!stages.length) return panel("Time per picture", h("p", {}, "Nothing was examined since this service was started."));
  const rows = stages.map(({ name, p50, p95, count }) => [[STAGES[name] ?? name, h("span", { class: "note" }, name)], milliseconds(p50), milliseconds(p95), String(count)]);
  return panel("Time per picture", h("p", { class: "fine" }, "Half of the pictures are through a stage within the first time, 95 of 100 within the second."), table(["Stage", "Half", "95 %", "Pictures"], rows));
}

/** @param {Status} found */
function drift({ drift: value }) {
  const said = value === null ? "Not measured yet: too few pictures since this service was started." : h("b", { class: "figure" }, value.toFixed(2));
  return panel("Drift of the scores", h("p", {}, said), h("p", { class: "fine" }, DRIFT_NOTE));
}

/** @param {number} seconds */
const milliseconds = (seconds) => (seconds < 1 ? `${Math.round(seconds * 1000)} ms` : `${seconds.toFixed(1)} s`);

/** @param {string} title @param {...import("./dom.js").Child} children */
function panel(title, ...children) {
  return h("section", { class: "panel" }, h("h2", {}, title), children);
}

/** @param {string[]} head @param {import("./dom.js").Child[][]} rows */
function table(head, rows) {
  const titles = head.map((title) => h("th", { scope: "col" }, title));
  const lines = rows.map(([first, ...rest]) => h("tr", {}, h("th", { scope: "row" }, first), rest.map((cell) => h("td", {}, cell))));
  return h("table", {}, h("thead", {}, h("tr", {}, titles)), h("tbody", {}, lines));
}

document.addEventListener("visibilitychange", () => attend(look()));
attend(look());
