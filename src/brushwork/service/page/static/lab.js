// The lab: a picture looked at in several ways, each with what it does not prove. None of it goes into a verdict.

import { postFiles, Stopped } from "./api.js";
import { byId, h, refill } from "./dom.js";
import { listen } from "./intake.js";
import { compression, fileFacts, metadata } from "./lab_facts.js";
import { Views } from "./lab_views.js";
import { attend, calm, refused, trouble } from "./trouble.js";
import { asForm } from "./verdicts.js";
import { plainName, size } from "./words.js";

/** @typedef {import("./lab_types.js").Look} Look */

/** @type {AbortController | undefined} */
let running;
/** @type {Views | undefined} */
let views;

/** @param {"empty" | "uploading" | "done" | "error"} state */
function state(state) {
  document.documentElement.dataset.state = state;
}

/** @param {File} file */
function take(file) {
  const limit = Number(byId("intake").dataset.maxBytes);
  if (file.size <= limit) return attend(look(file));
  stop();
  refused("The file is too large", `It has ${size(file.size)}; at most ${byId("intake").dataset.maxSize} are looked at.`, plainName(file.name));
  state("error");
}

function stop() {
  running?.abort();
  running = undefined;
  views?.forget();
  views = undefined;
  refill(byId("lab"));
}

/** @param {File} file @param {number} [tries] */
async function look(file, tries = 1) {
  stop();
  calm();
  const asking = new AbortController();
  running = asking;
  state("uploading");
  byId("progress").textContent = `Looking at ${plainName(file.name)} …`;
  try {
    const found = /** @type {Look} */ (await ask(file, false, asking.signal));
    if (running !== asking) return;
    show(file, found);
  } catch (error) {
    if (error instanceof Stopped || running !== asking) return;
    refill(byId("progress"));
    trouble(error, { name: plainName(file.name), kept: "The file is still here", retry: () => attend(look(file, tries + 1)), tries });
    state("error");
  }
}

/** @param {File} file @param {boolean} all with places, serial numbers and owners @param {AbortSignal} [signal] */
const ask = (file, all, signal) => postFiles(`/v1/look${all ? "?private=true" : ""}`, asForm(file), file, { signal });

/** @param {File} file @param {Look} found */
function show(file, found) {
  state("done");
  const name = plainName(file.name);
  views = new Views(file, name, found);
  refill(byId("progress"), h("span", { class: "unseen" }, `${name} is shown below.`));
  const fields = h("div", {});
  const reveal = async () => {
    const all = await ask(file, true).catch((error) => void trouble(error, { name, retry: () => attend(reveal()) }));
    if (all) refill(fields, metadata(/** @type {Look} */ (all)));
  };
  refill(fields, metadata(found, reveal));
  refill(byId("lab"), views.element, h("div", { class: "lab-facts" }, fileFacts(found, name), compression(found), fields));
}

listen({
  onFiles: ([file]) => file && take(file),
  onNothing: refused,
});
