// The JSON shapes of `verdict.py` and of RFC 9457, as far as the page reads them. Types only: no browser loads this.

/** @typedef {"made_with_ai" | "partly_ai" | "looks_ai" | "cannot_tell" | "no_sign_of_ai" | "signed_capture"} Answer */
/** @typedef {"absent" | "found" | "unreadable" | "not_checked"} State */
/** @typedef {{name: string, value: string}} Fact */
/** @typedef {{clear: number, balanced: number, strict: number}} Thresholds */
/** @typedef {{min: number, max: number, flips: number, views: number}} Stability */
/** @typedef {{set: string, n: number, kind: string, fpr_at_score: number}} Reference */
/** @typedef {{of_human: number, of_ai: number, n_human: number, n_ai: number}} Rates */
/** @typedef {{x: number, y: number, width: number, height: number, probability: number}} Region */

/**
 * @typedef {object} Evidence
 * @property {"provenance" | "forensics"} kind
 * @property {string} source
 * @property {State} state
 * @property {string} summary
 * @property {string} claim
 * @property {string} trust
 * @property {string | null} tool
 * @property {Fact[]} facts
 */

/**
 * @typedef {object} InputFacts
 * @property {string | null} sha256
 * @property {string} phash
 * @property {string | null} format
 * @property {number} width pixels
 * @property {number} height pixels
 * @property {number | null} bytes
 * @property {number | null} jpeg_quality
 * @property {string | null} chroma_subsampling
 * @property {boolean} typical_generator_size
 */

/**
 * @typedef {object} Attribution
 * @property {[string, number][]} top names and shares, best first
 * @property {number} unknown
 */

/**
 * @typedef {object} Verdict
 * @property {string} id
 * @property {string} created_at
 * @property {string | null} external_id
 * @property {InputFacts} input
 * @property {Answer} answer
 * @property {string} reason
 * @property {{answer: string, why: string, error_rate: string, advice: string[]}} wording
 * @property {string} label of two classes
 * @property {number} probability
 * @property {Record<string, number>} timing_ms
 * @property {Reference | null} reference
 * @property {Rates | null} rates null where the answer does not rest on the pixels
 * @property {Stability | null} stability
 * @property {Evidence[]} evidence
 * @property {Attribution | null} attribution families of generators, where the picture looks generated
 * @property {{patches: Region[], words: string} | null} regions
 * @property {{code: string, detail: string}[]} warnings
 * @property {{name: string, version: string, sha256: string, thresholds: Thresholds} | null} model
 */

/**
 * @typedef {object} ProblemDocument
 * @property {string} [type] the address of its kind
 * @property {string} [title]
 * @property {string} [detail]
 * @property {number} [status]
 * @property {string} [request_id]
 */

export {};
