// Loading for components: what came, what went wrong, again, and every so often.
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
    // An error stays until there is something better to show: what is asked again and again must not flicker.
    setState((s) => (s.key === key ? { ...s, loading: true, error: s.data ? undefined : s.error } : { key, loading: true }));
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

// Looking on must not keep a forgotten session alive for ever.
const AWAKE_MS = 5 * 60_000;

// Calls again and again while somebody is there to see it.
export function useEvery(everyMs: number, call: () => void): void {
  const latest = useRef(call);
  latest.current = call;
  useEffect(() => {
    let awake = Date.now();
    const wake = () => { awake = Date.now(); };
    const timer = setInterval(() => {
      if (!document.hidden && Date.now() - awake <= AWAKE_MS) latest.current();
    }, everyMs);
    window.addEventListener('pointermove', wake);
    window.addEventListener('keydown', wake);
    return () => {
      clearInterval(timer);
      window.removeEventListener('pointermove', wake);
      window.removeEventListener('keydown', wake);
    };
  }, [everyMs]);
}
