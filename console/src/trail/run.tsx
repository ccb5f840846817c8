// A run of a playbook: what it did, what it asks, what happens when nobody answers, and the way back.
import { useState } from 'preact/hooks';
import { post } from '../base/api';
import { askWaiting } from '../base/asking';
import { useNow } from '../base/load';
import { account, may } from '../base/session';
import type { Run, RunStep } from '../base/watch';
import { capital, dateTime, left, time } from '../fhir/words';
import { Ask } from '../ui/ask';
import { tell } from '../ui/notice';
import { Tag } from '../ui/page';
import { LevelTag, whoText } from './finding';
import { roleText } from './words';

// What each act does to somebody, in a few words: "Lock the account".
const acts: Record<string, string> = {
  'end-sessions': 'End their sessions', 'demand-step-up': 'Ask them for the second factor again', 'lock-account': 'Lock the account; who treats still breaks the glass',
  'lock-record': 'Lock the patient’s record; the glass still breaks', 'revoke-token': 'Revoke the application’s token', 'block-address': 'Block the address',
  'quarantine-host': 'Quarantine the host', 'snapshot-trail': 'Note the trail’s state on the trail', notify: 'Send a message', 'open-task': 'Open a task',
};
export const actText = (action: string): string => acts[action] ?? capital(action.replace(/-/g, ' '));

const states: Record<RunStep['state'], { words: string; tone?: 'good' | 'warn' | 'bad' | 'accent' }> = {
  asked: { words: 'Waits for approval', tone: 'warn' }, acting: { words: 'Being done', tone: 'accent' }, done: { words: 'Done', tone: 'good' },
  refused: { words: 'Refused by the system', tone: 'bad' }, failed: { words: 'Failed', tone: 'bad' }, skipped: { words: 'Skipped: nobody answered' },
  declined: { words: 'Declined' }, undoing: { words: 'Being taken back', tone: 'accent' }, undone: { words: 'Taken back' }, over: { words: 'Ended by itself' }, would: { words: 'Would be done' },
};

export const isAsking = (run: Run): boolean => run.steps.some((s) => s.state === 'asked');
// Holds now, and somebody may take it back.
export const holds = (s: RunStep): boolean => s.state === 'done' && !!s.until;

// "If nobody answers within 12:05 min it is left out."
export function lateText(s: RunStep, now: number): string {
  const within = s.due ? `If nobody answers within ${left(Date.parse(s.due) - now)}` : 'If nobody answers';
  return s.on_timeout === 'do' ? `${within}, it is done all the same.` : s.on_timeout === 'escalate' ? `${within}, the next role is asked.` : `${within}, it is left out and the rest goes on.`;
}

type Verb = 'approve' | 'refuse' | 'undo';
const verbs: Record<Verb, { title: string; act: string; tone?: 'bad' }> = {
  approve: { title: 'Approve', act: 'Approve: do it now' }, refuse: { title: 'Refuse', act: 'Refuse it', tone: 'bad' }, undo: { title: 'Take back', act: 'Take it back' },
};

// Deciding about a step; only what this person’s role is asked shows buttons that decide.
export function Decide({ run, step, done }: { run: Run; step: RunStep; done(): void }) {
  const [verb, setVerb] = useState<Verb>();
  const role = account()?.role;
  const name = actText(step.action);
  const mine = step.state === 'asked' && (!step.role || step.role === role);
  const able: Verb[] = mine ? ['approve', 'refuse'] : holds(step) ? ['undo'] : [];
  if (step.state === 'asked' && !mine) return <span class="muted">Asked of: {roleText(step.role)}</span>;
  return (
    <div class="row">
      {able.map((v) => <button key={v} type="button" class={`button ${v === 'approve' ? 'main' : ''}`} aria-label={`${verbs[v].title}: ${name}`} onClick={() => setVerb(v)}>{verbs[v].title}…</button>)}
      {verb && (
        <Ask title={`${verbs[verb].title}: ${name}`} act={verbs[verb].act} tone={verbs[verb].tone} onClose={() => setVerb(undefined)} onDo={async (reason) => {
          tell((await post<{ message: string }>(`/api/playbooks/runs/${run.id}/${verb}`, { step: step.step, reason })).message);
          setVerb(undefined);
          void askWaiting();
          done();
        }}>
          <p>{run.sentence}</p>
          {step.why && <p><b>Why it is proposed:</b> {step.why}</p>}
          {verb === 'approve' && step.undo && <p><b>Afterwards:</b> {step.seconds ? `it ends by itself after ${left(step.seconds * 1000)}. ` : ''}Taking it back means: {step.undo}.</p>}
        </Ask>
      )}
    </div>
  );
}

export function Steps({ run, done }: { run: Run; done(): void }) {
  const now = useNow(1000);
  return (
    <ol class="steps" aria-label={`Steps of ${run.playbook}`}>
      {run.steps.map((s) => (
        <li key={s.step} class={s.state}>
          <div>
            <p><b>{actText(s.action)}</b> <Tag tone={states[s.state]?.tone}>{states[s.state]?.words ?? s.state}</Tag>{s.time && <small class="muted"> {time(s.time)}</small>}</p>
            {s.words && <p class="muted">{s.words}</p>}
            {s.state === 'asked' && <p>{s.why} <span class="muted">{lateText(s, now)}</span></p>}
            {holds(s) && <p class="muted">Ends by itself in <span class="count">{left(Date.parse(s.until!) - now)}</span>.</p>}
          </div>
          <Decide run={run} step={s} done={done} />
        </li>
      ))}
    </ol>
  );
}

export function RunCard({ run, done, level = 3 }: { run: Run; done(): void; level?: 3 | 4 }) {
  const Head = `h${level}` as 'h3';
  return (
    <article class="finding" aria-label={`${run.playbook}, run ${run.id}`}>
      <header class="queue-head">
        <Head>{capital(run.playbook)}{run.who && <>: {whoText(run.who)} <small class="muted">{roleText(run.who.role)}</small></>}</Head>
        <div class="row"><time class="muted" dateTime={run.started}>{dateTime(run.started)}</time>{run.level && <LevelTag level={run.level} />}</div>
      </header>
      {run.sentence && <p class="finding-sentence">{run.sentence}{run.seq !== undefined && may('trail-search') && <> <a href={`/trail/${run.seq}`}>Evidence</a></>}</p>}
      {run.state === 'cut' && <p class="muted">It was cut off: it had more steps than are allowed.</p>}
      <Steps run={run} done={done} />
    </article>
  );
}
