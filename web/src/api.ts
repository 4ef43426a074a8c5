// Asks the server: JSON in and out below /api/v1, the session in a cookie, its CSRF token in a header.
import type { ErrorBody, Session, Untested } from "./api_types";

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    text: string,
    readonly hint: string | null,
    /** How long to wait before another attempt, when the server said so. */
    readonly retryAfterMs: number | null = null,
    /** What stands in the way of an `untested` request. */
    readonly tests: Untested[] = [],
  ) {
    super(text);
    this.name = "ApiError";
  }

  /** The server was not reached at all, or something before it answered. */
  get unreachable(): boolean {
    return this.status === 0 || this.status === 502 || this.status === 504;
  }

  /** The console's password was asked for, and it was another one. */
  get isPassword(): boolean {
    return this.status === 403 && this.code === "wrong_key";
  }
}

/** What was thrown, as an error that can be shown. */
export function asApiError(reason: unknown): ApiError {
  return reason instanceof ApiError ? reason : new ApiError(0, "failed", String(reason), null);
}

let csrf: string | null = null;
let signedOut: () => void = () => {};

/** Called when any answer says that nobody is signed in. */
export function onSignedOut(handler: () => void): void {
  signedOut = handler;
}

/** The address of an API path, below the base path of the page. */
export function apiUrl(path: string): string {
  return new URL(`api/v1/${path}`, document.baseURI).href;
}

/** An address that an answer holds ("/api/v1/downloads/..."), below the base path of the page. */
export function fileUrl(address: string): string {
  return new URL(address.replace(/^\/+/, ""), document.baseURI).href;
}

/** The error that an answer's body tells of. */
function failure(status: number, statusText: string, body: string, retryAfter: string | null): ApiError {
  const wait = Number(retryAfter);
  const retry = wait > 0 ? wait * 1000 : null;
  try {
    const { error } = JSON.parse(body) as { error: ErrorBody };
    return new ApiError(status, error.code, error.text, error.hint, retry, error.tests);
  } catch {
    return new ApiError(status, "failed", `${status} ${statusText}`.trim(), null, retry);
  }
}

function checkSession(error: ApiError): ApiError {
  if (error.status === 401 && error.code === "unauthenticated") signedOut();
  return error;
}

async function ask(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (method !== "GET" && csrf) headers["X-Holdfast-CSRF"] = csrf;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let answer: Response;
  try {
    answer = await fetch(apiUrl(path), {
      method,
      headers,
      credentials: "same-origin",
      cache: "no-store",
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal ? { signal } : {}),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(0, "unreachable", String(error), null);
  }
  if (answer.ok) return answer;
  throw checkSession(failure(answer.status, answer.statusText, await answer.text(), answer.headers.get("Retry-After")));
}

async function json<T>(answer: Promise<Response>): Promise<T> {
  const text = await (await answer).text();
  return (text ? JSON.parse(text) : null) as T;
}

export const api = {
  get: <T>(path: string, signal?: AbortSignal) => json<T>(ask("GET", path, undefined, signal)),
  post: <T>(path: string, body: unknown = {}) => json<T>(ask("POST", path, body)),
  put: <T>(path: string, body: unknown) => json<T>(ask("PUT", path, body)),
  patch: <T>(path: string, body: unknown) => json<T>(ask("PATCH", path, body)),
  delete: <T>(path: string) => json<T>(ask("DELETE", path)),
};

/** Sends a file. `sent` hears how many bytes have gone, which `fetch` does not tell. */
export function upload<T>(path: string, file: Blob, sent: (bytes: number) => void, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const lost = () => reject(new ApiError(0, "unreachable", "", null));
    request.open("POST", apiUrl(path));
    if (csrf) request.setRequestHeader("X-Holdfast-CSRF", csrf);
    request.upload.onprogress = (event) => sent(event.loaded);
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) resolve(JSON.parse(request.responseText) as T);
      else reject(checkSession(failure(request.status, request.statusText, request.responseText, request.getResponseHeader("Retry-After"))));
    };
    request.onerror = lost;
    request.ontimeout = lost;
    request.onabort = lost;
    signal.addEventListener("abort", () => request.abort());
    request.send(file);
  });
}

/** Part of an API path: `databases/${part(name)}/points`. */
export function part(name: string | number): string {
  return encodeURIComponent(String(name));
}

/** Any call that answers with the session: its CSRF token is used from then on. */
export async function session(answer: Promise<Session | null>): Promise<Session> {
  const now = (await answer) ?? (await api.get<Session>("session"));
  csrf = now.csrf;
  return now;
}
