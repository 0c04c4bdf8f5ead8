// On every screen: what this browser holds of pictures goes after an hour, also where the check is not opened again.

import { purge } from "./keep.js";

const MINUTE = 60_000;

await purge();
window.setInterval(() => {
  purge().catch(console.error); // not every screen has a place to say it
}, MINUTE);
