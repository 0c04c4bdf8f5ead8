// The likely source of a picture that looks generated, in words: the doubt stands among the families.

import { h } from "./dom.js";
import { words } from "./words.js";

/**
 * The share of each family and the share of doubt, the largest first.
 * @param {import("./types.js").Attribution} found
 */
export function shares({ top, unknown }) {
  const all = [/** @type {[string, number]} */ (["unknown", unknown]), ...top].sort((a, b) => b[1] - a[1]);
  return all.map(([name, share]) => `${name} ${(share * 100).toFixed(0)} %`).join(", ");
}

/**
 * Nothing where the bundle names no source, or where the picture does not look generated.
 * @param {import("./types.js").Verdict} verdict
 */
export function source({ attribution: found }) {
  if (!found) return null;
  return h(
    "section",
    { class: "part", "aria-labelledby": "source" },
    h("h3", { id: "source" }, words.heading.source),
    h("p", {}, shares(found)),
    h("p", { class: "fine" }, words.source_caveat),
  );
}
