// What this tab was given, held by the browser itself so that a reload loses nothing: for an hour, on this device only.

const [NAME, STORE, VERSION] = ["brushwork", "checks", 1];
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

/** @param {Held} held */
export async function keep(held) {
  await act("readwrite", (store) => store.put(held));
}

/** @param {string} key */
export async function drop(key) {
  await act("readwrite", (store) => store.delete(key));
}

/**
 * What this tab was given within the hour, oldest first. What is older goes, whichever tab it came from.
 * @param {string} tab
 * @returns {Promise<Held[]>}
 */
export async function held(tab) {
  const all = /** @type {Held[]} */ ((await act("readonly", (store) => store.getAll())) ?? []);
  const old = Date.now() - HOUR;
  await Promise.all(all.filter((one) => one.at < old).map((one) => drop(one.key)));
  return all.filter((one) => one.tab === tab && one.at >= old).sort((a, b) => a.at - b.at);
}

/**
 * One act on the store; undefined where the browser closes it, as some private windows do, or has no room.
 * @param {IDBTransactionMode} mode
 * @param {(store: IDBObjectStore) => IDBRequest} what
 * @returns {Promise<any>}
 */
async function act(mode, what) {
  try {
    const database = await (opening ??= open());
    return database && (await settled(what(database.transaction(STORE, mode).objectStore(STORE))));
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
  asked.onupgradeneeded = () => asked.result.createObjectStore(STORE, { keyPath: "key" });
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
