// The JSON of `POST /v1/look`, as far as the page reads it. Types only: no browser loads this.

/** @typedef {{kind: string, title: string, shows: string, does_not_prove: string, in_the_verdict: boolean}} Told */
/** @typedef {{group: string, name: string, value: string, hidden: boolean}} Field */
/** @typedef {{tables: number[][], estimated_quality: number | null, standard: boolean, words: string}} Tables */
/** @typedef {{qualities: number[], differences: number[], dip: number | null, words: string}} Ghosts */
/** @typedef {{across: number[], down: number[], offset: [number, number] | null, words: string}} Grid */

/**
 * @typedef {object} Look
 * @property {{format: string | null, mode: string, width: number, height: number, bytes: number | null, progressive: boolean,
 *   chroma_subsampling: string | null, bits_per_pixel: number | null, typical_generator_size: boolean}} file
 * @property {Tables | null} jpeg_tables
 * @property {Ghosts} ghosts
 * @property {Grid} grid
 * @property {Field[]} metadata
 * @property {number} hidden
 * @property {number} window
 * @property {Told[]} images
 * @property {string} note
 */

export {};
