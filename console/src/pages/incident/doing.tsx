// What people do with an incident: each act is on the trail before it counts, and answers with the
// incident as it is then.
import { useState } from 'preact/hooks';
import { post } from '../../base/api';
import { account } from '../../base/session';
import type { Incident } from '../../base/watch';
import { Ask, useDoing } from '../../ui/ask';
import { Dialog } from '../../ui/dialog';
import { Choice, Field } from '../../ui/field';
import { Trouble, tell } from '../../ui/notice';
import { answerText, verdicts, type Question } from './words';

export interface Own { incident: Incident; set(next: Incident): void }

export async function act({ incident, set }: Own, name: string, body: object, said: string): Promise<void> {
  set(await post<Incident>(`/api/incidents/${incident.number}/${name}`, body));
  tell(said);
}

function Verdict({ own, onClose }: { own: Own; onClose(): void }) {
  const [verdict, setVerdict] = useState(own.incident.verdict ?? '');
  const [text, setText] = useState('');
  const doing = useDoing();
  const send = () => doing.run(async () => {
    await act(own, 'verdict', { verdict, text: text.trim() || undefined }, 'The verdict is kept.');
    onClose();
  });
  return (
    <Dialog title="What was it?" onClose={onClose}>
      <form class="form" onSubmit={(e) => { e.preventDefault(); if (verdict && !doing.busy) void send(); }}>
        <fieldset class="verdicts">
          <legend class="only-heard">Verdict</legend>
          {verdicts.map((v, i) => (
            <label key={v.value} class="verdict"><input type="radio" name="verdict" data-first={i === 0 ? '' : undefined} checked={verdict === v.value} onChange={() => setVerdict(v.value)} /><span><b>{v.label}</b><small>{v.hint}</small></span></label>
          ))}
        </fieldset>
        <Field label="Why?" hint="It may be left out; it stays on the trail." value={text} onInput={setText} maxLength={900} spellcheck />
        {doing.error && <Trouble error={doing.error} />}
        <div class="row end"><button type="button" class="button" onClick={onClose}>Cancel</button><button type="submit" class="button main" disabled={!verdict || doing.busy}>Keep the verdict</button></div>
      </form>
    </Dialog>
  );
}

// The decisions about the incident as a whole, the next one first.
export function Decisions({ own }: { own: Own }) {
  const [asking, setAsking] = useState<'assign' | 'contain' | 'close' | 'reopen' | 'verdict'>();
  const doing = useDoing();
  const i = own.incident;
  const done = () => setAsking(undefined);
  const me = account()?.login;
  const closed = i.state === 'closed';
  return (
    <>
      {doing.error && <Trouble error={doing.error} />}
      <div class="row no-print">
        {!closed && !(me && i.assigned?.includes(`(${me})`)) && <button type="button" class={`button ${i.assigned ? '' : 'main'}`} disabled={doing.busy} onClick={() => void doing.run(() => act(own, 'assign', {}, 'It is yours.'))}>I take it</button>}
        {!closed && <button type="button" class="button" onClick={() => setAsking('assign')}>Give it to…</button>}
        {!closed && i.state !== 'contained' && <button type="button" class="button" onClick={() => setAsking('contain')}>It is contained…</button>}
        <button type="button" class={`button ${i.assigned && !i.verdict ? 'main' : ''}`} onClick={() => setAsking('verdict')}>{i.verdict ? 'Change the verdict…' : 'Say what it was…'}</button>
        {closed ? <button type="button" class="button" onClick={() => setAsking('reopen')}>Open it again…</button> : i.verdict && <button type="button" class={`button ${i.clocks.some((c) => c.state === 'running' || c.state === 'overdue') ? '' : 'main'}`} onClick={() => setAsking('close')}>Close it…</button>}
        <button type="button" class="button" onClick={() => window.print()}>Print</button>
      </div>
      {asking === 'verdict' && <Verdict own={own} onClose={done} />}
      {asking === 'assign' && <Ask title="Give it to somebody" label="To whom?" hint="Their login" act="Give it" onClose={done} onDo={async (to) => { await act(own, 'assign', { to }, 'It is assigned.'); done(); }} />}
      {asking === 'contain' && <Ask title="It is contained" label="How?" free act="Note it" onClose={done} onDo={async (text) => { await act(own, 'contain', { text: text || undefined }, 'It is contained.'); done(); }} />}
      {asking === 'close' && <Ask title="Close the incident" free act="Close it" onClose={done} onDo={async (text) => { await act(own, 'close', { text: text || undefined }, 'It is closed.'); done(); }} />}
      {asking === 'reopen' && <Ask title="Open it again" free act="Open it" onClose={done} onDo={async (text) => { await act(own, 'reopen', { text: text || undefined }, 'It is open again.'); done(); }} />}
    </>
  );
}

// One line that becomes a note or a task.
export function Add({ own, name, label, button, said }: { own: Own; name: 'note' | 'task'; label: string; button: string; said: string }) {
  const [text, setText] = useState('');
  const doing = useDoing();
  const send = () => doing.run(async () => {
    await act(own, name, { text: text.trim() }, said);
    setText('');
  });
  return (
    <form class="add no-print" onSubmit={(e) => { e.preventDefault(); if (text.trim() && !doing.busy) void send(); }}>
      <Field label={label} value={text} onInput={setText} maxLength={900} spellcheck />
      <button type="submit" class="button" disabled={!text.trim() || doing.busy}>{button}</button>
      {doing.error && <Trouble error={doing.error} />}
    </form>
  );
}

export function Answer({ own, question: q, onClose }: { own: Own; question: Question; onClose(): void }) {
  const [value, setValue] = useState(q.kind === 'time' ? '' : own.incident.assessment[q.key]?.value ?? q.choices?.[0]?.value ?? '');
  const doing = useDoing();
  const send = () => doing.run(async () => {
    const text = q.kind === 'time' ? new Date(value).toISOString() : value.trim();
    await act(own, 'assess', { key: q.key, value: text }, 'The answer is kept.');
    onClose();
  });
  return (
    <Dialog title={q.words} onClose={onClose}>
      <form class="form" onSubmit={(e) => { e.preventDefault(); if (value && !doing.busy) void send(); }}>
        {own.incident.assessment[q.key]?.value && <p class="hint">Until now: {answerText(q, own.incident.assessment[q.key]!.value)}</p>}
        {q.kind === 'choice' ? <Choice label="Answer" value={value} onInput={setValue} options={q.choices!} />
          : q.kind === 'words' ? <div class="field"><label for="answer">Answer</label><textarea id="answer" data-first rows={5} maxLength={900} value={value} onInput={(e) => setValue(e.currentTarget.value)} /></div>
            : <Field label="Answer" type={q.kind === 'time' ? 'datetime-local' : 'text'} inputMode={q.kind === 'number' ? 'numeric' : undefined} first value={value} onInput={setValue} />}
        {doing.error && <Trouble error={doing.error} />}
        <div class="row end"><button type="button" class="button" onClick={onClose}>Cancel</button><button type="submit" class="button main" disabled={!value || doing.busy}>Keep it</button></div>
      </form>
    </Dialog>
  );
}
