// What the page asks of its server. Answers are returned, everything else is thrown as one of three errors.

/** @typedef {import("./types.js").Verdict} Verdict */
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
 * @typedef {object} Asked
 * @property {boolean} stability ask also how the answer stands up to being saved again
 * @property {AbortSignal} signal
 * @property {(sent: number, total: number) => void} onSent
 * @property {() => void} onScoring everything is sent
 */

/**
 * Send a picture and wait for its verdict. XMLHttpRequest, because fetch does not tell how much was sent.
 * @param {File} file
 * @param {Asked} asked
 * @returns {Promise<Verdict>}
 */
export function askVerdict(file, asked) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", `/v1/verdicts?explain=true${asked.stability ? "&stability=true" : ""}`);
    for (const [name, value] of Object.entries(CHANNEL)) request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => asked.onSent(event.loaded, event.total);
    request.upload.onload = asked.onScoring;
    request.onerror = async () => reject(await unsent(file));
    request.onabort = () => reject(new Stopped());
    request.onload = () => {
      const body = parsed(request.responseText);
      if (request.status === 200 && body) resolve(/** @type {Verdict} */ (body));
      else reject(refusal(body, request.status, (name) => request.getResponseHeader(name)));
    };
    asked.signal.addEventListener("abort", () => request.abort());
    request.send(form(file));
  });
}

/**
 * The picture with its verdict printed under it.
 * @param {File} file
 * @returns {Promise<Blob>}
 */
export async function askAnnotated(file) {
  const answer = await reach("/v1/annotated", { method: "POST", body: form(file), headers: CHANNEL }, file);
  if (answer.ok) return answer.blob();
  throw refusal(parsed(await answer.text()), answer.status, (name) => answer.headers.get(name));
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
async function reach(path, init, file) {
  try {
    return await fetch(path, init);
  } catch (error) {
    if (error instanceof TypeError) throw await unsent(file);
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

/** @param {File} file */
function form(file) {
  const data = new FormData();
  data.append("image", file, file.name || "picture");
  return data;
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
function refusal(body, status, header) {
  /** @type {ProblemDocument} */
  const document = body && typeof body === "object" ? { ...body } : { detail: `The server answered with status ${status}.` };
  document.request_id ??= header("X-Request-ID") ?? undefined;
  const wait = header("Retry-After");
  if (status !== 429 && !(status === 503 && wait)) return new Problem(document, status);
  return new Busy(document, status, Math.max(1, Number(wait) || DEFAULT_WAIT));
}
