// FHIR searches, page by page.
import { useCallback, useEffect, useState } from 'preact/hooks';
import { ApiError, get, query, type Params } from '../base/api';
import type { Bundle, Resource } from './types';

export interface Page<T> { items: T[]; next?: string; total?: number }

export function pageOf<T extends Resource>(bundle: Bundle<T>): Page<T> {
  const items: T[] = [];
  for (const entry of bundle.entry ?? [])
    if (entry.resource && entry.resource.resourceType !== 'OperationOutcome') items.push(entry.resource);
  const link = bundle.link?.find((l) => l.relation === 'next')?.url;
  let next: string | undefined;
  if (link) {
    // Only what follows the host: a page never leads anywhere else.
    const url = new URL(link, 'https://here.invalid');
    next = url.pathname + url.search;
  }
  return { items, next, total: bundle.total };
}

export async function search<T extends Resource>(type: string, params: Params, signal?: AbortSignal): Promise<Page<T>> {
  return pageOf(await get<Bundle<T>>(`/fhir/${type}${query(params)}`, signal));
}

export async function searchAll<T extends Resource>(type: string, params: Params, most: number, signal?: AbortSignal): Promise<T[]> {
  let page = await search<T>(type, params, signal);
  const items = [...page.items];
  while (page.next && items.length < most) {
    page = pageOf(await get<Bundle<T>>(page.next, signal));
    items.push(...page.items);
  }
  return items;
}

export interface Listing<T> {
  items: T[];
  total?: number;
  error?: ApiError;
  loading: boolean;
  next?: string;
  more(): void;
  again(): void;
}

// A search that a table shows, with "more".
export function useSearch<T extends Resource>(type: string, params: Params): Listing<T> {
  const first = `/fhir/${type}${query(params)}`;
  const [state, setState] = useState<{ first: string; items: T[]; next?: string; total?: number; error?: ApiError; loading: boolean }>(
    { first, items: [], loading: true });
  const [turn, setTurn] = useState(0);
  const load = useCallback((url: string, before: T[], signal?: AbortSignal) => {
    get<Bundle<T>>(url, signal).then(
      (bundle) => {
        if (signal?.aborted) return;
        const page = pageOf(bundle);
        setState((s) => ({ first, items: [...before, ...page.items], next: page.next, total: page.total ?? s.total, loading: false }));
      },
      (error) => {
        if (signal?.aborted || !(error instanceof ApiError)) return;
        setState((s) => ({ ...s, first, items: before, error, loading: false }));
      });
  }, [first]);
  useEffect(() => {
    const control = new AbortController();
    setState({ first, items: [], loading: true });
    load(first, [], control.signal);
    return () => control.abort();
  }, [first, turn]);
  const fresh = state.first === first ? state : { items: [] as T[], loading: true, next: undefined, error: undefined, total: undefined };
  return {
    ...fresh,
    more: () => {
      if (!fresh.next || fresh.loading) return;
      setState({ ...state, loading: true });
      load(fresh.next, fresh.items);
    },
    again: () => setTurn((n) => n + 1),
  };
}
