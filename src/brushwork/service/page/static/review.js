// The review: feedback that waits, pictures that were put up for it, where reviewers disagree, and the record.

import { askJson } from "./api.js";
import { byId, h, refill } from "./dom.js";
import { address, follow, go, query } from "./query.js";
import { feedbackCard } from "./review_feedback.js";
import { act, disagreement, waiting } from "./review_rows.js";
import { rememberReviewer, reviewerName } from "./reviewer.js";
import { attend, calm, trouble } from "./trouble.js";
import { words } from "./words.js";

/**
 * @typedef {object} View
 * @property {string} title
 * @property {string} path
 * @property {string} list the name of the list in the answer
 * @property {(row: any) => HTMLElement} draw
 * @property {[string, string]} empty
 */

/** @type {Readonly<Record<string, View>>} */
const VIEWS = Object.freeze({
  feedback: { title: "Feedback", path: "/v1/feedback", list: "feedback", draw: feedbackCard, empty: ["Nothing waits", "Whoever says “Was this right?” below a result is heard here."] },
  pictures: { title: "Put up for review", path: "/v1/review", list: "verdicts", draw: waiting, empty: ["Nothing was put up for review", "Whoever saved a result can ask for a second look at it."] },
  disagreements: { title: "Disagreements", path: "/v1/disagreements", list: "disagreements", draw: disagreement, empty: ["Nobody disagrees", "Where two reviewers decide differently, both decisions are shown here."] },
  record: { title: "Record", path: "/v1/audit", list: "acts", draw: act, empty: ["Nothing is recorded yet", "What administrators do and what is deleted is written here, and never changed."] },
});
const LIMIT = "50";
let look = 0;

const chosen = () => VIEWS[query().show ?? ""] ?? VIEWS.feedback;

async function show() {
  const mine = ++look;
  const view = /** @type {View} */ (chosen());
  tabs(view);
  const search = new URLSearchParams({ limit: LIMIT });
  if (view === VIEWS.feedback && state()) search.set("state", state());
  if (view === VIEWS.disagreements) search.set("reviewer", reviewerName());
  const { after } = query();
  if (after && view !== VIEWS.disagreements) search.set("after", after);
  try {
    const page = await askJson(`${view.path}?${search}`);
    if (mine === look) draw(view, page[view.list], page.after ?? null);
  } catch (error) {
    if (mine === look) refill(byId("reviewed"));
    if (mine === look) trouble(error, { retry: () => attend(show()) });
  }
}

/** Which feedback is shown: what waits, unless the address asks for another. */
function state() {
  const wanted = query().state ?? "new";
  return wanted === "all" ? "" : wanted;
}

/** @param {View} view @param {any[]} rows @param {string | null} after */
function draw(view, rows, after) {
  calm();
  byId("progress").textContent = rows.length ? `${rows.length} on this page${after ? ", older ones follow" : ""}.` : "";
  const list = rows.length ? h("ul", { class: "cards" }, rows.map((row) => h("li", {}, view.draw(row)))) : nothing(view);
  const older = after && h("a", { class: "button", id: "older", href: address({ after }), onclick: (event) => turn(event, { after }) }, "Older");
  refill(byId("reviewed"), view === VIEWS.feedback && filter(), view === VIEWS.disagreements && asking(), list, older && h("nav", { class: "pages", "aria-label": "Pages" }, older));
}

/** @param {View} view */
function nothing({ empty: [title, text] }) {
  return h("div", { class: "empty" }, h("h2", {}, title), h("p", {}, text));
}

function filter() {
  const choices = { ...words.feedback_state, all: "all" };
  const here = query().state ?? "new";
  const options = Object.entries(choices).map(([value, title]) =>
    h("label", {}, h("input", { type: "radio", name: "state", id: `state-${value}`, value, checked: value === here, onchange: () => go({ state: value === "new" ? null : value, after: null }) }), h("span", {}, title)),
  );
  return h("fieldset", { class: "switch" }, h("legend", { class: "unseen" }, "Show feedback that is"), options);
}

/** Where the review is blind, a reviewer sees the disagreements on what they decided themselves. */
function asking() {
  const name = /** @type {HTMLInputElement} */ (h("input", { id: "reviewer", maxlength: 80, value: reviewerName(), autocomplete: "off" }));
  name.addEventListener("change", () => {
    rememberReviewer(name.value.trim());
    attend(show());
  });
  const label = h("label", { for: "reviewer" }, "Your name in the record; where the review is blind, you see what you decided on");
  return h("div", { class: "field asking" }, label, name);
}

/** @param {View} here */
function tabs(here) {
  const links = Object.entries(VIEWS).map(([name, view]) => {
    const changes = { show: name === "feedback" ? null : name, state: null, after: null };
    return h("a", { id: `tab-${name}`, href: address(changes), "aria-current": view === here && "page", onclick: (event) => turn(event, changes) }, view.title);
  });
  refill(byId("tabs"), links);
}

/** @param {Event} event @param {Record<string, string | null>} changes */
function turn(event, changes) {
  event.preventDefault();
  go(changes);
}

follow(() => attend(show()));
