// The states of a check, and which may follow which. Dragging lies over any of them and is no state of its own.

/**
 * queued: waits for its turn. fetching: its address is called. uploading, decoding, scoring: the first answer comes.
 * explaining: it is there, and its range under re-encodings comes. away, busy: it is tried again by itself.
 * @typedef {"queued" | "fetching" | "uploading" | "decoding" | "scoring" | "explaining" | "done" | "error" | "away" | "busy"} Name
 */

/** @type {Readonly<Record<Name, readonly Name[]>>} */
const FOLLOWS = Object.freeze({
  queued: ["fetching", "uploading", "error"],
  fetching: ["uploading", "error", "away", "busy", "queued"],
  uploading: ["decoding", "scoring", "explaining", "done", "error", "away", "busy", "queued"],
  decoding: ["scoring", "decoding", "explaining", "done", "error", "away", "busy", "queued"],
  scoring: ["explaining", "done", "error", "away", "busy", "queued"],
  explaining: ["done"],
  done: ["explaining", "queued"],
  error: ["queued"],
  away: ["queued", "error"],
  busy: ["queued", "error"],
});

/** The states in which the first answer is on its way. */
export const RUNNING = Object.freeze(/** @type {Name[]} */ (["fetching", "uploading", "decoding", "scoring"]));

/**
 * @param {Name} from
 * @param {Name} to
 */
export function mayFollow(from, to) {
  return from === to || FOLLOWS[from].includes(to);
}
