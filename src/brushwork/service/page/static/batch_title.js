// What a batch is called and how it stands, in the list and above its table.

import { words } from "./words.js";

/** @typedef {import("./batch_feed.js").Facts} Facts */

/** What a batch is called. @param {Facts} facts */
export function titleOf({ name, created_at: at }) {
  return name ?? `Batch of ${new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" }).format(new Date(at))}`;
}

/** Its state in words, with how far it is. @param {Facts} facts */
export function stateOf({ state, counts, items }) {
  const over = counts.done + counts.failed;
  return state === "done" || state === "cancelled" || !items ? words.batch_state[state] : `${words.batch_state[state]}, ${over} of ${items}`;
}
