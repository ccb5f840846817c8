// A run of a playbook: what it did, what it asks, what happens when nobody answers, and the way back.
import { useState } from 'preact/hooks';
import { post } from '../base/api';
import { askWaiting } from '../base/asking';
import { useNow } from '../base/load';
import { account, may } from '../base/session';
import type { Run, RunStep } from '../base/watch';
import { capital, dateTime, left, plural, time } from '../fhir/words';
import { Ask } from '../ui/ask';
import { tell } from '../ui/notice';
import { Tag } from '../ui/page';
import { LevelTag, whoText } from './finding';
import { roleText } from './words';

// What each act does to somebody, in a few words: "Lock the account".
const acts: Record<string, string> = {
  'end-sessions': 'End their sessions', 'demand-step-up': 'Ask them for the second factor again', 'lock-account': 'Lock the account',
  'lock-record': 'Lock the patient’s record', 'revoke-token': 'Revoke the application’s token', 'block-address': 'Block the address',
  'quarantine-host': 'Quarantine the host', 'snapshot-trail': 'Note the trail’s state on the trail', notify: 'Send a message', 'open-task': 'Open a task',
};
// What it leaves open, so that nobody fears to approve it.
const care: Record<string, string> = { 'lock-account': 'Who treats patients still signs in and breaks the glass.', 'lock-record': 'The glass still breaks, the patient still reads it, and results still come in.', 'demand-step-up': 'Breaking the glass needs no code.' };
export const actText = (action: string): string => acts[action] ?? capital(action.replace(/-/g, ' '));

const states: Record<RunStep['state'], { words: string; tone?: 'good' | 'warn' | 'bad' | 'accent' }> = {
  asked: { words: 'Waits for approval', tone: 'warn' }, acting: { words: 'Being done', tone: 'accent' }, done: { words: 'Done', tone: 'good' },
  refused: { words: 'Refused by the system', tone: 'bad' }, failed: { words: 'Failed', tone: 'bad' }, skipped: { words: 'Skipped: nobody answered' },
  declined: { words: 'Declined' }, undoing: { words: 'Being taken back', tone: 'accent' }, undone: { words: 'Taken back' }, over: { words: 'Ended by itself' }, would: { words: 'Would be done' },
};

// A task that was opened is not one that is done.
export const isOpenTask = (s: RunStep): boolean => s.action === 'open-task' && s.state === 'done';
// "Security officer: See what left."
export const taskText = (s: RunStep): string => s.words.replace(/^[a-z-]+(?=: )/, roleText);
// Watch writes times as the trail does; people read their own clock.
const local = (words: string): string => words.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, (at) => dateTime(at));

export const isAsking = (run: Run): boolean => run.steps.some((s) => s.state === 'asked');
// Holds now, and somebody may take it back.
export const holds = (s: RunStep): boolean => s.state === 'done' && !!s.until;

// "If nobody answers within 12:05 min it is left out."
export function lateText(s: RunStep, now: number): string {
  const within = s.due ? `If nobody answers within ${left(Date.parse(s.due) - now)}` : 'If nobody answers';
  return s.on_timeout === 'do' ? `${within}, it is done all the same.` : s.on_timeout === 'escalate' ? `${within}, the next role is asked.` : `${within}, it is left out and the rest goes on.`;
}

type Verb = 'approve' | 'refuse' | 'undo';
// Of a task: it is done.
const finished = { title: 'Done', act: 'It is done', tone: undefined };
const verbs: Record<Verb, { title: string; act: string; tone?: 'bad' }> = {
  approve: { title: 'Approve', act: 'Approve: do it now' }, refuse: { title: 'Refuse', act: 'Refuse it', tone: 'bad' }, undo: { title: 'Take back', act: 'Take it back' },
};

// Deciding about a step; only what this person’s role is asked shows buttons that decide.
export function Decide({ run, step, done }: { run: Run; step: RunStep; done(): void }) {
  const [verb, setVerb] = useState<Verb>();
  const role = account()?.role;
  const name = step.action === 'open-task' ? taskText(step) : actText(step.action);
  const mine = step.state === 'asked' && (!step.role || step.role === role);
  const wordsOf = (v: Verb) => (v === 'undo' && step.action === 'open-task' ? finished : verbs[v]);
  const able: Verb[] = mine ? ['approve', 'refuse'] : holds(step) ? ['undo'] : [];
  if (step.state === 'asked' && !mine) return <span class="muted">Asked of: {roleText(step.role)}</span>;
  return (
    <div class="row">
      {able.map((v) => <button key={v} type="button" class={`button ${v === 'approve' ? 'main' : ''}`} aria-label={`${wordsOf(v).title}: ${name}`} onClick={() => setVerb(v)}>{wordsOf(v).title}…</button>)}
      {verb && (
        <Ask title={`${wordsOf(verb).title}: ${name}`} label={wordsOf(verb) === finished ? 'What came of it?' : undefined} act={wordsOf(verb).act} tone={wordsOf(verb).tone} onClose={() => setVerb(undefined)} onDo={async (reason) => {
          tell((await post<{ message: string }>(`/api/playbooks/runs/${run.id}/${verb}`, { step: step.step, action: step.action, reason })).message);
          setVerb(undefined);
          void askWaiting();
          done();
        }}>
          <p>{run.sentence}</p>
          {step.why && <p><b>Why it is proposed:</b> {step.why}</p>}
          {verb === 'approve' && care[step.action] && <p>{care[step.action]}</p>}
          {verb === 'approve' && step.undo && <p><b>Afterwards:</b> {step.seconds ? `it ends by itself after ${left(step.seconds * 1000)}. ` : ''}Taking it back means: {step.undo}.</p>}
        </Ask>
      )}
    </div>
  );
}

function StepRow({ run, step: s, now, done }: { run: Run; step: RunStep; now: number; done(): void }) {
  return (
    <li class={s.state}>
      <div>
        <p><b>{actText(s.action)}</b> <Tag tone={isOpenTask(s) ? 'warn' : states[s.state]?.tone}>{isOpenTask(s) ? 'Open' : s.action === 'open-task' && s.state === 'undone' ? 'Done' : states[s.state]?.words ?? s.state}</Tag>{s.time && <small class="muted"> {time(s.time)}</small>}</p>
        {s.words && <p class="muted">{local(s.action === 'open-task' ? taskText(s) : s.words)}</p>}
        {s.state === 'asked' && <p>{s.why !== s.words && s.why} <span class="muted">{lateText(s, now)}</span></p>}
        {holds(s) && <p class="muted">Ends by itself in <span class="count">{left(Date.parse(s.until!) - now)}</span>.</p>}
      </div>
      <Decide run={run} step={s} done={done} />
    </li>
  );
}

// What is to be decided, holds or went wrong stands in front; the rest is a list to open.
const inFront = (s: RunStep): boolean => holds(s) || ['asked', 'acting', 'undoing', 'failed'].includes(s.state);

export function Steps({ run, done }: { run: Run; done(): void }) {
  const now = useNow(1000);
  const front = run.steps.filter(inFront);
  const rest = run.steps.filter((s) => !inFront(s));
  const list = (steps: RunStep[], label: string) => <ol class="steps" aria-label={label}>{steps.map((s) => <StepRow key={s.step} run={run} step={s} now={now} done={done} />)}</ol>;
  return (
    <>
      {front.length > 0 && list(front, `Steps of ${run.playbook}`)}
      {rest.length > 0 && <details class="steps-rest"><summary>{plural(rest.length, front.length ? 'other step' : 'step')}: {rest.map((s) => `${actText(s.action).toLowerCase()} (${(states[s.state]?.words ?? s.state).toLowerCase()})`).join(', ')}</summary>{list(rest, `Other steps of ${run.playbook}`)}</details>}
    </>
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
