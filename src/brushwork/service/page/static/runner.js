// Asks the server about one picture after the other: the one that is looked at first, first answers before ranges.

import { isBack, Problem, Stopped } from "./api.js";
import { RUNNING } from "./machine.js";
import { account, attend } from "./trouble.js";
import { askFetched, askVerdict } from "./verdicts.js";
import { plainName } from "./words.js";

const POLL = 2000;
const MOST_TRIES = 5; // by itself; then a person decides
const TOO_LONG = "/problems/examination-timeout";
const DECLARED = ["made_with_ai", "partly_ai", "signed_capture"];

/** @typedef {import("./checks.js").Check} Check */
/** @typedef {import("./checks.js").Checks} Checks */

export class Runner {
  /** @type {AbortController | null} */
  #asking = null;
  /** @type {Check | null} */
  #at = null;
  /** @type {number | undefined} of the countdown or of the look-out for the server */
  #clock;

  /**
   * @param {Checks} checks
   * @param {() => Check | null} shown the one that is looked at
   */
  constructor(checks, shown) {
    this.checks = checks;
    this.shown = shown;
    checks.onOldest = (check) => this.forget(check);
    window.addEventListener("online", () => attend(this.#tryAway()));
  }

  /** Go on, where nothing is asked at the moment. */
  wake() {
    if (this.#at || this.checks.all.some((check) => check.state === "away" || check.state === "busy")) return;
    const next = this.#next();
    if (next) attend(this.#run(next));
  }

  /** Ask again what failed, because a person wants it. @param {Check} check */
  again(check) {
    this.#letGo(check);
    check.tries = 0;
    this.#queue(check);
  }

  /** Look at the range again, or for the first time where the answer does not rest on it. @param {Check} check */
  range(check) {
    check.rangeless = null;
    check.go("explaining");
    this.checks.put(check);
    this.wake();
  }

  /** Forget a check, also while it runs. @param {Check} check */
  forget(check) {
    this.#letGo(check);
    this.checks.remove(check);
    if (this.#at === check) this.#asking?.abort();
    else this.wake();
  }

  /** Wait no more for the server, where it is this check that waits. @param {Check} check */
  #letGo({ state }) {
    if (state === "away" || state === "busy") window.clearInterval(this.#clock);
  }

  #next() {
    const { all } = this.checks;
    const shown = this.shown();
    const [waiting, open] = ["queued", "explaining"].map((state) => all.filter((check) => check.state === state));
    const first = (/** @type {Check[]} */ some) => some.find((check) => check === shown) ?? some[0];
    return first(waiting ?? []) ?? first(open ?? []);
  }

  /** @param {Check} check */
  async #run(check) {
    this.#at = check;
    this.#asking = new AbortController();
    try {
      if (check.state === "explaining") await this.#range(check, this.#asking.signal);
      else await this.#answer(check, this.#asking.signal);
    } catch (error) {
      if (!(error instanceof Stopped)) this.#fail(check, error);
    } finally {
      this.#at = null;
      this.#asking = null;
    }
    this.wake();
  }

  /** @param {Check} check @param {AbortSignal} signal */
  async #answer(check, signal) {
    check.tries += 1;
    check.sent = 0;
    if (!check.file && check.address) {
      this.#go(check, "fetching");
      check.file = await askFetched(check.address, signal);
      check.name = plainName(check.file.name);
    }
    if (!check.file) throw new Error("a check has a file or an address");
    this.#go(check, "uploading");
    const verdict = await askVerdict(check.file, {
      signal,
      onSent: (sent, total) => {
        check.sent = total ? sent / total : 0;
        this.checks.changed(check);
      },
      onStage: (stage) => this.#go(check, stage),
    });
    Object.assign(check, { verdict, failure: null });
    this.#go(check, wantsRange(verdict) ? "explaining" : "done");
  }

  /** What fails here costs the range alone: the answer stands. @param {Check} check @param {AbortSignal} signal */
  async #range(check, signal) {
    if (!check.file) throw new Error("a range is measured on a file");
    try {
      check.verdict = await askVerdict(check.file, { stability: true, signal });
    } catch (error) {
      if (error instanceof Stopped) throw error;
      check.rangeless = rangeless(error);
    }
    this.#go(check, "done");
  }

  /** @param {Check} check @param {unknown} error */
  #fail(check, error) {
    const found = account(error, check.file ? "file" : "address");
    const state = found.state === "busy" && check.tries >= MOST_TRIES ? "error" : found.state;
    check.failure = { ...found, state };
    this.#go(check, state);
    if (state === "away") this.#clock = window.setInterval(() => attend(this.#tryAway()), POLL);
    if (state === "busy") this.#countDown(check, check.failure);
  }

  async #tryAway() {
    const away = this.checks.all.find((check) => check.state === "away");
    if (away && (await isBack()) && away.state === "away") this.again(away);
  }

  /** @param {Check} check @param {import("./trouble.js").Account} failure */
  #countDown(check, failure) {
    this.#clock = window.setInterval(() => {
      failure.seconds = (failure.seconds ?? 1) - 1;
      if (failure.seconds > 0) return this.checks.changed(check);
      window.clearInterval(this.#clock);
      this.#queue(check);
    }, 1000);
  }

  /** @param {Check} check */
  #queue(check) {
    check.failure = null;
    this.#go(check, "queued");
    this.wake();
  }

  /** @param {Check} check @param {import("./machine.js").Name} state */
  #go(check, state) {
    check.go(state);
    if (RUNNING.includes(state)) this.checks.changed(check);
    else this.checks.put(check);
  }
}

/** Why there is no range, for somebody who cannot change how this service is set. @param {unknown} error */
function rangeless(error) {
  if (error instanceof Problem && error.document.type === TOO_LONG) {
    return "Looking at it nine times takes longer than this service spends on one picture, so there is no range. The answer stands without it; a smaller copy may get one.";
  }
  const { title, detail } = account(error);
  return `${title}. ${detail}`;
}

/** A range is measured where the pixels decide; a picture outside of what was measured has no gauge to show it on. */
function wantsRange(/** @type {import("./types.js").Verdict} */ verdict) {
  return Boolean(verdict.reference) && !verdict.stability && !DECLARED.includes(verdict.answer);
}
