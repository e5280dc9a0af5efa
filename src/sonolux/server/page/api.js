/** Client of the service: requests, problem documents (RFC 9457), and asking for the token when it is needed. */

const BASE = "/api/v1";

export class Problem extends Error {
  /** @param {{type?: string, title?: string, status?: number, detail?: string, field?: string}} told */
  constructor(told) {
    super(told.detail || told.title || "The service did not answer.");
    this.kind = (told.type ?? "").replace(/^.*\//u, "");
    this.status = told.status ?? 0;
    this.field = told.field;
  }
}

/**
 * Waits until somebody has signed in; set by the page.
 * @type {{signIn: () => Promise<void>}}
 */
export const gate = { signIn: () => Promise.reject(new Problem({ status: 401, title: "A token is needed." })) };

/**
 * @param {string} method
 * @param {string} path Below the base.
 * @param {{data?: unknown, raw?: Blob, signal?: AbortSignal, type?: string}} [options]
 * @returns {Promise<any>} The answer's data; null for none.
 */
export async function call(method, path, options = {}) {
  const response = await send(method, path, options);
  if (response.status === 401 && path !== "/session") {
    await gate.signIn();
    return call(method, path, options);
  }
  if (!response.ok) throw await problemOf(response);
  if (response.status === 204) return null;
  return response.headers.get("Content-Type")?.includes("json") ? response.json() : response.text();
}

/**
 * @param {string} method
 * @param {string} path
 * @param {{data?: unknown, raw?: Blob, signal?: AbortSignal, type?: string}} options
 */
async function send(method, path, { data, raw, signal, type }) {
  /** @type {RequestInit} */
  const request = { method, signal, credentials: "same-origin" };
  if (data !== undefined) {
    request.body = JSON.stringify(data);
    request.headers = { "Content-Type": "application/json" };
  } else if (raw) {
    request.body = raw;
    request.headers = { "Content-Type": type || raw.type || "application/octet-stream" };
  }
  try {
    return await fetch(BASE + path, request);
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Problem({ title: "The service cannot be reached. It may have been stopped." });
  }
}

/** @param {Response} response */
async function problemOf(response) {
  if (response.headers.get("Content-Type")?.includes("json")) return new Problem({ status: response.status, ...(await response.json()) });
  return new Problem({ status: response.status, title: `The service answered ${response.status} ${response.statusText}.` });
}

/** @param {Record<string, string | number | undefined>} values */
function query(values) {
  const given = Object.entries(values).filter(([, value]) => value !== undefined && value !== "");
  return given.length ? `?${new URLSearchParams(given.map(([key, value]) => [key, String(value)]))}` : "";
}

/** A random id (UUID 4); the browser's own is for pages that came by HTTPS or from this machine. */
function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  const digits = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/u, "$1-$2-$3-$4-");
}

/** @param {Record<string, unknown>} where */
const written = (where) => (Object.keys(where).length ? JSON.stringify(where) : undefined);

/** @param {string} id */
const item = (id) => `/items/${encodeURIComponent(id)}`;

export const api = {
  /** @param {object} asked @param {AbortSignal} [signal] */
  search: (asked, signal) => call("POST", "/search", { data: asked, signal }),
  /** @param {string} ranking @param {number} offset @param {number} limit */
  window: (ranking, offset, limit) => call("GET", `/rankings/${encodeURIComponent(ranking)}${query({ offset, limit })}`),
  /** @param {string} id */
  item: (id) => call("GET", item(id)),
  /** @param {Record<string, unknown>} where @param {string | undefined} cursor @param {number} limit */
  items: (where, cursor, limit) => call("GET", `/items${query({ where: written(where), cursor, limit })}`),
  /** @param {string[]} keys @param {Record<string, unknown>} where @param {string} [ranking] Whose hits are counted. */
  facets: (keys, where, ranking) => call("GET", `/facets?${new URLSearchParams([...keys.map((key) => ["key", key]), ranking ? ["ranking", ranking] : ["where", written(where) ?? "{}"]])}`),
  /** @param {string} id */
  annotations: (id) => call("GET", `${item(id)}/annotations`),
  /** @param {string} id */
  text: (id) => call("GET", `${item(id)}/text`),
  /** @param {string} id @param {number} bins */
  waveform: (id, bins) => call("GET", `${item(id)}/waveform${query({ bins })}`),
  /** @param {string} id @param {string} space */
  neighbours: (id, space) => call("GET", `${item(id)}/neighbours${query({ space, k: 24 })}`),
  /** @param {string} id */
  copies: (id) => call("GET", `${item(id)}/copies`),
  spaces: () => call("GET", "/spaces"),
  info: () => call("GET", "/info"),
  /** @param {string} colour A key of facets. */
  map: (colour) => call("GET", `/map${query({ colour })}`),
  jobs: () => call("GET", "/jobs"),
  /** @param {string} kind @param {object} params */
  startJob: (kind, params) => call("POST", "/jobs", { data: { kind, params } }),
  /** @param {string} id */
  cancelJob: (id) => call("DELETE", `/jobs/${encodeURIComponent(id)}`),
  /** @param {object} judgement */
  judge: (judgement) => call("POST", "/judgements", { data: judgement }),
  /** @param {object} judgement As it was made. */
  forgetJudgement: (judgement) => call("DELETE", "/judgements", { data: judgement }),
  /** @param {object} asked */
  identify: (asked) => call("POST", "/identify", { data: asked }),
  saved: () => call("GET", "/saved"),
  /** @param {string} name @param {object} search */
  save: (name, search) => call("PUT", `/saved/${encodeURIComponent(name)}`, { data: search }),
  /** @param {string} name */
  forgetSaved: (name) => call("DELETE", `/saved/${encodeURIComponent(name)}`),
  /** @param {string} token */
  signIn: (token) => call("POST", "/session", { data: { token } }),
  /** @param {Blob} file @param {string} name */
  upload: (file, name) => call("PUT", `/uploads/${newId()}${query({ name })}`, { raw: file }),
  /** @param {string} id */
  uploaded: (id) => call("GET", `/uploads/${encodeURIComponent(id)}`),
};

/** Of tastes; users are named in bodies and queries, which the service does not log. */
export const tastes = {
  /** @param {object} asked @param {AbortSignal} [signal] */
  recommend: (asked, signal) => call("POST", "/recommendations", { data: asked, signal }),
  /** @param {object} asked What a station has played, and what was said of it. */
  next: (asked) => call("POST", "/recommendations/next", { data: asked }),
  /** @param {{user: string, where: Record<string, unknown>, seed: number, limit: number}} asked @param {AbortSignal} [signal] */
  starters: ({ user, where, seed, limit }, signal) => call("GET", `/recommendations/starters${query({ user, where: written(where), seed, limit })}`, { signal }),
  /** @param {string} user @param {AbortSignal} [signal] */
  known: (user, signal) => call("GET", `/interactions/taste${query({ user })}`, { signal }),
  /** @param {string} user @param {number} limit */
  interactions: (user, limit) => call("GET", `/interactions${query({ user, limit })}`),
  /** @param {object} said */
  interact: (said) => call("POST", "/interactions", { data: said }),
  /** @param {object} said As it was kept. */
  withdraw: (said) => call("DELETE", "/interactions", { data: said }),
  /** @param {string} user */
  forget: (user) => call("DELETE", "/interactions/users", { data: { user } }),
  /** @param {string[]} ids @returns {Promise<string>} */
  playlist: (ids) => call("POST", "/export", { data: { ids, format: "m3u8" } }),
};

/** @param {string} id */
export const uploadThumbnailUrl = (id) => `${BASE}/uploads/${encodeURIComponent(id)}/thumbnail?width=160`;
/** @param {string} id @param {number} width */
export const thumbnailUrl = (id, width) => `${BASE}${item(id)}/thumbnail${query({ width })}`;
/** @param {string} id */
export const mediaUrl = (id) => `${BASE}${item(id)}/media`;
/** @param {string} id */
export const webMediaUrl = (id) => `${BASE}${item(id)}/media/web`;
/** @param {string} id @param {number} width */
export const spectrogramUrl = (id, width) => `${BASE}${item(id)}/spectrogram${query({ width })}`;
export const eventsUrl = `${BASE}/events`;
