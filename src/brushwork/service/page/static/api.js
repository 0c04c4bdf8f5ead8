// How the page asks its server. An answer is returned, everything else is thrown as one of the errors below.

/** @typedef {import("./types.js").ProblemDocument} ProblemDocument */

const CHANNEL = { "X-Brushwork-Channel": "page" };
const DEFAULT_WAIT = 5;

/** The server said what is wrong with this request. */
export class Problem extends Error {
  /** @param {ProblemDocument} document @param {number} status */
  constructor(document, status) {
    super(document.detail ?? "");
    this.document = document;
    this.status = status;
  }
}

/** The server takes no more for now; `seconds` later it may. */
export class Busy extends Problem {
  /** @param {ProblemDocument} document @param {number} status @param {number} seconds */
  constructor(document, status, seconds) {
    super(document, status);
    this.seconds = seconds;
  }
}

/** Nothing came back at all. */
export class Away extends Error {}

/** The file cannot be read any more: it was changed, moved or deleted after it was chosen. */
export class Gone extends Error {}

/** The reader of the page stopped it. */
export class Stopped extends Error {}

/**
 * Ask, and get a response that is fine.
 * @param {string} path
 * @param {RequestInit} [init]
 * @param {File} [file] that is sent, to tell a file that is gone from a server that is
 * @returns {Promise<Response>}
 */
export async function ask(path, init = {}, file) {
  const answer = await reach(path, { cache: "no-store", ...init, headers: { ...CHANNEL, ...init.headers } }, file);
  if (answer.ok) return answer;
  throw refusal(parsed(await read(answer, "text")), answer.status, (name) => answer.headers.get(name));
}

/**
 * Ask for JSON, whose shape the caller knows from the API.
 * @param {string} path
 * @param {RequestInit} [init]
 * @returns {Promise<any>}
 */
export async function askJson(path, init) {
  return read(await ask(path, init), "json");
}

/**
 * The body of an answer. It can break off, or be stopped, as the request itself can: then the same is thrown.
 * @template {"json" | "text" | "blob"} Form
 * @param {Response} answer
 * @param {Form} form
 * @returns {Promise<Awaited<ReturnType<Response[Form]>>>}
 */
export function read(answer, form) {
  return reached(() => /** @type {any} */ (answer[form]()));
}

/**
 * Send JSON; the answer as JSON, or null where there is none.
 * @param {"POST" | "PUT" | "PATCH" | "DELETE"} method
 * @param {string} path
 * @param {unknown} [body]
 * @returns {Promise<any>}
 */
export async function send(method, path, body) {
  const json = body !== undefined && { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  const answer = await ask(path, { method, ...json });
  return parsed(await read(answer, "text"));
}

/**
 * @typedef {object} Upload
 * @property {AbortSignal} [signal]
 * @property {(sent: number, total: number) => void} [onSent]
 * @property {() => void} [onAllSent] everything is sent, and the answer is waited for
 * @property {(line: any) => void} [onLine] where the answer is asked for in lines of JSON; it is the last of them
 * @property {Record<string, string>} [headers]
 */

/**
 * Post a form with files and wait for the JSON of the answer. XMLHttpRequest, because fetch does not tell how much was sent.
 * @param {string} path
 * @param {FormData} form
 * @param {File} first one of the files
 * @param {Upload} [upload]
 * @returns {Promise<any>}
 */
export function postFiles(path, form, first, { signal, onSent, onAllSent, onLine, headers } = {}) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", path);
    const asked = { ...CHANNEL, ...(onLine && { Accept: "application/x-ndjson" }), ...headers };
    for (const [name, value] of Object.entries(asked)) request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => onSent?.(event.loaded, event.total);
    request.upload.onload = () => onAllSent?.();
    request.onerror = () => {
      unsent(first).then(reject).catch(reject);
    };
    request.onabort = () => reject(new Stopped());
    const lines = onLine && inLines(request, onLine);
    request.onload = () => {
      const body = parsed(request.status === 200 && lines ? lines() : request.responseText);
      if (request.status >= 200 && request.status < 300 && body) resolve(body);
      else reject(refusal(body, request.status, (name) => request.getResponseHeader(name)));
    };
    if (signal?.aborted) return reject(new Stopped());
    signal?.addEventListener("abort", () => request.abort());
    request.send(form);
  });
}

/**
 * Hand on each line as it comes; what is returned gives the last one.
 * @param {XMLHttpRequest} request
 * @param {(line: any) => void} onLine
 */
function inLines(request, onLine) {
  let [from, last] = [0, ""];
  const take = () => {
    const text = request.responseText;
    for (let end = text.indexOf("\n", from); end >= 0; end = text.indexOf("\n", from)) {
      last = text.slice(from, end);
      from = end + 1;
      onLine(parsed(last));
    }
    return last;
  };
  request.onprogress = () => {
    if (request.status === 200) take();
  };
  return take;
}

/** True once the server answers again. */
export async function isBack() {
  try {
    return (await reach("/livez", { cache: "no-store" })).ok;
  } catch (error) {
    if (error instanceof Away) return false;
    throw error;
  }
}

/**
 * @param {string} path
 * @param {RequestInit} init
 * @param {File} [file] that is sent
 */
const reach = (path, init, file) => reached(() => fetch(path, init), file);

/**
 * What `act` gives, with the ways in which the network fails told apart.
 * @template T
 * @param {() => Promise<T>} act
 * @param {File} [file] that is sent
 */
async function reached(act, file) {
  try {
    return await act();
  } catch (error) {
    if (error instanceof TypeError) throw await unsent(file);
    if (error instanceof DOMException && error.name === "AbortError") throw new Stopped();
    throw error;
  }
}

/** Why nothing came back: browsers say the same of a server that is away and of a file that is. @param {File} [file] */
async function unsent(file) {
  try {
    await file?.slice(0, 1).arrayBuffer();
    return new Away();
  } catch (error) {
    if (error instanceof DOMException) return new Gone();
    throw error;
  }
}

/**
 * The body as JSON; null where it is none, as from a proxy in between.
 * @param {string} text
 * @returns {unknown}
 */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/**
 * @param {unknown} body
 * @param {number} status
 * @param {(name: string) => string | null} header
 */
export function refusal(body, status, header) {
  /** @type {ProblemDocument} */
  const document = body && typeof body === "object" ? { ...body } : { detail: `The server answered with status ${status}.` };
  document.request_id ??= header("X-Request-ID") ?? undefined;
  const wait = header("Retry-After");
  if (status !== 429 && !(status === 503 && wait)) return new Problem(document, status);
  return new Busy(document, status, Math.max(1, Number(wait) || DEFAULT_WAIT));
}
