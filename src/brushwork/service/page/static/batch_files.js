// How pictures come into a batch: chosen, dropped with their folders, or as addresses. Each gets a key that is the same
// whenever the same file comes again, so that nothing is sent twice.

/** @typedef {{file: File, name: string, key: string}} Found `name` with the folders that the file lies in */
/** @typedef {{url: string, key: string}} Address */

const CLUTTER = /(^|\/)(\.[^/]*|Thumbs\.db|desktop\.ini|__MACOSX(\/.*)?)$/;
const BY_NAME = new Intl.Collator("en", { numeric: true });

/** In the order of their names: 2 comes before 10. @param {string} a @param {string} b */
export const byName = (a, b) => BY_NAME.compare(a, b);

/** What was chosen in a field. @param {FileList | readonly File[]} files @returns {Found[]} */
export function chosen(files) {
  return sorted([...files].map((file) => found(file, file.webkitRelativePath || file.name || "picture")));
}

/**
 * What was dropped, with everything in its folders, and the names of what could not be read.
 * @param {DataTransfer} transfer
 * @returns {Promise<{files: Found[], unread: string[]}>}
 */
export async function dropped(transfer) {
  const items = [...transfer.items].filter((item) => item.kind === "file");
  const entries = items.map((item) => item.webkitGetAsEntry()); // all at once: after the first wait they are gone
  const loose = [...transfer.files];
  /** @type {string[]} */
  const unread = [];
  const lists = await Promise.all(entries.map((entry, i) => (entry ? inside(entry, unread) : one(loose[i]))));
  return { files: sorted(lists.flat()), unread: unread.sort(byName) };
}

/** The addresses in a text, one on each line, and the lines that are none. @param {string} text */
export function addresses(text) {
  const lines = text.split(/\s+/).filter(Boolean);
  const good = lines.filter((line) => URL.canParse(line) && /^https?:/i.test(line));
  const urls = [...new Set(good)].map((url) => ({ url, key: `u-${hashed(url)}` }));
  return { urls, wrong: lines.filter((line) => !good.includes(line)) };
}

/** True for a zip, by its first bytes. @param {File} file */
export async function isZip(file) {
  const head = new Uint8Array(await file.slice(0, 4).arrayBuffer());
  return head[0] === 0x50 && head[1] === 0x4b && (head[2] === 3 || head[2] === 5);
}

/**
 * One that cannot be read costs no other: its path goes to `unread`, a folder's as far as its list was not given.
 * @param {FileSystemEntry} entry
 * @param {string[]} unread
 * @returns {Promise<Found[]>}
 */
async function inside(entry, unread) {
  const path = entry.fullPath.replace(/^\//, "");
  const lists = [];
  try {
    if (entry.isFile) return [found(await fileOf(/** @type {FileSystemFileEntry} */ (entry)), path)];
    const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
    for (let some = await listed(reader); some.length; some = await listed(reader)) lists.push(...(await Promise.all(some.map((one) => inside(one, unread)))));
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    unread.push(path);
  }
  return lists.flat();
}

/** @param {FileSystemFileEntry} entry @returns {Promise<File>} */
const fileOf = (entry) => new Promise((resolve, reject) => entry.file(resolve, reject));

/** The next ones of a folder; none at its end. @param {FileSystemDirectoryReader} reader @returns {Promise<FileSystemEntry[]>} */
const listed = (reader) => new Promise((resolve, reject) => reader.readEntries(resolve, reject));

/** @param {File | undefined} file */
const one = async (file) => (file ? [found(file, file.name || "picture")] : []);

/** @param {File} file @param {string} name @returns {Found} */
function found(file, name) {
  return { file, name, key: `${hashed(name)}-${file.size.toString(36)}-${Math.floor(file.lastModified).toString(36)}` };
}

/** @param {Found[]} list */
function sorted(list) {
  return list.filter(({ name }) => !CLUTTER.test(name)).sort((a, b) => byName(a.name, b.name));
}

/** 53 bits of a text, to tell names apart; no secret. @param {string} text */
function hashed(text) {
  let [high, low] = [0xdeadbeef, 0x41c6ce57];
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    high = Math.imul(high ^ code, 2654435761);
    low = Math.imul(low ^ code, 1597334677);
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  return (4294967296 * (2097151 & low) + (high >>> 0)).toString(36);
}
