// One call of the admin API with the session's cookie.
import { takeEarly } from './early.ts';
import { gate } from './gate.ts';
import { type Problem, ProblemError, UnreachableError } from './problem.ts';
import { type Query, urlOf } from './url.ts';

export { type Query, urlOf };

export interface CallOptions {
  query?: Query;
  /** Sent as JSON. */
  body?: unknown;
  /** Sent as text/plain instead. */
  text?: string;
  /** The ETag that the change is based on. */
  ifMatch?: string | undefined;
  signal?: AbortSignal;
  /** A 401 is an answer here, and opens no dialog. */
  unguarded?: boolean;
}

export interface Answer<T> {
  data: T;
  etag: string | undefined;
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export async function send(method: Method, path: string, options: CallOptions = {}): Promise<Response> {
  const headers: Record<string, string> = {};
  let body: string | undefined;
  if (options.text !== undefined) {
    headers['Content-Type'] = 'text/plain; charset=utf-8';
    body = options.text;
  } else if (options.body !== undefined) {
    headers['Content-Type'] = 'application/json';
    body = JSON.stringify(options.body);
  }
  if (options.ifMatch !== undefined) headers['If-Match'] = options.ifMatch;
  if (method !== 'GET') headers['Keyfence-Csrf'] = '1';
  const url = urlOf(path, options.query);
  let response: Response;
  try {
    const early = method === 'GET' ? takeEarly(url) : undefined;
    response = await (early ?? fetch(url, { method, headers, body, signal: options.signal }));
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    gate.setReachable(false);
    throw new UnreachableError();
  }
  gate.setReachable(true);
  return response;
}

async function problemOf(response: Response): Promise<ProblemError> {
  const text = await response.text();
  try {
    return new ProblemError(JSON.parse(text) as Problem);
  } catch {
    return new ProblemError({
      type: 'about:blank',
      title: response.statusText || 'Unexpected answer',
      status: response.status,
      code: 'unexpected_answer',
      detail: `Keyfence answered with status ${response.status} and no explanation.`,
      request_id: response.headers.get('X-Request-Id') ?? '',
    });
  }
}

/** The response of a call that succeeded; asks the person to sign in where that is what is missing, then asks again. */
export async function respond(method: Method, path: string, options: CallOptions = {}): Promise<Response> {
  const response = await send(method, path, options);
  if (response.ok) return response;
  const error = await problemOf(response);
  if (!options.unguarded) {
    const ask = error.status === 401 ? 'sign_in' : error.is('sign_in_again') ? 'confirm' : undefined;
    if (ask && (await gate.pass(ask))) return respond(method, path, options);
  }
  throw error;
}

export async function call<T>(method: Method, path: string, options: CallOptions = {}): Promise<Answer<T>> {
  const response = await respond(method, path, options);
  const text = await response.text();
  return {
    data: (text === '' ? undefined : JSON.parse(text)) as T,
    etag: response.headers.get('ETag') ?? undefined,
  };
}

/** The body alone. */
export const ask = async <T>(method: Method, path: string, options: CallOptions = {}): Promise<T> =>
  (await call<T>(method, path, options)).data;
