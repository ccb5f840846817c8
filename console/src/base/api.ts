// The only module that speaks to the server.
import { store } from './store';

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly field?: string,
    readonly retryAfter = 0,
    readonly body?: unknown,
  ) {
    super(message);
  }
}

// Set while the server cannot be reached and we keep trying: how often we have tried.
export const retrying = store(0);
// Grows at every answer to a request with a session; what the idle clock starts again from.
export const lastAnswer = store(0);

let onSignedOut: () => void = () => {};
export function whenSignedOut(fn: () => void): void {
  onSignedOut = fn;
}

// The policy may want the second factor again from whom watch has reason to doubt. Whoever asks waits
// for it, and what was refused is asked anew.
let onFactor: () => Promise<boolean> = () => Promise.resolve(false);
export function whenFactorWanted(fn: () => Promise<boolean>): void {
  onFactor = fn;
}

const generic: Record<number, string> = {
  0: 'The server cannot be reached.',
  403: 'This is not allowed.',
  404: 'There is no such thing here.',
  413: 'This is too large.',
  429: 'Too many requests; wait a moment.',
  503: 'The records cannot be reached now.',
};

interface ApiProblem {
  error?: string;
  message?: string;
  field?: string;
  resourceType?: string;
  issue?: { code?: string; diagnostics?: string; details?: { text?: string; coding?: { code?: string }[] } }[];
}

// What went wrong, whether the API or FHIR says it.
export function problemOf(status: number, body: unknown, retryAfter = 0): ApiError {
  const b = (body ?? {}) as ApiProblem;
  const words = generic[status] ?? `The server answered ${status}.`;
  if (b.resourceType === 'OperationOutcome') {
    const issue = b.issue?.[0];
    const code = issue?.details?.coding?.[0]?.code ?? issue?.code ?? 'unknown';
    const texts = (b.issue ?? []).map((i) => i.diagnostics ?? i.details?.text).filter(Boolean);
    return new ApiError(status, code, texts.join(' ') || words, undefined, retryAfter, body);
  }
  return new ApiError(status, b.error ?? 'unknown', b.message ?? words, b.field, retryAfter, body);
}

const wait = (ms: number, signal?: AbortSignal) =>
  new Promise<void>((done, fail) => {
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', () => {
      clearTimeout(timer);
      fail(new DOMException('aborted', 'AbortError'));
    });
  });

async function once(method: string, path: string, body: unknown, signal?: AbortSignal): Promise<unknown> {
  const headers: Record<string, string> = { Accept: path.startsWith('/fhir') ? 'application/fhir+json' : 'application/json', 'X-Hospitaller': 'console' };
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  let answer: Response;
  try {
    answer = await fetch(path, {
      method, headers, signal, credentials: 'same-origin', cache: 'no-store', redirect: 'error',
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch (error) {
    if ((error as Error).name === 'AbortError') throw error;
    throw problemOf(0, null);
  }
  const text = await answer.text();
  let json: unknown = null;
  try {
    json = text ? JSON.parse(text) : null;
  } catch {
    if (answer.ok) throw new ApiError(answer.status, 'malformed', 'The answer cannot be read.');
  }
  if (!answer.ok) throw problemOf(answer.status, json, Number(answer.headers.get('Retry-After')) || 0);
  return json;
}

const TRIES = 6;

// Reads are tried again while the server is away; a write is never sent twice by itself.
export async function request<T>(method: string, path: string, body?: unknown, signal?: AbortSignal, tries = TRIES): Promise<T> {
  let proved = false;
  for (let tried = 1; ; tried++) {
    try {
      const json = (await once(method, path, body, signal)) as T;
      if (retrying.get()) retrying.set(0);
      lastAnswer.set(Date.now());
      return json;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.status === 401 && !path.startsWith('/api/sign-in') && path !== '/api/me/password' && path !== '/api/password/advice') onSignedOut();
      if (error.code === 'fresh-factor-required' && !proved && (await onFactor())) {
        proved = true;
        continue;
      }
      const away = error.status === 503 || error.status === 0;
      if (!away || method !== 'GET' || tried >= tries) {
        if (tried > 1 || !away) retrying.set(0);
        throw error;
      }
      retrying.set(tried);
      await wait(Math.min(8000, Math.max(error.retryAfter * 1000, 400 * 2 ** (tried - 1))), signal);
    }
  }
}

export const get = <T>(path: string, signal?: AbortSignal) => request<T>('GET', path, undefined, signal);
// Where the server's sentence says more than trying again would: guard or watch may be away for long.
export const getOnce = <T>(path: string, signal?: AbortSignal) => request<T>('GET', path, undefined, signal, 1);
export const post = <T>(path: string, body: unknown = {}) => request<T>('POST', path, body);
export const patch = <T>(path: string, body: unknown) => request<T>('PATCH', path, body);
export const del = (path: string) => request<void>('DELETE', path);

// "?a=1&b=2&b=3" of what is not empty; a list gives one parameter for each of its values.
export type Params = Record<string, string | number | string[] | undefined>;
export function query(params: Params): string {
  const all = new URLSearchParams();
  for (const [name, value] of Object.entries(params))
    for (const one of Array.isArray(value) ? value : [value])
      if (one !== undefined && one !== '') all.append(name, String(one));
  const text = all.toString();
  return text && `?${text}`;
}
