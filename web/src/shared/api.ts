// Talks to the REST API; every failure becomes one ApiError with a stable code.
import type { ErrorBody } from "../protocol";
import { traceparent } from "./trace";

/** What the API answered instead of what was asked for. `status` is 0 and `code` "offline" when nothing answered. */
export class ApiError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly retry: boolean,
    readonly status: number,
    /** How long to wait before trying again can help; 0 when nobody said. */
    readonly seconds = 0,
  ) {
    super(message);
    this.name = "ApiError";
  }
}

/** Whether a value has the shape of an error's body. */
function isErrorBody(value: unknown): value is ErrorBody {
  return typeof value === "object" && value !== null && typeof (value as ErrorBody).code === "string";
}

/** What API Gateway and its edge answer, in words of their own, to more than they are let take. */
const OVERLOADED: ReadonlySet<number> = new Set([429, 503]);

async function ask<T>(method: string, path: string, body: unknown, headers: Record<string, string>, signal?: AbortSignal): Promise<T> {
  const request: RequestInit = {
    method,
    credentials: "same-origin",
    cache: "no-store",
    headers: {
      "X-Venterom": "1",
      traceparent,
      // Also without a body: Chalice refuses what a proxy on the way may take for something else.
      ...(method !== "GET" ? { "Content-Type": "application/json" } : {}),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal ? { signal } : {}),
  };
  let response: Response;
  let text: string;
  try {
    response = await fetch(`/api${path}`, request);
    text = await response.text();
  } catch {
    throw new ApiError("offline", "There is no contact with the service.", true, 0);
  }
  const { status } = response;
  const seconds = Number(response.headers.get("Retry-After")) || 0; // a date is not worth reading: nobody here sends one
  let value: unknown;
  try {
    value = text === "" ? undefined : JSON.parse(text);
  } catch {
    if (OVERLOADED.has(status)) throw new ApiError("busy", "Many people are coming at once.", true, status, seconds);
    throw new ApiError("internal", "The answer was not understood.", true, status);
  }
  if (response.ok) return value as T;
  if (isErrorBody(value)) throw new ApiError(value.code, value.message, value.retry === true, status, value.wait_seconds || seconds);
  if (OVERLOADED.has(status)) throw new ApiError("busy", "Many people are coming at once.", true, status, seconds);
  throw new ApiError("internal", "The service failed.", status >= 500, status);
}

/** Read something. Raises ApiError. */
export function get<T>(path: string): Promise<T> {
  return ask<T>("GET", path, undefined, {});
}

/** Put something in another's place; `body` is sent as JSON. Raises ApiError. */
export function put<T>(path: string, body: unknown): Promise<T> {
  return ask<T>("PUT", path, body, {});
}

/** Change something; `body` is sent as JSON. Raises ApiError, also when `signal` breaks it off. */
export function post<T = void>(path: string, body?: unknown, headers: Record<string, string> = {}, signal?: AbortSignal): Promise<T> {
  return ask<T>("POST", path, body, headers, signal);
}
