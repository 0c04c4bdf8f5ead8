// A table of thousands of rows that stays smooth. Rows lie in chunks. In a plain one the browser lays chunks out only
// near the window (`content-visibility` in parts.css), and every row is in the document. In a windowed one rows are
// drawn only near the window: rows are all of one height, and what they hold, pictures for example, is let go of.

import { h, keepFocus, renew } from "./dom.js";

const CHUNK = 50;
const WINDOWED_CHUNK = 20;
const AROUND = "120% 0px"; // of the window, above and below

/**
 * @template T
 * @typedef {object} Column
 * @property {string} name in the address and for the stylesheet, as data-column
 * @property {import("./dom.js").Child} title
 * @property {(row: T) => import("./dom.js").Child} cell
 * @property {(a: T, b: T) => number} [order] with it the table can be sorted by this column
 */

/**
 * @template T
 * @typedef {object} Plan
 * @property {string} label of the table, for those who do not see it
 * @property {string} className
 * @property {readonly Column<T>[]} columns
 * @property {(row: T) => string} keyOf a row is drawn once under its key, and again when `changed` names it
 * @property {(column: string) => void} [onSort]
 * @property {boolean} [windowed]
 */

/** @typedef {{element: HTMLElement, start: number, keys: readonly string[], near: boolean}} Chunk */

/** @template T */
export class Table {
  /** @type {Map<string, HTMLElement>} */
  #drawn = new Map();
  /** @type {Map<string, T>} */
  #rows = new Map();
  /** @type {readonly string[]} */
  #order = [];
  /** @type {Chunk[]} */
  #chunks = [];
  #plan;
  #head;
  #body;
  /** @type {IntersectionObserver | null} */
  #watch;

  /** @param {Plan<T>} plan */
  constructor(plan) {
    this.#plan = plan;
    this.#watch = plan.windowed ? new IntersectionObserver((seen) => this.#moved(seen), { rootMargin: AROUND }) : null;
    this.#head = h("div", { role: "rowgroup", class: "table-head" });
    this.#body = h("div", { class: "table-body", role: plan.windowed ? "rowgroup" : "presentation" });
    const set = { class: `table ${plan.className}${plan.windowed ? " windowed" : ""}`, role: "table", "aria-label": plan.label };
    this.element = h("div", set, this.#head, this.#body);
    this.sorted("", true);
  }

  /**
   * Show these rows in this order.
   * @param {readonly T[]} rows
   */
  show(rows) {
    const { keyOf } = this.#plan;
    this.#rows = new Map(rows.map((row) => [keyOf(row), row]));
    this.#order = [...this.#rows.keys()];
    for (const key of this.#drawn.keys()) if (!this.#rows.has(key)) this.#drawn.delete(key);
    this.element.setAttribute("aria-rowcount", String(this.#order.length + 1));
    keepFocus(this.#body, () => this.#arrange());
  }

  /** Draw one row again where it stands. @param {T} row */
  changed(row) {
    const key = this.#plan.keyOf(row);
    this.#rows.set(key, row);
    const old = this.#drawn.get(key);
    if (!old) return;
    const index = Number(old.getAttribute("aria-rowindex")) - 2;
    this.#drawn.delete(key);
    keepFocus(old, () => old.replaceWith(this.#line(key, index)));
  }

  /** The element of a row, to bring it into view or to focus it; drawn if need be. @param {string} key */
  line(key) {
    const chunk = this.#chunks.find(({ keys }) => keys.includes(key));
    if (chunk && !this.#drawn.has(key)) this.#fill(chunk);
    return this.#drawn.get(key);
  }

  /**
   * Say in the head by which column the rows are in order.
   * @param {string} name
   * @param {boolean} ascending
   */
  sorted(name, ascending) {
    const titles = () => this.#plan.columns.map((column) => this.#title(column, column.name === name ? ascending : null));
    renew(this.#head, `${name} ${ascending}`, () => h("div", { role: "row", class: "row" }, titles()));
  }

  /** Give each chunk its rows. Chunks stay, so that nothing flickers while rows come in. */
  #arrange() {
    const size = this.#watch ? WINDOWED_CHUNK : CHUNK;
    const count = Math.ceil(this.#order.length / size);
    while (this.#chunks.length > count) this.#drop();
    while (this.#chunks.length < count) this.#add();
    this.#chunks.forEach((chunk, i) => {
      const keys = this.#order.slice(i * size, (i + 1) * size);
      const same = keys.length === chunk.keys.length && keys.every((key, j) => key === chunk.keys[j] && this.#drawn.has(key));
      [chunk.start, chunk.keys] = [i * size, keys];
      chunk.element.style.setProperty("--rows", String(keys.length));
      if (chunk.near && !same) this.#fill(chunk);
    });
  }

  #add() {
    const element = h("div", { role: this.#watch ? "presentation" : "rowgroup", class: "chunk" });
    // The first ones are drawn at once, whatever the window shows: a table is never empty for the blink of an eye.
    this.#chunks.push({ element, start: 0, keys: [], near: !this.#watch || this.#chunks.length < 2 });
    this.#body.append(element);
    this.#watch?.observe(element);
  }

  #drop() {
    const chunk = this.#chunks.pop();
    if (!chunk) return;
    this.#watch?.unobserve(chunk.element);
    chunk.element.remove();
  }

  /** @param {IntersectionObserverEntry[]} seen */
  #moved(seen) {
    for (const { target, isIntersecting } of seen) {
      const chunk = this.#chunks.find(({ element }) => element === target);
      if (!chunk) continue;
      if (isIntersecting && !chunk.element.hasChildNodes()) this.#fill(chunk);
      chunk.near = isIntersecting || chunk.element.contains(document.activeElement); // the focus is never taken away
      if (!chunk.near) this.#clear(chunk);
    }
  }

  /** @param {Chunk} chunk */
  #fill(chunk) {
    chunk.near = true;
    chunk.element.replaceChildren(...chunk.keys.map((key, i) => this.#line(key, chunk.start + i)));
  }

  /** @param {Chunk} chunk */
  #clear(chunk) {
    for (const key of chunk.keys) this.#drawn.delete(key);
    chunk.element.replaceChildren();
  }

  /** @param {Column<T>} column @param {boolean | null} ascending */
  #title(column, ascending) {
    const way = ascending === null ? "none" : ascending ? "ascending" : "descending";
    const sortable = column.order && this.#plan.onSort;
    const onclick = () => this.#plan.onSort?.(column.name);
    const title = sortable ? h("button", { type: "button", id: `sort-${column.name}`, class: "sort", onclick }, column.title) : column.title;
    return h("div", { role: "columnheader", "data-column": column.name, "aria-sort": sortable && way }, title);
  }

  /** @param {string} key @param {number} index among all rows */
  #line(key, index) {
    const known = this.#drawn.get(key);
    if (known) known.setAttribute("aria-rowindex", String(index + 2));
    if (known) return known;
    const row = /** @type {T} */ (this.#rows.get(key));
    const cells = this.#plan.columns.map((column) =>
      h("div", { role: "cell", "data-column": column.name }, column.cell(row)),
    );
    const line = h("div", { role: "row", class: "row", "data-key": key, "aria-rowindex": index + 2 }, cells);
    this.#drawn.set(key, line);
    return line;
  }
}
