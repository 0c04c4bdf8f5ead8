// A table of thousands of rows that stays smooth: rows lie in chunks that the browser lays out only near the window
// (`content-visibility` in parts.css). Every row is in the document, so that searching the page finds it.

import { h, refill } from "./dom.js";

const CHUNK = 50;

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
 */

/** @template T */
export class Table {
  /** @type {Map<string, HTMLElement>} */
  #drawn = new Map();
  /** @type {Map<string, T>} */
  #rows = new Map();
  #plan;
  #head;
  #body;

  /** @param {Plan<T>} plan */
  constructor(plan) {
    this.#plan = plan;
    this.#head = h("div", { role: "rowgroup", class: "table-head" });
    this.#body = h("div", { class: "table-body", role: "presentation" });
    const set = { class: `table ${plan.className}`, role: "table", "aria-label": plan.label };
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
    for (const key of this.#drawn.keys()) if (!this.#rows.has(key)) this.#drawn.delete(key);
    const lines = [...this.#rows].map(([key, row]) => this.#line(key, row));
    const chunks = [];
    for (let start = 0; start < lines.length; start += CHUNK) {
      chunks.push(h("div", { role: "rowgroup", class: "chunk" }, lines.slice(start, start + CHUNK)));
    }
    this.element.setAttribute("aria-rowcount", String(lines.length + 1));
    refill(this.#body, chunks);
  }

  /** Draw one row again where it stands. @param {T} row */
  changed(row) {
    const key = this.#plan.keyOf(row);
    const old = this.#drawn.get(key);
    this.#rows.set(key, row);
    this.#drawn.delete(key);
    old?.replaceWith(this.#line(key, row));
  }

  /** The element of a row, to bring it into view or to focus it. @param {string} key */
  line(key) {
    return this.#drawn.get(key);
  }

  /**
   * Say in the head by which column the rows are in order.
   * @param {string} name
   * @param {boolean} ascending
   */
  sorted(name, ascending) {
    const titles = this.#plan.columns.map((column) => this.#title(column, column.name === name ? ascending : null));
    refill(this.#head, h("div", { role: "row", class: "row" }, titles));
  }

  /** @param {Column<T>} column @param {boolean | null} ascending */
  #title(column, ascending) {
    const way = ascending === null ? "none" : ascending ? "ascending" : "descending";
    const sortable = column.order && this.#plan.onSort;
    const onclick = () => this.#plan.onSort?.(column.name);
    const title = sortable ? h("button", { type: "button", id: `sort-${column.name}`, class: "sort", onclick }, column.title) : column.title;
    return h("div", { role: "columnheader", "data-column": column.name, "aria-sort": sortable && way }, title);
  }

  /** @param {string} key @param {T} row */
  #line(key, row) {
    const known = this.#drawn.get(key);
    if (known) return known;
    const cells = this.#plan.columns.map((column) =>
      h("div", { role: "cell", "data-column": column.name }, column.cell(row)),
    );
    const line = h("div", { role: "row", class: "row", "data-key": key }, cells);
    this.#drawn.set(key, line);
    return line;
  }
}
