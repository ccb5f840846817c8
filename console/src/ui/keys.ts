// Keys that work everywhere, as a table that the help is made from.
import { go } from '../base/router';
import { may, ownRecord } from '../base/session';
import { store } from '../base/store';

export interface Key { keys: string; words: string; run?(): void; verb?: string }

export const help = store(false);

function focusSearch(): void {
  const find = () => document.querySelector<HTMLElement>('[data-search]');
  if (find()) return find()!.focus();
  if (!may('patient-search') || ownRecord()) return;
  go('/');
  requestAnimationFrame(() => find()?.focus());
}

export const keys: Key[] = [
  { keys: '/', words: 'Search', run: focusSearch },
  { keys: '?', words: 'Show these shortcuts', run: () => help.set(true) },
  { keys: 'g p', words: 'Go to patients', run: () => go('/'), verb: 'patient-search' },
  { keys: 'g q', words: 'Go to today’s queue', run: () => go('/queue'), verb: 'trail-search' },
  { keys: 'g i', words: 'Go to incidents', run: () => go('/incidents'), verb: 'trail-search' },
  { keys: 'g y', words: 'Go to what waits for approval', run: () => go('/approvals'), verb: 'playbooks' },
  { keys: 'g b', words: 'Go to blocks', run: () => go('/blocks'), verb: 'status-view' },
  { keys: 'g f', words: 'Go to findings', run: () => go('/findings'), verb: 'trail-search' },
  { keys: 'g t', words: 'Go to the trail', run: () => go('/trail'), verb: 'trail-search' },
  { keys: 'g a', words: 'Go to accounts', run: () => go('/accounts'), verb: 'accounts-manage' },
  { keys: 'g h', words: 'Go to health', run: () => go('/health'), verb: 'status-view' },
  { keys: 'g s', words: 'Go to sessions', run: () => go('/sessions') },
  { keys: '↑ ↓ Enter', words: 'Choose in a list' },
  { keys: 'Esc', words: 'Close a dialog, clear the search' },
];

let first = '';
let firstAt = 0;

export function onKey(event: KeyboardEvent): void {
  const target = event.target as HTMLElement;
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (/^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) || document.querySelector('dialog[open]')) return;
  const pressed = first && event.timeStamp - firstAt < 1200 ? `${first} ${event.key}` : event.key;
  first = '';
  if (event.key === 'g' && pressed === 'g') {
    first = 'g';
    firstAt = event.timeStamp;
    return;
  }
  const found = keys.find((k) => k.keys === pressed && k.run);
  if (!found || (found.verb && !may(found.verb))) return;
  event.preventDefault();
  found.run!();
}
