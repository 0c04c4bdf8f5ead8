// What can be done with a verdict: check its stability, copy it, keep it as a picture or as JSON.

import { Away, Gone, Problem } from "./api.js";
import { h } from "./dom.js";
import { shares } from "./source.js";
import { askAnnotated } from "./verdicts.js";
import { words } from "./words.js";

/** @typedef {import("./result.js").Checked} Checked */
/** @typedef {import("./types.js").Verdict} Verdict */

/**
 * @param {Checked} checked
 * @param {() => void} onStability
 */
export function actions(checked, onStability) {
  const { verdict, name, file } = checked;
  const said = h("p", { class: "said", role: "status" });
  const say = (/** @type {string} */ text) => (said.textContent = text);
  const stable = Boolean(verdict.stability);
  return h(
    "div",
    { class: "actions" },
    h(
      "div",
      { class: "buttons" },
      h(
        "button",
        { id: "stability", type: "button", "aria-disabled": stable && "true", onclick: () => stable || onStability() },
        stable ? "Stability checked" : "Check stability",
      ),
      h("button", { id: "copy", type: "button", onclick: () => copy(asText(verdict, name), said, say) }, "Copy text"),
      h("button", { id: "annotated", type: "button", onclick: () => annotated(file, name, say) }, "Annotated PNG"),
      h("button", { id: "json", type: "button", onclick: () => json(verdict, name, say) }, "Save JSON"),
    ),
    said,
  );
}

/**
 * The verdict as plain text, to paste into a mail.
 * @param {Verdict} verdict
 * @param {string} name
 */
export function asText(verdict, name) {
  const { wording, input, model } = verdict;
  const found = verdict.evidence.filter((e) => e.kind === "provenance" && e.state !== "absent");
  return [
    `${name}: ${wording.answer}`,
    wording.why,
    wording.error_rate,
    ...wording.advice,
    "",
    ...(found.length ? found.map((e) => `${words.source[e.source] ?? e.source} (${words.state[e.state]}): ${e.summary}`) : []),
    ...(verdict.attribution ? [`Likely source, by the pixels: ${shares(verdict.attribution)}.`] : []),
    ...verdict.warnings.map((w) => w.detail),
    "",
    input.sha256 ? `SHA-256 of the file ${input.sha256}` : "",
    model ? `Brushwork, model ${model.name} ${model.version}, ${verdict.created_at.slice(0, 16).replace("T", " ")} UTC` : "",
  ].join("\n").replace(/\n{3,}/g, "\n\n").trim();
}

/**
 * To the clipboard; where the browser forbids that (a page without TLS), into a box to copy from by hand.
 * @param {string} text
 * @param {HTMLElement} said
 * @param {(text: string) => void} say
 */
async function copy(text, said, say) {
  try {
    await navigator.clipboard.writeText(text);
    say("Copied.");
  } catch (error) {
    console.info("the clipboard is closed to this page:", error);
    say("The browser does not let this page copy. Copy it from here: ");
    said.append(h("textarea", { readonly: true, rows: 8, "aria-label": "The result as text" }, text));
  }
}

/**
 * @param {File} file
 * @param {string} name
 * @param {(text: string) => void} say
 */
async function annotated(file, name, say) {
  say("Printing the answer under the picture …");
  try {
    save(await askAnnotated(file), `${stem(name)}-brushwork.png`);
    say("Saved as PNG.");
  } catch (error) {
    if (error instanceof Away) say("The server does not answer. Try again in a moment.");
    else if (error instanceof Gone) say("The file was changed, moved or deleted. Choose it again.");
    else if (error instanceof Problem) say(`${error.document.title ?? words.unknown_error}: ${error.message}`);
    else throw error;
  }
}

/** @param {Verdict} verdict @param {string} name @param {(text: string) => void} say */
function json(verdict, name, say) {
  const text = `${JSON.stringify(verdict, null, 2)}\n`;
  save(new Blob([text], { type: "application/json" }), `${stem(name)}-brushwork.json`);
  say("Saved as JSON.");
}

/** @param {Blob} blob @param {string} name */
function save(blob, name) {
  const url = URL.createObjectURL(blob);
  h("a", { href: url, download: name }).click();
  URL.revokeObjectURL(url);
}

/** @param {string} name */
function stem(name) {
  const plain = name.replace(/\.[^.]*$/, "").replace(/[^\p{L}\p{N}._-]+/gu, "-").replace(/^[-.]+|[-.]+$/g, "");
  return plain.slice(0, 60) || "picture";
}
