// Has anything changed since it was last asked for? A few numbers that tell of nobody and stand on no
// trail; only when one of them changed is the page itself asked again, which is a look and is written
// down.
import { useEffect, useRef } from 'preact/hooks';
import { ApiError, getOnce } from './api';
import { may } from './session';
import { store, useStore } from './store';

export interface News { since: number; findings: number; incidents: number; runs: number; queue: number; unassigned: number }
export const NEWS_MS = 3000;
export const news = store<News | undefined>(undefined);
// The numbers in the menu: who is to be decided about, which incidents nobody has.
export const queued = store(0);
export const unassigned = store(0);
news.watch((now) => {
  queued.set(now?.queue ?? 0);
  unassigned.set(now?.unassigned ?? 0);
});

export async function askNews(): Promise<void> {
  if (!may('playbooks')) return news.set(undefined);
  try {
    const got = await getOnce<News>('/api/news');
    const before = news.get();
    if (!before || (Object.keys(got) as (keyof News)[]).some((k) => got[k] !== before[k])) news.set(got);
  } catch (e) {
    if (!(e instanceof ApiError)) throw e;
    // The page says what is wrong when it is asked for; what it shows stays.
  }
}

// Calls when one of these changed while the page was open.
export function useNews(of: (keyof News)[], call: () => void): void {
  const now = useStore(news);
  const stamp = now && [now.since, ...of.map((k) => now[k])].join(' ');
  const last = useRef(stamp);
  const latest = useRef(call);
  latest.current = call;
  useEffect(() => {
    const before = last.current;
    last.current = stamp;
    if (before !== undefined && stamp !== before) latest.current();
  }, [stamp]);
}
