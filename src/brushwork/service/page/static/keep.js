// What this tab was given, held by the browser itself so that a reload loses nothing: for an hour, on this device only.
// What is older goes as soon as any screen of Brushwork is open.

const [NAME, VERSION] = ["brushwork", 1];
const STORES = /** @type {const} */ (["checks", "files"]); // a file is written once, how far its check is, more often
const HOUR = 3_600_000;
const TAB = "brushwork-tab";

/** @typedef {import("./checks.js").Held} Held */

/** @type {Promise<IDBDatabase | null> | undefined} */
let opening;

/** The name of this tab, the same after a reload. Where storage is closed to the page, one for this visit. */
export function tabName() {
  const fresh = newKey();
  try {
    const known = sessionStorage.getItem(TAB) ?? fresh;
    sessionStorage.setItem(TAB, known);
    return known;
  } catch (error) {
    console.info("a reload will not find what was checked:", error);
    return fresh;
  }
}

/** A few letters that no other check has. */
export function newKey() {
  return [...crypto.getRandomValues(new Uint32Array(2))].map((n) => n.toString(36)).join("");
}

/** How far a check is. @param {Held} held */
export async function keep(held) {
  await act("checks", "readwrite", (store) => store.put(held));
}

/** @param {string} key @param {File} file @param {number} at when it came in, so that it goes in time also by itself */
export async function keepFile(key, file, at) {
  await act("files", "readwrite", (store) => store.put({ key, file, at }));
}

/** @param {string} key */
export async function drop(key) {
  await Promise.all(STORES.map((name) => act(name, "readwrite", (store) => store.delete(key))));
}

/** Let go of what is older than an hour, whichever tab it came from. */
export async function purge() {
  const old = Date.now() - HOUR;
  for (const name of STORES) {
    const all = /** @type {{key: string, at?: number}[]} */ ((await act(name, "readonly", (store) => store.getAll())) ?? []);
    await Promise.all(all.filter(({ at }) => !(at && at >= old)).map(({ key }) => act(name, "readwrite", (store) => store.delete(key))));
  }
}

/**
 * What this tab was given within the hour, oldest first. What is older goes.
 * @param {string} tab
 * @returns {Promise<(Held & {file: File | null})[]>}
 */
export async function held(tab) {
  await purge();
  const all = /** @type {Held[]} */ ((await act("checks", "readonly", (store) => store.getAll())) ?? []);
  const mine = all.filter((one) => one.tab === tab).sort((a, b) => a.at - b.at);
  const found = await Promise.all(mine.map(({ key }) => act("files", "readonly", (store) => store.get(key))));
  return mine.map((one, i) => ({ ...one, file: found[i]?.file ?? null })).filter(({ file, address }) => file || address);
}

/**
 * One act on the store; undefined where the browser closes it, as some private windows do, or has no room.
 * @param {typeof STORES[number]} name
 * @param {IDBTransactionMode} mode
 * @param {(store: IDBObjectStore) => IDBRequest} what
 * @returns {Promise<any>}
 */
async function act(name, mode, what) {
  try {
    const database = await (opening ??= open());
    return database && (await settled(what(database.transaction(name, mode).objectStore(name))));
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    console.info("a reload will not find this check:", error.name);
    return undefined;
  }
}

/** @returns {Promise<IDBDatabase | null>} */
async function open() {
  if (!globalThis.indexedDB) return null;
  const asked = indexedDB.open(NAME, VERSION);
  asked.onupgradeneeded = () => STORES.forEach((name) => asked.result.createObjectStore(name, { keyPath: "key" }));
  return settled(asked);
}

/**
 * @param {IDBRequest} request
 * @returns {Promise<any>}
 */
function settled(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
