// A key is shown once and becomes a cookie that scripts cannot read; here one also sees whose it is, and signs out.

import { askJson, Problem, send } from "./api.js";
import { byId, h, refill } from "./dom.js";
import { attend, calm, refused, trouble } from "./trouble.js";

/** @typedef {{owner: string, label: string, scopes: string[], keys_required: boolean}} Who */

const form = /** @type {HTMLFormElement} */ (byId("sign-in"));
const key = /** @type {HTMLInputElement} */ (byId("key"));

/** Who this browser is to the service: nobody where a key is needed and none was shown. */
async function look() {
  try {
    known(await askJson("/v1/session"));
  } catch (error) {
    if (error instanceof Problem && error.status === 401) form.hidden = false;
    else trouble(error, { retry: () => attend(look()) });
  }
}

/** @param {Who} who */
function known(who) {
  calm();
  form.hidden = true;
  if (!who.keys_required && !who.label) {
    refill(byId("who"), h("p", {}, "No key is asked for here: everything can be used right away. "), h("p", {}, h("a", { href: "/" }, "Check a picture")));
    return;
  }
  const out = h("button", { id: "sign-out", type: "button", onclick: () => attend(signOut()) }, "Sign out");
  const facts = [h("dt", {}, "Signed in with"), h("dd", {}, who.label || who.owner), h("dt", {}, "It may"), h("dd", {}, who.scopes.join(", "))];
  refill(byId("who"), h("dl", { class: "facts" }, facts), h("div", { class: "buttons" }, h("a", { class: "button", href: next() }, "Go on"), out));
}

async function signIn() {
  const shown = key.value.trim();
  try {
    await send("POST", "/v1/session", { key: shown });
    key.value = "";
    window.location.assign(next());
  } catch (error) {
    if (error instanceof Problem && error.status === 401) refused("That key is not good", "Look whether it was copied whole. A key can also have expired or been revoked; whoever runs the service can say.");
    else trouble(error, { retry: () => attend(signIn()) });
    key.focus();
  }
}

async function signOut() {
  try {
    await send("DELETE", "/v1/session");
    refill(byId("who"));
    byId("progress").textContent = "Signed out.";
    await look();
  } catch (error) {
    trouble(error, { retry: () => attend(signOut()) });
  }
}

/** Where to go on: a path of this service, never another address. */
function next() {
  const wanted = new URL(new URLSearchParams(window.location.search).get("next") ?? "/", window.location.origin);
  return wanted.origin === window.location.origin ? wanted.pathname + wanted.search + wanted.hash : "/";
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  attend(signIn());
});
attend(look());
