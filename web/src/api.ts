// Asks the server: JSON in and out below /api/v1, the session in a cookie, its CSRF token in a header.
import type { ErrorBody, Session } from "./api_types";

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    text: string,
    readonly hint: string | null,
    /** How long to wait before another attempt, when the server said so. */
    readonly retryAfterMs: number | null = null,
  ) {
    super(text);
    this.name = "ApiError";
  }

  /** The server was not reached at all, or something before it answered. */
  get unreachable(): boolean {
    return this.status === 0 || this.status === 502 || this.status === 504;
  }
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

async function failure(answer: Response): Promise<ApiError> {
  const wait = Number(answer.headers.get("Retry-After"));
  const retry = wait > 0 ? wait * 1000 : null;
  try {
    const { error } = (await answer.json()) as { error: ErrorBody };
    return new ApiError(answer.status, error.code, error.text, error.hint, retry);
  } catch {
    return new ApiError(answer.status, "failed", `${answer.status} ${answer.statusText}`.trim(), null, retry);
  }
}

async function ask(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (method !== "GET" && csrf) headers["X-Holdfast-CSRF"] = csrf;
  const raw = body instanceof Blob;
  if (body !== undefined && !raw) headers["Content-Type"] = "application/json";
  let answer: Response;
  try {
    answer = await fetch(apiUrl(path), {
      method,
      headers,
      credentials: "same-origin",
      cache: "no-store",
      ...(body === undefined ? {} : { body: raw ? body : JSON.stringify(body) }),
      ...(signal ? { signal } : {}),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(0, "unreachable", String(error), null);
  }
  if (answer.ok) return answer;
  const error = await failure(answer);
  if (error.status === 401 && error.code === "unauthenticated") signedOut();
  throw error;
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
