// The check page: pictures come in, the server is asked, and the answer or the trouble is shown. The address after #
// says which of the checks of this tab is looked at, so that back and forward step through them.

import { Check, Checks, MOST } from "./checks.js";
import { byId, refill, renew } from "./dom.js";
import { failure, fine, settled } from "./failure.js";
import { forget, listen } from "./intake.js";
import { Runner } from "./runner.js";
import { attend, refused } from "./trouble.js";
import { plainName, size } from "./words.js";

const MOST_TRIES = 60; // seconds for a part of the page
const TITLE = "Was this artwork made with AI? · Brushwork";
const checks = new Checks(changed);
/** @type {Check | null} the one that is looked at */
let shown = null;
const runner = new Runner(checks, () => shown);
/** @type {{check: Check, update: () => void, end: () => void} | null} the screen that waits */
let wait = null;

/** @param {File[]} files */
function take(files) {
  const limit = Number(byId("intake").dataset.maxBytes);
  const given = files.slice(0, MOST).map((file) => {
    const check = new Check(plainName(file.name), file, null);
    if (file.size > limit || file.size === 0) refuse(check, file);
    checks.add(check);
    return check;
  });
  if (given[0]) look(given[0]);
  if (files.length > MOST) tooMany(files.slice(MOST));
}

/** @param {string} address */
function takeAddress(address) {
  if (!document.getElementById("by-address")) {
    return refused("Addresses are not fetched here", "Whoever runs this service switched that off. Save the picture, and give the file in.");
  }
  const check = new Check(plainName(address), null, address);
  checks.add(check);
  look(check);
}

/** Said before anything is sent; the server would say the same. @param {Check} check @param {File} file */
function refuse(check, file) {
  const most = `It has ${size(file.size)}; at most ${byId("intake").dataset.maxSize} are examined. Give a smaller file, or a crop at native scale.`;
  check.failure = file.size
    ? { state: "error", title: "The file is too large", detail: most }
    : { state: "error", title: "The file is empty", detail: "It has no bytes. Get the original again, or copy it once more." };
  check.state = "error";
}

/** @param {File[]} rest */
function tooMany(rest) {
  const names = rest.slice(0, 3).map((file) => plainName(file.name));
  refused("Too many at once", `The first ${MOST} are checked here. ${rest.length} are left out, from ${names.join(", ")} on: the batch takes hundreds.`);
}

/** Look at a check from now on. @param {Check} check */
function look(check) {
  if (window.location.hash !== `#${check.key}`) window.history.pushState(null, "", `#${check.key}`);
  show();
}

/** Show what the address names; a check that this tab does not have any more is said to be gone. */
function show() {
  const key = window.location.hash.slice(1);
  if (key === "main") return; // the skip link
  shown = checks.find(key) ?? null;
  fine();
  draw();
  if (key && !shown) {
    refused("This check is not here any more", "A check that was not saved stays in its own tab, for an hour. Give the picture in again.");
  }
  runner.wake();
}

/** @param {Check} check */
function changed(check) {
  if (check === shown) draw();
  else attend(drawTray());
}

function draw() {
  const state = shown?.state ?? "empty";
  if (!shown?.verdict) document.documentElement.dataset.state = state; // else once it is drawn
  if (wait && (wait.check !== shown || !waits(state))) stopWaiting();
  if (!shown?.failure) settled();
  if (!shown) {
    refill(byId("result"));
    document.title = TITLE;
  } else if (shown.verdict) attend(drawResult(shown));
  else if (waits(state)) attend(drawWaiting(shown));
  else drawFailure(shown);
  attend(drawTray());
}

/** @param {string} state */
const waits = (state) => ["queued", "fetching", "uploading", "decoding", "scoring"].includes(state);

/** @param {Check} check */
async function drawWaiting(check) {
  document.title = "Checking … · Brushwork";
  if (wait) return wait.update();
  const stop = () => drop(check);
  wait = { check, update: () => {}, end: () => {} };
  const mine = wait;
  const { waiting, wonder } = /** @type {typeof import("./waiting.js")} */ (await part("waiting"));
  if (wait !== mine) return;
  const screen = waiting(check, stop);
  Object.assign(mine, { update: screen.update, end: wonder(screen.more) });
  refill(byId("result"), screen.element);
  byId("progress").textContent = `Checking ${check.name}`;
  screen.update();
}

function stopWaiting() {
  wait?.end();
  wait = null;
}

/** @param {Check} check */
async function drawResult(check) {
  const { result } = /** @type {typeof import("./result.js")} */ (await part("result"));
  if (check !== shown || !check.verdict) return;
  const told = check.verdict.wording.answer;
  const again = () => check.state === "done" && runner.again(reset(check));
  if (check.view) check.view.update();
  else check.view = result(check, { range: () => runner.range(check), again, drop: () => drop(check), changed: () => checks.put(check) });
  if (!check.view.element.isConnected) refill(byId("result"), check.view.element);
  document.documentElement.dataset.state = check.state;
  byId("progress").textContent = check.state === "done" ? `Done: ${told}` : `${told}. Saving it again in eight ways to see whether the answer holds`;
  document.title = `${told} · Brushwork`;
}

/** @param {Check} check */
function drawFailure(check) {
  refill(byId("result"));
  byId("progress").textContent = "";
  failure(check, { again: () => runner.again(check), forget: () => drop(check) });
  document.title = "Not examined · Brushwork";
}

/**
 * A part of this page, loaded when it is first needed. Where the server is away it is asked for again, by another
 * address: a browser does not try one again that failed.
 * @param {string} name
 * @returns {Promise<unknown>}
 */
async function part(name) {
  for (let tries = 0; ; tries++) {
    try {
      return await import(tries ? `./${name}.js?${tries}` : `./${name}.js`);
    } catch (error) {
      if (!(error instanceof TypeError) || tries === MOST_TRIES) throw error;
      await new Promise((resolve) => window.setTimeout(resolve, 1000));
    }
  }
}

/** As it was when it came in. @param {Check} check */
function reset(check) {
  check.view = null;
  return Object.assign(check, { verdict: null, saved: null, said: false, rangeless: null });
}

/** Forget a check, and look at the one before it. @param {Check} check */
function drop(check) {
  const before = checks.all[checks.all.indexOf(check) - 1];
  forget();
  runner.forget(check);
  if (before?.verdict) return look(before);
  window.history.replaceState(null, "", window.location.pathname);
  show();
}

async function drawTray() {
  if (!checks.all.some((check) => check !== shown)) return renew(byId("tray"), "", () => null);
  const { tray } = /** @type {typeof import("./tray.js")} */ (await part("tray"));
  tray(byId("tray"), checks.all, shown);
}

async function drawSamples() {
  const { samples } = /** @type {typeof import("./samples.js")} */ (await part("samples"));
  refill(byId("samples"), samples((file) => take([file])));
}

/** @type {HTMLInputElement} */ (byId("image")).multiple = true; // the plain form takes one
listen({ onFiles: take, onAddress: takeAddress, onNothing: refused }); // a slip of the hand must not cost a result
window.addEventListener("hashchange", show);
await checks.restore();
const unfinished = checks.all.findLast((check) => check.state === "queued");
if (window.location.hash === "#main") window.history.replaceState(null, "", window.location.pathname); // names no check
if (!window.location.hash && unfinished) window.history.replaceState(null, "", `#${unfinished.key}`);
if (document.documentElement.dataset.state !== "error" || window.location.hash) show();
attend(drawSamples());
