// The ways to look at a picture, one at a time, with the picture itself first. Which one is shown stands in the address.

import { ask, read, Stopped } from "./api.js";
import { h, refill } from "./dom.js";
import { follow, go, query } from "./query.js";
import { attend, trouble } from "./trouble.js";
import { asForm } from "./verdicts.js";

/** @typedef {import("./lab_types.js").Look} Look */
/** @typedef {import("./lab_types.js").Told} Told */

const PICTURE = "picture";

export class Views {
  /** @type {Map<string, string>} addresses of images that were made, by kind */
  #made = new Map();
  #leaving = new AbortController();
  #frame = h("div", { class: "frame" });
  #caption = h("figcaption", { class: "caption" });
  #file;
  #name;
  /** @type {Told[]} */
  #kinds;

  /** @param {File} file @param {string} name @param {Look} found */
  constructor(file, name, found) {
    this.#file = file;
    this.#name = name;
    this.#kinds = found.images.filter((told) => !told.in_the_verdict);
    this.#made.set(PICTURE, URL.createObjectURL(file));
    const choices = [{ kind: PICTURE, title: "Picture" }, ...this.#kinds];
    this.element = h(
      "section",
      { class: "lab-views", "aria-label": "Ways to look" },
      h("fieldset", { class: "switch" }, h("legend", { class: "unseen" }, "Show"), choices.map((choice) => this.#choice(choice))),
      h("figure", {}, h("div", { class: "mount" }, this.#frame), this.#caption),
    );
    follow(() => attend(this.#show()), this.#leaving.signal);
  }

  /** Let go of the images, and stop to follow the address. */
  forget() {
    this.#leaving.abort();
    for (const url of this.#made.values()) URL.revokeObjectURL(url);
  }

  get #chosen() {
    const wanted = query().view;
    return this.#kinds.some(({ kind }) => kind === wanted) ? wanted : PICTURE;
  }

  /** @param {{kind: string, title: string}} choice */
  #choice({ kind, title }) {
    const onchange = () => go({ view: kind === PICTURE ? null : kind });
    const set = { type: "radio", name: "view", value: kind, id: `view-${kind}`, checked: kind === this.#chosen, onchange };
    return h("label", {}, h("input", set), h("span", {}, title));
  }

  async #show() {
    const kind = this.#chosen;
    const radio = this.element.querySelector(`#view-${kind}`);
    if (radio instanceof HTMLInputElement) radio.checked = true;
    const told = this.#kinds.find((one) => one.kind === kind);
    refill(this.#caption, told ? [h("h2", {}, told.title), h("p", {}, told.shows), h("p", { class: "caveat" }, told.does_not_prove)] : this.#name);
    try {
      const url = this.#made.get(kind) ?? (await this.#make(kind));
      if (this.#chosen === kind) this.#put(url, told);
    } catch (error) {
      if (!(error instanceof Stopped)) trouble(error, { name: this.#name, retry: () => attend(this.#show()) });
    }
  }

  /** @param {string} url @param {Told} [told] */
  #put(url, told) {
    const alt = told ? `${told.title} of ${this.#name}. ${told.shows}` : `The picture: ${this.#name}`;
    const image = h("img", { src: url, alt });
    image.addEventListener("error", () => {
      refill(this.#frame, h("p", { class: "unshown" }, "This browser cannot show files of this format. The server could read it: choose another view."));
    });
    refill(this.#frame, image);
  }

  /** @param {string} kind */
  async #make(kind) {
    refill(this.#frame, h("p", { class: "unshown", role: "status" }, "Drawing …"));
    const { signal } = this.#leaving;
    const answer = await ask(`/v1/explanations/${kind}?caption=false`, { method: "POST", body: asForm(this.#file), signal }, this.#file);
    const url = URL.createObjectURL(await read(answer, "blob"));
    this.#made.set(kind, url);
    return url;
  }
}
