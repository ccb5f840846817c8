// What the page says out loud: one polite live region for the whole page, and boxes in place.
import type { ComponentChildren } from 'preact';
import type { ApiError } from '../base/api';
import { store, useStore } from '../base/store';
import { Icon } from './icon';

const said = store('');
const toast = store<{ text: string; turn: number } | null>(null);
let timer = 0;

// For screen readers alone: counts, states.
export function say(text: string): void {
  said.set(said.get() === text ? `${text}\u00a0` : text);
}

// For everybody: what was done.
export function tell(text: string): void {
  say(text);
  toast.set({ text, turn: Date.now() });
  window.clearTimeout(timer);
  timer = window.setTimeout(() => toast.set(null), 5000);
}

export function Voice() {
  const text = useStore(said);
  const shown = useStore(toast);
  return (
    <>
      <div class="only-heard" role="status" aria-live="polite">{text}</div>
      {shown && <div class="toast" key={shown.turn} aria-hidden="true"><Icon name="check" size={16} />{shown.text}</div>}
    </>
  );
}

type Tone = 'info' | 'warn' | 'bad' | 'good' | 'glass';

export function Box({ tone = 'info', title, children, actions }: { tone?: Tone; title?: string; children?: ComponentChildren; actions?: ComponentChildren }) {
  return (
    <div class={`box ${tone}`} role={tone === 'bad' ? 'alert' : undefined}>
      <Icon name={tone === 'good' ? 'check' : tone === 'glass' ? 'glass' : tone === 'info' ? 'about' : 'alert'} />
      <div class="box-words">
        {title && <strong>{title}</strong>}
        {children && <div>{children}</div>}
      </div>
      {actions && <div class="box-actions">{actions}</div>}
    </div>
  );
}

export function Trouble({ error, again }: { error: ApiError; again?: () => void }) {
  const away = error.status === 503 || error.status === 0;
  return (
    <Box tone={away ? 'warn' : 'bad'} title={error.message}
      actions={again && (away || error.status >= 500) && <button type="button" class="button" onClick={again}>Try again</button>}>
      {away && 'Nothing was lost. Everything else on this page still works.'}
    </Box>
  );
}

export function Empty({ children }: { children: ComponentChildren }) {
  return <p class="empty">{children}</p>;
}

export function Skeleton({ rows = 4 }: { rows?: number }) {
  return (
    <div class="skeleton" aria-hidden="true">
      {Array.from({ length: rows }, (_, i) => <div key={i} class={`skeleton-row w${i % 4}`} />)}
    </div>
  );
}
