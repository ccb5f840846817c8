// A page's head: its title takes the focus when one arrives, so that screen readers begin there.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

let arrivedBefore = false;

// Whether this is a page one went to. The first one loads as any page does, and begins at its top.
export function arrived(): boolean {
  const before = arrivedBefore;
  arrivedBefore = true;
  return before;
}

export function Page({ title, lead, actions, children }: { title: string; lead?: ComponentChildren; actions?: ComponentChildren; children: ComponentChildren }) {
  const head = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Hospitaller`;
    if (arrived() && !head.current?.closest('main')?.querySelector('[data-search]')) head.current?.focus({ preventScroll: true });
  }, []);
  return (
    <div class="page">
      <header class="page-head">
        <div>
          <h1 ref={head} tabIndex={-1}>{title}</h1>
          {lead && <p class="lead">{lead}</p>}
        </div>
        {actions && <div class="row no-print">{actions}</div>}
      </header>
      {children}
    </div>
  );
}

export function Card({ title, aside, children, tight }: { title?: string; aside?: ComponentChildren; children: ComponentChildren; tight?: boolean }) {
  return (
    <section class={`card ${tight ? 'tight' : ''}`} aria-label={title}>
      {title && <header class="card-head"><h2>{title}</h2>{aside}</header>}
      {children}
    </section>
  );
}

export function Tag({ tone, children }: { tone?: 'bad' | 'warn' | 'good' | 'glass' | 'accent'; children: ComponentChildren }) {
  return <span class={`tag ${tone ?? ''}`}>{children}</span>;
}
