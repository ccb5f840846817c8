// Who is signed in, what they may do, which glass they have broken.
import { get, lastAnswer, post, whenSignedOut } from './api';
import { store } from './store';
import type { Account, Grant, Me } from './types';

export type SignedIn = { state: 'unknown' } | { state: 'out'; again: boolean } | { state: 'in'; me: Me };

export const session = store<SignedIn>({ state: 'unknown' });
export const grants = store<Grant[]>([]);

export const account = (): Account | null => {
  const s = session.get();
  return s.state === 'in' ? s.me.account : null;
};
export const may = (verb: string): boolean => {
  const s = session.get();
  return s.state === 'in' && s.me.may.includes(verb);
};

// The record of a patient who signed in themselves.
export function ownRecord(): string | null {
  const me = account();
  return me?.role === 'patient' && me.person?.startsWith('Patient/') ? me.person.slice('Patient/'.length) : null;
}

export async function enter(): Promise<void> {
  try {
    const me = await get<Me>('/api/me');
    session.set({ state: 'in', me });
    if (me.may.includes('patient-break-glass')) await loadGrants();
  } catch (error) {
    const s = session.get();
    if (s.state === 'unknown') session.set({ state: 'out', again: false });
    if ((error as { status?: number }).status !== 401) throw error;
  }
}

export async function loadGrants(): Promise<void> {
  grants.set((await get<{ grants: Grant[] }>('/api/break-glass')).grants);
}

export async function breakGlass(patient: string, reason: string): Promise<void> {
  const grant = await post<Grant>('/api/break-glass', { patient, reason });
  grants.set([...grants.get().filter((g) => g.patient !== patient), { ...grant, reason }]);
}

export async function leave(): Promise<void> {
  try {
    await post('/api/sign-out');
  } finally {
    grants.set([]);
    session.set({ state: 'out', again: false });
  }
}

whenSignedOut(() => {
  const s = session.get();
  grants.set([]);
  session.set({ state: 'out', again: s.state === 'in' });
});

// Milliseconds until the session ends unless something is asked before.
export function idleLeft(now: number): number {
  const s = session.get();
  if (s.state !== 'in') return Infinity;
  const { idle_ends, last_used, ends } = s.me.session;
  const idle = idle_ends && last_used ? Date.parse(idle_ends) - Date.parse(last_used) : Infinity;
  // Measured on our own clock: the server's may differ from it.
  const byIdle = idle + lastAnswer.get() - now;
  const byEnd = ends && last_used ? Date.parse(ends) - Date.parse(last_used) + entered - now : Infinity;
  return Math.min(byIdle, byEnd);
}
let entered = 0;
session.watch((s) => {
  if (s.state === 'in') entered = Date.now();
});
