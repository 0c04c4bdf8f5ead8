// One picture of a batch, whole: its answer with the reasons, the picture where its file is at hand, and the decisions.

import { askJson, Stopped } from "./api.js";
import { decided } from "./review_rows.js";
import { h, icon, refill } from "./dom.js";
import { account, attend } from "./trouble.js";
import { counted, plainName, words } from "./words.js";

/** @typedef {import("./batch_book.js").Line} Line */
/** @typedef {import("./types.js").Verdict} Verdict */
/** @typedef {import("./decisions.js").Decision} Decision */

/**
 * @typedef {object} Doing
 * @property {(line: Line, choice: string, note: string) => void} decide
 * @property {() => void} close
 * @property {(step: number) => void} step
 * @property {(key: string) => string} keyOf the key on the keyboard for a decision
 */

export class Pane {
  element = h("aside", { class: "pane", "aria-label": "The chosen picture", tabindex: -1 });
  #path;
  #book;
  #decisions;
  #patience;
  #doing;
  /** @type {Line | null} */
  line = null;
  /** @type {Verdict | null} */
  #verdict = null;
  /** @type {typeof import("./batch_grounds.js").grounds | null} loaded with the first picture that is opened */
  #grounds = null;
  #url = "";
  #asked = new AbortController();
  #record = h("div", { class: "record-box" });
  #why = /** @type {HTMLInputElement} */ (h("input", { id: "why", maxlength: 2000, autocomplete: "off" }));

  /**
   * @param {string} batchId
   * @param {import("./batch_book.js").Book} book
   * @param {import("./batch_words.js").Decisions} decisions
   * @param {import("./patience.js").Patience} patience
   * @param {Doing} doing
   */
  constructor(batchId, book, decisions, patience, doing) {
    this.#path = `/v1/batches/${batchId}/items`;
    this.#book = book;
    this.#decisions = decisions;
    this.#patience = patience;
    this.#doing = doing;
  }

  /** What was written beside the decision; it is used once. */
  takeNote() {
    const note = this.#why.value.trim();
    this.#why.value = "";
    return note;
  }

  /** @param {Line | null} line */
  async show(line) {
    if (line?.key === this.line?.key && (!line || this.#state(line) === this.element.dataset.state)) return;
    this.#asked.abort();
    const asked = (this.#asked = new AbortController());
    if (line?.key !== this.line?.key) this.#why.value = "";
    this.line = line;
    this.element.dataset.state = line ? this.#state(line) : "";
    this.#look(line ? this.#book.files.get(line.key) : undefined);
    if (!line?.row) return refill(this.element);
    this.#verdict = null;
    this.#draw(line);
    const { id } = line.row;
    try {
      const item = /** @type {{verdict: Verdict | null}} */ (await this.#patience.ask(() => askJson(`${this.#path}/${id}`, { signal: asked.signal }), asked.signal));
      this.#grounds ??= (await import("./batch_grounds.js")).grounds;
      if (asked.signal.aborted) return;
      this.#verdict = item.verdict;
      this.#draw(line);
      attend(this.record());
    } catch (error) {
      if (error instanceof Stopped) return;
      const { title, detail } = account(error, "picture");
      refill(this.element, h("p", {}, `${title}. ${detail}`));
    }
  }

  /** Read again who decided what on it. */
  async record() {
    const { line } = this;
    if (!line?.row) return;
    const found = await this.#patience.ask(() => askJson(`${this.#path}/${line.row?.id}/decisions?${this.#decisions.search()}`));
    if (this.line === line) refill(this.#record, record(found.decisions, found.hidden));
  }

  /** Draw it again where what is known of it changed. @param {Line} line */
  #state(line) {
    return `${line.row?.state} ${line.row?.verdict_at} ${this.#book.files.has(line.key)}`;
  }

  /** @param {File | undefined} file */
  #look(file) {
    if (this.#url) URL.revokeObjectURL(this.#url);
    this.#url = file ? URL.createObjectURL(file) : "";
  }

  /** @param {Line} line */
  #draw(line) {
    const name = plainName(line.name);
    const verdict = this.#verdict;
    refill(
      this.element,
      h(
        "header",
        {},
        h("h2", { class: "pane-name" }, name),
        h("div", { class: "buttons" }, step("previous", "Previous", () => this.#doing.step(-1)), step("next", "Next", () => this.#doing.step(1)), step("close", "Close", this.#doing.close)),
      ),
      this.#url && picture(this.#url, name),
      verdict?.answer ? answer(verdict) : unanswered(line, verdict),
      this.#deciding(line),
      verdict?.answer && this.#grounds?.(verdict),
    );
  }

  /** @param {Line} line */
  #deciding(line) {
    const choices = Object.entries(words.decision).filter(([value]) => value !== "take_back" || line.words?.mine);
    const buttons = choices.map(([value, title]) => {
      const press = () => this.#doing.decide(line, value, this.takeNote());
      return h("button", { type: "button", id: `decide-${value}`, class: "small", "aria-pressed": value === "take_back" ? null : String(line.words?.mine === value), onclick: press }, title, this.#doing.keyOf(value) && h("kbd", {}, this.#doing.keyOf(value)));
    });
    return h("section", { class: "part deciding", "aria-labelledby": "deciding" }, h("h3", { id: "deciding" }, "Decision"), h("div", { class: "buttons" }, buttons), h("div", { class: "field" }, h("label", { for: "why" }, "Why (kept with the decision)"), this.#why), this.#record);
  }

  /** The decision that stands, on the buttons. */
  redecided() {
    if (this.line?.row) this.#draw(this.line);
  }
}

/** @param {string} id @param {string} title @param {() => void} onclick */
const step = (id, title, onclick) => h("button", { type: "button", class: "small", id: `pane-${id}`, onclick }, title);

/** @param {string} url @param {string} name */
function picture(url, name) {
  const image = /** @type {HTMLImageElement} */ (h("img", { src: url, alt: `The picture ${name}` }));
  image.addEventListener("error", () => image.replaceWith(h("p", { class: "fine" }, "This browser cannot show the picture; that does not change its answer.")));
  return h("figure", { class: "pane-picture" }, image);
}

/** @param {Verdict} verdict */
function answer({ answer: value, wording }) {
  return h("section", { class: "pane-answer", "data-answer": value }, h("h3", {}, icon(value, "sign"), wording.answer), h("p", { class: "why" }, wording.why), h("p", { class: "fine" }, wording.error_rate));
}

/** @param {Line} line @param {Verdict | null} verdict */
function unanswered({ row }, verdict) {
  const error = row?.error;
  if (error) return h("section", { class: "pane-answer" }, h("h3", {}, error.title), h("p", {}, error.detail), h("p", {}, error.advice));
  return h("p", { class: "fine" }, row?.state === "done" && !verdict ? "Reading …" : words.item_state[row?.state ?? "waiting"]);
}

/** @param {Decision[]} made @param {number} hidden */
function record(made, hidden) {
  return [
    made.length > 0 && h("ol", { class: "record" }, made.map((one) => h("li", {}, decided(one)))),
    hidden > 0 && h("p", { class: "fine" }, `${counted(hidden, "decision")} of others ${hidden === 1 ? "is" : "are"} shown once you decided: the review is blind.`),
  ];
}
