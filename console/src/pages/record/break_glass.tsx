// Breaking the glass: says plainly what happens, asks why, and never stands in the way.
import { useState } from 'preact/hooks';
import { ApiError } from '../../base/api';
import { breakGlass } from '../../base/session';
import { Dialog } from '../../ui/dialog';
import { Trouble, tell } from '../../ui/notice';

const LEAST = 10;
const usual = ['Emergency: the patient cannot answer', 'Covering for the colleague who treats this patient', 'Consulted by telephone about this patient'];

export function BreakGlass({ patient, name, onClose }: { patient: string; name?: string; onClose(): void }) {
  const [reason, setReason] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError>();
  const length = [...reason.trim()].length;
  const send = async () => {
    setBusy(true);
    setError(undefined);
    try {
      await breakGlass(patient, reason.trim());
      tell('The record is open to you.');
      onClose();
    } catch (e) {
      if (!(e instanceof ApiError)) throw e;
      setError(e);
      setBusy(false);
    }
  };
  return (
    <Dialog title="Break the glass" tone="glass" onClose={onClose}>
      <form class="form" onSubmit={(e) => { e.preventDefault(); if (length >= LEAST && !busy) void send(); }}>
        <ul class="bullets">
          <li>The record{name ? ` of ${name}` : ''} opens to you <strong>at once</strong>, for a limited time.</li>
          <li>Your name, the time, your reason and everything you open are written down and cannot be removed.</li>
          <li>The privacy officer reviews it, and the patient may see it.</li>
        </ul>
        <div class="field">
          <label for="glass-reason">Why do you need this record?</label>
          <textarea id="glass-reason" data-first rows={3} maxLength={500} value={reason} aria-describedby="glass-count" onInput={(e) => setReason(e.currentTarget.value)} />
          <div class="hint" id="glass-count">{length < LEAST ? `${LEAST - length} more ${LEAST - length === 1 ? 'character' : 'characters'}` : 'Thank you, that is enough.'}</div>
        </div>
        <div class="chips" role="group" aria-label="Usual reasons">
          {usual.map((u) => <button key={u} type="button" class="chip" onClick={() => setReason(u)}>{u}</button>)}
        </div>
        {error && <Trouble error={error} />}
        <div class="row end">
          <button type="button" class="button" onClick={onClose}>Cancel</button>
          <button type="submit" class="button glass" disabled={length < LEAST || busy}>{busy ? 'Opening…' : 'Open the record'}</button>
        </div>
      </form>
    </Dialog>
  );
}
