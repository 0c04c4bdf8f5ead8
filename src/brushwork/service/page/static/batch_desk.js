// The table of a batch and the picture that is open beside it: going from one to the next, and deciding on them.

import { filters, reviewer } from "./batch_bar.js";
import { shown, way } from "./batch_book.js";
import { columns } from "./batch_cells.js";
import { keyOf, listenToKeys } from "./batch_keys.js";
import { Pane } from "./batch_pane.js";
import { Thumbs } from "./batch_thumbs.js";
import { Decisions } from "./batch_words.js";
import { byId, h } from "./dom.js";
import { go, query } from "./query.js";
import { Table } from "./table.js";
import { attend, refused } from "./trouble.js";
import { words } from "./words.js";

/** @typedef {import("./batch_book.js").Line} Line */

/**
 * @typedef {object} Doing
 * @property {(line: Line) => void} retry
 * @property {(line: Line) => void} leave
 * @property {() => void} draw everything, soon
 * @property {import("./batch_chart.js").Edges} edges
 */

export class Desk {
  decisions;
  parts;
  #book;
  #doing;
  #pane;
  #table;
  #thumbs = new Thumbs();
  #bar = filters();
  #reviewer;
  #nothing;
  #desk;
  /** @type {Line[]} as the table has them */
  #shown = [];
  /** @type {Set<Line>} to be drawn again */
  #dirty = new Set();
  #current = "";
  #keys = new AbortController();

  /**
   * @param {string} batchId
   * @param {import("./batch_book.js").Book} book
   * @param {import("./patience.js").Patience} patience
   * @param {Doing} doing
   */
  constructor(batchId, book, patience, doing) {
    this.#book = book;
    this.#doing = doing;
    const always = byId("screen").dataset.blind !== undefined;
    this.decisions = new Decisions(batchId, always, patience, (list) => this.#heard(list), ({ document: told }, line) => refused(told.title ?? "", told.detail ?? "", line.name));
    this.#reviewer = reviewer(this.decisions, always, () => attend(this.decisions.load().then(doing.draw)));
    this.#pane = new Pane(batchId, book, this.decisions, patience, {
      decide: (line, choice, note) => this.#decide(line, choice, note),
      close: () => this.#close(),
      step: (by) => this.#step(by),
      keyOf,
    });
    this.#table = new Table({ label: "Pictures of the batch", className: "batch-table", windowed: true, keyOf: (/** @type {Line} */ line) => line.key, columns: columns(this.#cells()), onSort: sort });
    this.#nothing = h("p", { class: "nothing", hidden: true }, "No picture is like that. ", h("a", { href: `/batch/${batchId}` }, "Show all"));
    this.#desk = h("div", { class: "desk" }, h("div", { class: "rows" }, this.#table.element, this.#nothing), this.#pane.element);
    this.parts = [this.#bar.form, this.#reviewer.element, this.#desk];
  }

  /** Keys count from now on. */
  open() {
    this.#keys = new AbortController();
    const doing = {
      move: (/** @type {number} */ by) => this.#step(by),
      jump: (/** @type {"first" | "last"} */ end) => this.#walk(end === "first" ? 0 : this.#shown.length - 1),
      open: () => this.#enter(),
      close: () => this.#close(),
      decide: (/** @type {string} */ choice) => this.#decideHere(choice),
      undo: () => this.#undo(),
      search: () => this.#bar.text.focus(),
    };
    listenToKeys(doing, this.#table.element, () => this.#reviewer.keysAreOn(), this.#keys.signal);
  }

  leave() {
    this.#keys.abort();
    attend(this.#pane.show(null)); // its picture is let go of
  }

  /** Something of this line changed. @param {Line | void} line */
  touch(line) {
    if (line) this.#dirty.add(line);
  }

  /** Show what the address asks for. */
  draw() {
    const asked = query();
    this.#bar.sync();
    this.#shown = shown(this.#book.lines.values(), asked);
    this.#table.sorted(...way(asked.sort));
    this.#table.show(this.#shown);
    for (const line of this.#dirty) this.#redraw(line);
    this.#dirty.clear();
    const all = this.#book.lines.size;
    this.#bar.count.textContent = this.#shown.length === all ? `${all} shown` : `${this.#shown.length} of ${all} shown`;
    this.#nothing.hidden = this.#shown.length > 0 || all === 0;
    const open = asked.item ? this.#book.byItem(asked.item) : undefined;
    this.#choose(open ?? this.#shown.find(({ key }) => key === this.#current) ?? this.#shown[0]);
    this.#desk.classList.toggle("opened", Boolean(open));
    attend(this.#pane.show(open ?? null));
  }

  /** @param {import("./batch_book.js").Words[]} list */
  #heard(list) {
    for (const line of this.#book.decided(list)) {
      this.touch(line);
      if (line.key !== this.#pane.line?.key) continue;
      this.#pane.redecided();
      attend(this.#pane.record());
    }
    this.#doing.draw();
  }

  /** @returns {import("./batch_cells.js").Doing} */
  #cells() {
    return {
      picture: ({ key, name }) => this.#thumbs.of(key, name, this.#book.files.get(key)),
      open: (event, line) => {
        const { metaKey, ctrlKey, shiftKey } = /** @type {MouseEvent} */ (event);
        if (metaKey || ctrlKey || shiftKey) return; // in a tab or window of its own
        event.preventDefault();
        this.#choose(line);
        go({ item: line.row?.id });
      },
      retry: this.#doing.retry,
      leave: this.#doing.leave,
      isCurrent: ({ key }) => key === this.#current,
      edges: this.#doing.edges,
    };
  }

  /** The line that keys are about; none where no line is shown. @param {Line | undefined} line */
  #choose(line) {
    if ((line?.key ?? "") === this.#current) return;
    const before = this.#book.lines.get(this.#current);
    this.#current = line?.key ?? "";
    for (const one of [before, line]) if (one) this.#redraw(one);
  }

  /** @param {Line} line */
  #redraw(line) {
    this.#table.changed(line);
  }

  /** @param {number} by */
  #step(by) {
    const here = this.#shown.findIndex(({ key }) => key === this.#current);
    this.#walk(here < 0 ? 0 : Math.min(this.#shown.length - 1, Math.max(0, here + by)));
  }

  /** Make that line the current one, with the focus, and open it where one is open. @param {number} index */
  #walk(index) {
    const line = this.#shown[index];
    if (!line) return;
    this.#choose(line);
    const element = this.#table.line(line.key);
    element?.scrollIntoView({ block: "nearest" });
    element?.querySelector("a")?.focus({ preventScroll: true });
    if (query().item && line.row) go({ item: line.row.id }, { instead: true });
  }

  #enter() {
    const line = this.#book.lines.get(this.#current) ?? this.#shown[0];
    if (line?.row) go({ item: line.row.id });
  }

  #close() {
    if (!query().item) return;
    go({ item: null });
    this.#table.line(this.#current)?.querySelector("a")?.focus({ preventScroll: true });
  }

  /** @param {string} choice */
  #decideHere(choice) {
    const line = this.#book.lines.get(this.#current);
    if (!line?.row || !(this.#shown.includes(line) || this.#pane.line === line)) return; // nobody decides on what they do not see
    this.#decide(line, choice, this.#pane.line === line ? this.#pane.takeNote() : "");
  }

  /** Write it down, and go on to the next one. @param {Line} line @param {string} choice @param {string} note */
  #decide(line, choice, note) {
    if (!this.decisions.name) return this.#reviewer.ask();
    const here = this.#shown.indexOf(line);
    const next = this.#shown[here + 1] ?? line;
    attend(this.decisions.decide(line, choice, note));
    byId("progress").textContent = `${words.decision[choice]}: ${line.name}`;
    this.draw();
    this.#walk(this.#shown.indexOf(next));
  }

  #undo() {
    const line = this.decisions.undo();
    byId("progress").textContent = line ? `Undone: ${line.name}` : "There is nothing to undo.";
    if (!line) return;
    this.draw();
    this.#walk(this.#shown.indexOf(line));
  }
}

/** Rising, then falling, then as they came. @param {string} column */
function sort(column) {
  const [name, ascending] = way(query().sort);
  go({ sort: name !== column ? column : ascending ? `-${column}` : null });
}
