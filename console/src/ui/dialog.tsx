// A dialog: the browser's own, which traps the focus, closes with Escape and gives the focus back.
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { Icon } from './icon';

interface Props {
  title: string;
  children: ComponentChildren;
  onClose(): void;
  tone?: 'glass';
  wide?: boolean;
  // Secrets shown once must not vanish by a slip of the finger.
  firm?: boolean;
}

export function Dialog({ title, children, onClose, tone, wide, firm }: Props) {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const dialog = ref.current!;
    const before = document.activeElement as HTMLElement | null;
    dialog.showModal();
    dialog.querySelector<HTMLElement>('[data-first]')?.focus();
    return () => {
      dialog.close();
      if (before?.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog ref={ref} class={`dialog ${tone ?? ''} ${wide ? 'wide' : ''}`} aria-labelledby={id}
      onCancel={(e) => { e.preventDefault(); if (!firm) onClose(); }}
      onMouseDown={(e) => { if (!firm && e.target === ref.current) onClose(); }}>
      <div class="dialog-inside">
        <header class="dialog-head">
          <h2 id={id}>{title}</h2>
          {!firm && <button type="button" class="button quiet square" aria-label="Close" onClick={onClose}><Icon name="close" /></button>}
        </header>
        {children}
      </div>
    </dialog>
  );
}
