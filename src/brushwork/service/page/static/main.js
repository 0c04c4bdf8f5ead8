// The check page: a file comes in, the server is asked, and the answer or the trouble is shown.

import { Stopped } from "./api.js";
import { byId, h, refill } from "./dom.js";
import { forget, listen } from "./intake.js";
import { Machine } from "./machine.js";
import { result } from "./result.js";
import { samples } from "./samples.js";
import { calm, refused, trouble } from "./trouble.js";
import { askVerdict } from "./verdicts.js";
import { plainName, size } from "./words.js";

const TITLE = "Was this artwork made with AI? · Brushwork";
const machine = new Machine();
/** @type {AbortController | undefined} */
let running;
/** @type {import("./result.js").Checked | undefined} */
let shown;

/** @param {File} file */
function take(file) {
  const limit = Number(byId("intake").dataset.maxBytes);
  if (file.size > limit) {
    return tooLarge(file);
  }
  return check(file, false);
}

/**
 * @param {File} file
 * @param {boolean} stability
 * @param {number} [tries] how often it was sent, this time included
 */
async function check(file, stability, tries = 1) {
  stop();
  calm();
  if (!stability) clear();
  const asking = new AbortController();
  running = asking;
  machine.go("uploading");
  const progress = sending(file, stability);
  const asked = { stability, signal: asking.signal, onSent: progress.sent, onScoring: progress.scoring };
  try {
    const verdict = await askVerdict(file, asked);
    if (running === asking) present(file, verdict);
  } catch (error) {
    if (error instanceof Stopped || running !== asking) return;
    refill(byId("progress"));
    const retry = () => void check(file, stability, tries + 1);
    machine.go(trouble(error, { name: plainName(file.name), kept: "The file is still here", retry, tries }));
    document.title = `Not examined · Brushwork`;
  }
}

/**
 * The line that says what goes on. It is a status region, so it is read aloud once per step.
 * @param {File} file
 * @param {boolean} stability
 */
function sending(file, stability) {
  const bar = h("progress", { "aria-label": "Progress" });
  const words = h("p", {}, `Sending ${plainName(file.name)} (${size(file.size)}) …`);
  refill(byId("progress"), words, bar, h("button", { id: "stop", type: "button", onclick: cancel }, "Stop"));
  document.title = "Checking … · Brushwork";
  return {
    /** @param {number} sent @param {number} total */
    sent(sent, total) {
      bar.setAttribute("max", String(total));
      bar.setAttribute("value", String(sent));
    },
    scoring() {
      if (machine.state !== "uploading") return;
      machine.go("scoring");
      bar.removeAttribute("value");
      words.textContent = stability ? "Saving the picture again in eight ways and looking each time …" : "Reading the file and its pixels …";
    },
  };
}

/** @param {File} file @param {import("./types.js").Verdict} verdict */
function present(file, verdict) {
  machine.go("done");
  const again = shown?.file === file ? shown : { file, name: plainName(file.name), url: URL.createObjectURL(file) };
  shown = { ...again, verdict };
  refill(byId("progress"), h("p", { class: "unseen" }, `Done: ${verdict.wording.answer}`));
  refill(byId("result"), result(shown, () => check(file, true)));
  document.title = `${verdict.wording.answer} · Brushwork`;
}

/** Stop the check that runs; what it still answers is ignored. */
function stop() {
  running?.abort();
  running = undefined;
}

function cancel() {
  stop();
  forget();
  refill(byId("progress"));
  if (shown) return present(shown.file, shown.verdict);
  machine.go("empty");
  document.title = TITLE;
}

/** Said before anything is sent; the server would say the same. @param {File} file */
function tooLarge(file) {
  stop();
  clear();
  refill(byId("progress"));
  const detail = `It has ${size(file.size)}; at most ${byId("intake").dataset.maxSize} are examined.`;
  refused("The file is too large", `${detail} Give a smaller file, or a crop at native scale.`, plainName(file.name));
  machine.go("error");
}

function clear() {
  if (shown) URL.revokeObjectURL(shown.url);
  shown = undefined;
  refill(byId("result"));
}

listen(
  (file) => void take(file),
  refused, // what is on the page stays: a slip of the hand must not cost a result
);
refill(byId("samples"), samples((file) => void take(file)));
