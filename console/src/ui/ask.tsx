// Asks why, then does it: what is changed for others always carries a reason.
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { ApiError } from '../base/api';
import { Dialog } from './dialog';
import { Field } from './field';
import { Trouble } from './notice';

interface Props {
  title: string;
  label?: string;
  hint?: ComponentChildren;
  act: string;
  tone?: 'bad';
  // The words may be left out.
  free?: boolean;
  children?: ComponentChildren;
  onDo(words: string): Promise<void>;
  onClose(): void;
}

// Runs what may fail, and keeps why it did.
export function useDoing(): { busy: boolean; error?: ApiError; run(what: () => Promise<void>): Promise<void> } {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError>();
  const run = async (what: () => Promise<void>) => {
    setBusy(true);
    setError(undefined);
    try {
      await what();
    } catch (e) {
      if (!(e instanceof ApiError)) throw e;
      setError(e);
    } finally {
      setBusy(false);
    }
  };
  return { busy, error, run };
}

export function Ask({ title, label = 'Why?', hint, act, tone, free, children, onDo, onClose }: Props) {
  const [words, setWords] = useState('');
  const doing = useDoing();
  const ready = (free || words.trim().length > 0) && !doing.busy;
  return (
    <Dialog title={title} onClose={onClose}>
      <form class="form" onSubmit={(e) => { e.preventDefault(); if (ready) void doing.run(() => onDo(words.trim())); }}>
        {children}
        <Field label={label} hint={hint ?? 'It stays on the trail.'} value={words} onInput={setWords} maxLength={190} first spellcheck />
        {doing.error && <Trouble error={doing.error} />}
        <div class="row end">
          <button type="button" class="button" onClick={onClose}>Cancel</button>
          <button type="submit" class={`button ${tone ?? 'main'}`} disabled={!ready}>{act}</button>
        </div>
      </form>
    </Dialog>
  );
}
