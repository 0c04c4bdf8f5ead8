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
 */
export function go(changes) {
  const next = address(changes);
  if (next === window.location.pathname + window.location.search) return;
  window.history.pushState(null, "", next);
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
