// Loading for components: what came, what went wrong, and again.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { ApiError } from './api';

export interface Loaded<T> {
  data?: T;
  error?: ApiError;
  loading: boolean;
  again(): void;
  set(data: T): void;
}

export function useLoad<T>(key: string, load: (signal: AbortSignal) => Promise<T>): Loaded<T> {
  const [state, setState] = useState<{ key: string; data?: T; error?: ApiError; loading: boolean }>({ key, loading: true });
  const [turn, setTurn] = useState(0);
  const latest = useRef(load);
  latest.current = load;
  useEffect(() => {
    const control = new AbortController();
    setState((s) => (s.key === key ? { ...s, loading: true, error: undefined } : { key, loading: true }));
    latest.current(control.signal).then(
      (data) => control.signal.aborted || setState({ key, data, loading: false }),
      (error) => {
        if (control.signal.aborted) return;
        if (!(error instanceof ApiError)) throw error;
        setState({ key, error, loading: false });
      },
    );
    return () => control.abort();
  }, [key, turn]);
  const again = useCallback(() => setTurn((n) => n + 1), []);
  const set = useCallback((data: T) => setState({ key, data, loading: false }), [key]);
  return { ...(state.key === key ? state : { loading: true }), again, set };
}

export function useNow(everyMs: number): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}
