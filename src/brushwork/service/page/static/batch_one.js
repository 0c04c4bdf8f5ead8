// One batch: what is sent into it from here, what the server makes of it, and what people decide.

import { Problem, send, Stopped } from "./api.js";
import { Book } from "./batch_book.js";
import { edges, overview } from "./batch_chart.js";
import { Desk } from "./batch_desk.js";
import { Feed } from "./batch_feed.js";
import { exports, figures, head, missing, standing, tally, totals } from "./batch_head.js";
import { Ledger } from "./batch_ledger.js";
import { Sender } from "./batch_sender.js";
import { titleOf } from "./batch_title.js";
import { confirmed } from "./dialog.js";
import { byId, h, isWide, refill, renew } from "./dom.js";
import { Patience } from "./patience.js";
import { query } from "./query.js";
import { attend, refused, trouble } from "./trouble.js";
import { counted } from "./words.js";

/** @typedef {import("./batch_book.js").Line} Line */
/** @typedef {import("./batch_files.js").Found} Found */

const BEAT = 150; // milliseconds between two drawings at least
const SPOKEN = 5000; // between two sentences that are read aloud

export class One {
  id;
  element;
  #path;
  #book = new Book();
  /** @type {Patience} */
  #patience;
  #feed;
  /** @type {Sender} */
  #sender;
  #ledger;
  #desk;
  #edges = edges();
  #doing = this.#ways();
  #head = head(this.#doing);
  #gap = h("div", {});
  #totals = h("ul", { class: "totals", "aria-label": "What was answered" });
  #overview = h("div", { class: "overview" });
  #exports = h("div", { class: "buttons exports" });
  #beat = 0;
  #spoken = 0;
  #sent = 0;
  #onFull;

  /** @param {string} id @param {(files: Found[]) => void} onFull the batch takes no more: what to do with these */
  constructor(id, onFull) {
    this.id = id;
    this.#path = `/v1/batches/${id}`;
    this.#onFull = onFull;
    this.#patience = new Patience(() => (this.waiting ? `${this.waiting} wait here and nothing is lost while this page is open.` : "Nothing is lost."));
    this.#feed = new Feed(id, this.#patience, (rows) => this.#took(rows));
    this.#feed.onLost = (error) => this.#lost(error);
    this.#sender = new Sender(id, this.#patience, (entry) => this.#moved(entry));
    this.#ledger = new Ledger(id, () => this.#others());
    this.#desk = new Desk(id, this.#book, this.#patience, { retry: (line) => attend(this.#retry(line)), leave: (line) => this.#leaveOut(line), draw: () => this.#soon(), edges: this.#edges });
    const more = h("details", { class: "more", open: isWide() }, h("summary", {}, "Scores and expected errors"), this.#overview);
    this.element = h("div", { class: "one" }, this.#head.element, this.#gap, this.#totals, more, this.#desk.parts, this.#exports);
  }

  /** Files that are still to be sent from this page. @returns {number} */
  get left() {
    return this.#sender.left;
  }

  /** All that is still to be sent from this page, in words; "" where nothing is. @returns {string} */
  get waiting() {
    const decisions = this.#desk.decisions.left;
    return [this.left && counted(this.left, "file"), decisions && counted(decisions, "decision")].filter(Boolean).join(" and ");
  }

  /** Begin, or go on, to be the screen. */
  async open() {
    this.#desk.open();
    if (!this.#feed.facts) await this.#begin();
    this.follow();
  }

  async #begin() {
    try {
      await this.#feed.look();
      await this.#desk.decisions.load();
      await this.#ledger.inherit();
      this.#compare();
    } catch (error) {
      if (!(error instanceof Stopped)) trouble(error, { retry: () => attend(this.#begin().then(() => this.follow())) });
    }
  }

  /** Another page began or ended to send, or its list was taken over. */
  #others() {
    this.#compare();
    attend(this.#settle().then(() => this.#soon()));
  }

  /** What another page did not send may be here all the same. */
  #compare() {
    for (const { key } of this.#ledger.missing) if (this.#isHere(key) || this.#sender.entries.has(key)) this.#ledger.found(key);
  }

  /** The address changed: other filters, another picture. */
  follow() {
    this.#draw();
  }

  /** No longer the screen; what is being sent goes on. */
  leave() {
    this.#desk.leave();
  }

  stop() {
    this.leave();
    this.#feed.stop();
    this.#sender.drop();
    this.#ledger.close();
  }

  /** Files that were chosen or dropped: what is here already is shown, what is new is sent. @param {readonly Found[]} files */
  add(files) {
    const found = files.map((file) => this.#adopted(file));
    for (const { key, file } of found) this.#book.files.set(key, file);
    const fresh = found.filter(({ key }) => !this.#isHere(key));
    for (const { key } of found) this.#desk.touch(this.#book.lines.get(key));
    for (const { key } of found) this.#ledger.found(key);
    this.#draw();
    if (fresh.length && this.#feed.facts?.closed) return this.#onFull(fresh);
    const queued = this.#sender.add(fresh);
    this.#ledger.add(queued.map(({ key, name, file }) => ({ key, name, size: file.size })));
    for (const entry of queued) this.#moved(entry);
    const known = found.length - queued.length;
    byId("progress").textContent = `${counted(queued.length, "file")} to send${known ? `; ${known} are here already, and their pictures are shown` : ""}.`;
  }

  /** A file that an earlier page did not send keeps its key from then, wherever it is chosen from now. @param {Found} found */
  #adopted(found) {
    const base = (/** @type {string} */ name) => name.slice(name.lastIndexOf("/") + 1);
    const tail = found.key.slice(found.key.indexOf("-")); // size and time of the last change
    const { missing: list } = this.#ledger;
    const same = list.find(({ key }) => key === found.key) ?? list.find(({ key, name }) => base(name) === base(found.name) && key.endsWith(tail));
    return same ? { file: found.file, name: same.name, key: same.key } : found;
  }

  /** @param {string} key */
  #isHere(key) {
    return Boolean(this.#book.lines.get(key)?.row) || this.#book.lines.has(`${key}.0`);
  }

  /** @param {import("./batch_feed.js").Row[]} rows */
  #took(rows) {
    for (const line of this.#book.take(rows)) {
      this.#desk.touch(line);
      this.#ledger.done(line.key);
    }
    this.#sender.hold(this.#feed.facts?.state === "paused");
    this.#soon();
  }

  /** @param {import("./batch_sender.js").Entry} entry */
  #moved(entry) {
    const left = this.#sender.entries.get(entry.key) !== entry;
    if (left || entry.state === "sent") this.#ledger.done(entry.key);
    this.#desk.touch(this.#book.send(entry, left));
    if (!left && entry.state === "sent") {
      this.#sent += 1;
      this.#sender.entries.delete(entry.key);
      attend(this.#settle());
    }
    this.#soon();
  }

  /** When everything is sent, no more pictures follow: then the batch can come to its end. @param {boolean} [has] something was sent */
  async #settle(has = this.#sent > 0) {
    const { facts } = this.#feed;
    if (!facts || facts.closed || !has || this.left || this.#sender.refused || this.#ledger.missing.length || this.#ledger.elsewhere) return;
    await this.#change("close");
  }

  /** @param {"close" | "pause" | "resume"} what */
  async #change(what) {
    try {
      await this.#patience.ask(() => send("POST", `${this.#path}/${what}`));
      await this.#feed.look();
    } catch (error) {
      if (!(error instanceof Stopped)) trouble(error, { retry: () => attend(this.#change(what)) });
    }
  }

  async #cancel() {
    const text = `What has no result yet is given up${this.left ? `, and ${counted(this.left, "file")} are not sent` : ""}. The results that there are stay.`;
    if (!(await confirmed({ title: "Cancel this batch?", text, action: "Cancel the batch" }))) return;
    this.#sender.drop();
    this.#ledger.forget({ all: true });
    if (await this.#asked("DELETE", this.#path)) await this.#feed.look();
  }

  async #remove() {
    const text = "With all its results and decisions. This cannot be undone.";
    if (!(await confirmed({ title: "Delete this batch?", text, action: "Delete the batch" }))) return;
    this.#feed.stop();
    if (await this.#asked("DELETE", `${this.#path}?purge=true`)) window.location.assign("/batch");
  }

  /** @param {"POST" | "DELETE"} method @param {string} path @param {string} [name] @returns {Promise<boolean>} */
  async #asked(method, path, name) {
    try {
      await this.#patience.ask(() => send(method, path));
      return true;
    } catch (error) {
      trouble(error, { name, retry: () => attend(this.#asked(method, path, name)) });
      return false;
    }
  }

  /** @param {Line} line */
  async #retry({ entry, row, name }) {
    if (entry) return this.#sender.again(entry);
    if (!row || !(await this.#asked("POST", `${this.#path}/items/${row.id}/retry`, name))) return;
    this.#feed.put({ ...row, state: "waiting", answer: null, error: null, verdict_at: null });
    await this.#feed.look();
  }

  /** @param {Line} line */
  #leaveOut({ entry }) {
    if (entry) this.#sender.drop(entry);
    attend(this.#settle());
  }

  #forget() {
    this.#ledger.forget();
    attend(this.#settle(this.#book.lines.size > 0)); // whichever page sent it
    this.#draw();
  }

  /** @param {Problem} error */
  #lost({ document: told }) {
    refused(told.title ?? "The batch is gone", told.detail ?? "");
    refill(byId("after-alert"), h("p", {}, h("a", { href: "/batch" }, "All batches")));
  }

  #soon() {
    this.#beat ||= window.setTimeout(() => this.#draw(), BEAT);
  }

  #draw() {
    window.clearTimeout(this.#beat);
    this.#beat = 0;
    const { facts } = this.#feed;
    if (!facts || !this.element.isConnected) return;
    this.#desk.draw();
    const going = { facts, left: this.left, refused: this.#sender.refused, elsewhere: this.#ledger.elsewhere };
    const counts = tally(this.#book.lines.values());
    const { show = "" } = query();
    const { missing: files } = this.#ledger;
    const who = this.#desk.decisions.search();
    this.#head.show(going);
    renew(this.#gap, files.map(({ key }) => key).join(), () => missing(files, this.#doing, () => this.#forget()));
    renew(this.#totals, JSON.stringify([counts, show]), () => totals(counts, show));
    if (document.activeElement?.id !== "share") renew(this.#overview, this.#scored(), () => this.#chart());
    renew(this.#exports, who.toString(), () => exports(this.id, who));
    this.#say(going);
  }

  /** What the chart depends on: a score never changes, but a failed picture may get one. */
  #scored() {
    return String([...this.#feed.rows.values()].filter(({ probability }) => probability !== null).length);
  }

  /** @returns {import("./dom.js").Child} */
  #chart() {
    return overview(this.#book.lines.values(), this.#edges, () => refill(this.#overview, this.#chart()));
  }

  /** @returns {import("./batch_head.js").Doing} */
  #ways() {
    return {
      add: () => byId("files").click(),
      folder: () => byId("folder").click(),
      pause: (paused) => attend(this.#change(paused ? "pause" : "resume")),
      cancel: () => attend(this.#cancel()),
      close: () => attend(this.#change("close")),
      remove: () => attend(this.#remove()),
    };
  }

  /** How far it is: in the title always, aloud now and then. @param {import("./batch_head.js").Going} going */
  #say(going) {
    const { part, ended } = figures(going);
    const title = titleOf(going.facts);
    byId("title").textContent = title;
    document.title = `${ended ? "" : `${Math.floor(part * 100)} % · `}${title} · Brushwork`;
    if (performance.now() < this.#spoken) return;
    this.#spoken = ended ? Infinity : performance.now() + SPOKEN;
    byId("progress").textContent = standing(going);
  }
}
