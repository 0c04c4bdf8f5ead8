// The JSON of `POST /v1/compare`, as far as the page reads it. Types only: no browser loads this.

/** @typedef {import("./types.js").Verdict} Verdict */
/** @typedef {{about: string, first: string, second: string, same: boolean}} Difference */
/** @typedef {{field: string, value: string}} Dated */
/** @typedef {{x: number, y: number, width: number, height: number}} Box in pixels of the whole picture */

/**
 * @typedef {object} Likeness
 * @property {string} relation a key of words.relation
 * @property {"first" | "second" | null} part_of the picture that holds the other
 * @property {Box | null} box where it does
 */

/**
 * @typedef {object} Comparison
 * @property {Verdict} first
 * @property {Verdict} second
 * @property {Difference[]} differences
 * @property {Likeness} likeness
 * @property {string} words
 * @property {{first: Dated[], second: Dated[]} | null} dates null where the pictures are not at hand
 */

/** @typedef {"a" | "b"} Part */

/**
 * One of the two pictures, as chosen: a file, or a saved result by its id.
 * @typedef {object} Side
 * @property {string} name
 * @property {File} [file]
 * @property {string} [id]
 * @property {string | null} url of the picture, null where it was not kept
 */

export {};
