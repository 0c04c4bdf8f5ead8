// What a screen shows stands in its address, so that it can be linked to, and back and forward work.

/** @returns {Record<string, string>} */
export function query() {
  return Object.fromEntries(new URLSearchParams(window.location.search));
}

/**
 * The address of this screen with some of its query changed; what is empty is left out.
 * @param {Record<string, string | null | undefined>} changes
 */
export function address(changes) {
  const asked = new URLSearchParams(window.location.search);
  for (const [name, value] of Object.entries(changes)) {
    if (value) asked.set(name, value);
    else asked.delete(name);
  }
  const text = asked.toString();
  return window.location.pathname + (text && `?${text}`);
}

/**
 * Go there without loading the page anew; `follow` hears of it.
 * @param {Record<string, string | null | undefined>} changes
 * @param {{instead?: boolean}} [how] `instead`: back does not lead here again, as for each letter of a search
 */
export function go(changes, how) {
  visit(address(changes), how);
}

/**
 * The same for a whole path, another screen of the same document.
 * @param {string} path
 * @param {{instead?: boolean}} [how]
 */
export function visit(path, { instead = false } = {}) {
  if (path === window.location.pathname + window.location.search) return;
  if (instead) window.history.replaceState(null, "", path);
  else window.history.pushState(null, "", path);
  window.dispatchEvent(new Event("went"));
}

/**
 * Show the address now and whenever it changes, by `go` or by back and forward.
 * @param {() => void} show
 * @param {AbortSignal} [signal] when to stop
 */
export function follow(show, signal) {
  window.addEventListener("popstate", show, { signal });
  window.addEventListener("went", show, { signal });
  show();
}
