// The parts of the room: what happened, whose information it was, what the law asks, what is to do.
import { useState } from 'preact/hooks';
import { post } from '../../base/api';
import { may } from '../../base/session';
import type { Happening, Incident, Run } from '../../base/watch';
import { count, date, dateTime, dayKey, dayLong, plural, time } from '../../fhir/words';
import { LevelTag, whoText } from '../../trail/finding';
import { Decide, isOpenTask, taskText } from '../../trail/run';
import { useDoing } from '../../ui/ask';
import { Empty, Trouble, tell } from '../../ui/notice';
import { Card, Tag } from '../../ui/page';
import { Add, Answer, act, type Own } from './doing';
import { ClockTag, answerText, questions, verdictText, type Question } from './words';

function words(h: Happening, tasks: Incident['tasks']): string {
  const who = whoText(h.who) || 'Somebody';
  const quoted = h.text ? `: “${h.text}”` : '';
  const task = tasks.find((t) => String(t.number) === h.value)?.text;
  const question = questions.find((q) => q.key === h.value);
  switch (h.kind) {
    case 'opened': return `The incident was opened${h.text ? `: ${h.text}` : ''}`;
    case 'open': return `${who} opened it${quoted}`;
    case 'review': return `${who} brought accesses from the queue${quoted}`;
    case 'finding': return h.text ?? h.title ?? 'Something was found';
    case 'assign': return `${who} gave it to ${h.text ?? 'somebody'}`;
    case 'note': return `${who} noted${quoted}`;
    case 'task': return `${who} opened a task${quoted}`;
    case 'task-done': return `${who} did a task${task ? `: ${task}` : ''}`;
    case 'contain': return `${who} says that it is contained${quoted}`;
    case 'verdict': return `${who} says what it was: ${verdictText(h.value ?? '').toLowerCase()}${h.text ? ` (“${h.text}”)` : ''}`;
    case 'assess': return `${who} answered${question ? `: ${question.words}` : ''}${h.text && question?.kind === 'words' ? ` “${h.text}”` : ''}`;
    case 'close': return `${who} closed it${quoted}`;
    case 'reopen': return `${who} opened it again${quoted}`;
    default: return `${who}: ${h.kind}${quoted}`;
  }
}

const SHOWN = 30;
export function Timeline({ own }: { own: Own }) {
  const [all, setAll] = useState(false);
  const { timeline, tasks, timeline_left_out: more = 0 } = own.incident;
  // A person who opened it says so better than that it was opened.
  const byPerson = timeline.some((h) => h.kind === 'open');
  const list = timeline.filter((h) => h.kind !== 'opened' || !byPerson).reverse();
  const shown = all ? list : list.slice(0, SHOWN);
  return (
    <Card title="What happened" aside={<span class="muted">The newest first</span>}>
      <Add own={own} name="note" label="A note" button="Note it" said="The note is kept." />
      <ol class="happenings">
        {shown.map((h, n) => (
          <li key={n} class={`seen-item ${h.kind === 'finding' && (h.level === 'critical' || h.level === 'high') ? 'bad' : h.kind === 'finding' ? 'warn' : ''}`}>
            <time class="seen-time" dateTime={h.time} title={dateTime(h.time)}>{n === 0 || dayKey(shown[n - 1]!.time) !== dayKey(h.time) ? <>{dayLong(h.time).replace(/ \d{4}$/, '')}<br /></> : null}{time(h.time)}</time>
            <span class="seen-dot" aria-hidden="true" />
            <div class="seen-words">
              <p>{words(h, tasks)}</p>
              {h.kind === 'finding' && <p class="muted">{h.id !== undefined ? <a href={`/finding/${h.id}`}>{h.title}</a> : h.title} {h.level && <LevelTag level={h.level} />}{h.seq !== undefined && <> <a href={`/trail/${h.seq}`}>Entry {count(h.seq)}</a></>}</p>}
            </div>
          </li>
        ))}
      </ol>
      {shown.length < list.length && <div class="more"><button type="button" class="button" onClick={() => setAll(true)}>Show all {count(list.length)}</button></div>}
      {more > 0 && <p class="hint">There {more === 1 ? 'is' : 'are'} {plural(more, 'finding')} more than fit here; of each kind the newest are shown.</p>}
    </Card>
  );
}

const FEW = 10;
export function Patients({ incident: i }: { incident: Incident }) {
  const [all, setAll] = useState(false);
  const { count: total, listed } = i.patients;
  const open = may('patient-search');
  const shown = all ? listed : listed.slice(0, FEW);
  return (
    <Card title="Patients concerned" aside={<Tag tone={total ? 'bad' : undefined}>{count(total)}</Tag>}>
      {i.kinds && <p class="hint">Of theirs was seen: {i.kinds}.</p>}
      {listed.length ? (
        <>
          <ul class="lines">{shown.map((p) => <li key={p.id}><span>{open ? <a href={`/patient/${p.id}/seen`}>{p.name ?? p.id}</a> : p.name ?? <span class="mono">{p.id}</span>}</span><small><a href={`/incident/${i.number}/letter/patient/${p.id}`} aria-label={`Letter to ${p.name ?? p.id}`}>Letter</a></small></li>)}</ul>
          {shown.length < listed.length && <div class="more"><button type="button" class="button" onClick={() => setAll(true)}>Show {count(listed.length)}</button></div>}
          {listed.length < total && <p class="hint">{count(listed.length)} of {plural(total, 'patient')} are listed; all are counted.</p>}
        </>
      ) : <Empty>The evidence shows no access to anybody’s record.</Empty>}
    </Card>
  );
}

// Those that people opened, and those that playbooks did.
export function Tasks({ own, runs, again }: { own: Own; runs: Run[]; again(): void }) {
  const doing = useDoing();
  const { tasks } = own.incident;
  const asked = runs.flatMap((run) => run.steps.filter(isOpenTask).map((step) => ({ run, step })));
  return (
    <Card title="Tasks">
      {doing.error && <Trouble error={doing.error} />}
      {tasks.length + asked.length > 0 && (
        <ul class="lines">
          {asked.map(({ run, step }) => <li key={`${run.id} ${step.step}`}><span>{taskText(step)}<em>From the playbook {run.playbook}</em></span><Decide run={run} step={step} done={again} /></li>)}
          {tasks.map((t) => (
            <li key={t.number} class={t.done ? 'rest' : ''}>
              <span>{t.text ?? `Task ${t.number}`}<em>{t.done ? `Done ${dateTime(t.done_at)}` : `From ${whoText(t.who) || 'somebody'}`}</em></span>
              {!t.done && <button type="button" class="button small no-print" disabled={doing.busy} aria-label={`Done: ${t.text ?? t.number}`} onClick={() => void doing.run(() => act(own, 'task-done', { task: t.number }, 'The task is done.'))}>Done</button>}
            </li>
          ))}
        </ul>
      )}
      <Add own={own} name="task" label="A task" button="Add it" said="The task is kept." />
    </Card>
  );
}

const letters = [['authority', 'To the data protection authority (Art. 33)'], ['hhs', 'To HHS (45 CFR 164.408)'], ['patient', 'To a patient'], ['internal', 'Internal report']] as const;

export function Law({ own }: { own: Own }) {
  const [asked, setAsked] = useState<Question>();
  const i = own.incident;
  const answered = questions.filter((q) => i.assessment[q.key]?.value).length;
  return (
    <Card title="What the law asks">
      {i.clocks.length ? (
        <ul class="clocks" aria-label="Clocks">{i.clocks.map((c) => <li key={c.duty} class={c.state}><ClockTag clock={c} /><small class="muted">{c.law}, {c.article}{c.due && c.state !== 'done' && c.state !== 'not-needed' ? `: until ${dateTime(c.due)}` : ''}{c.state === 'not-needed' ? `: ${c.words.replace(/^not needed: /, '')}` : ''}</small></li>)}</ul>
      ) : <Empty>{i.verdict === 'false-alarm' ? 'Nothing: it was a false alarm.' : 'No clock runs: no patient’s information is known to be concerned.'}</Empty>}
      <details>
        <summary>Assessment: {answered} of {questions.length} questions answered</summary>
        <dl class="questions">
          {questions.map((q) => <div key={q.key}><dt>{q.words}</dt><dd>{answerText(q, i.assessment[q.key]?.value) || <span class="muted">Not answered</span>} <button type="button" class="button small no-print" aria-label={`Answer: ${q.words}`} onClick={() => setAsked(q)}>{i.assessment[q.key]?.value ? 'Change…' : 'Answer…'}</button></dd></div>)}
        </dl>
      </details>
      <h3>Letters to print</h3>
      <ul class="lines">{letters.map(([kind, label]) => <li key={kind}><a href={`/incident/${i.number}/letter/${kind}`}>{label}</a></li>)}</ul>
      {asked && <Answer own={own} question={asked} onClose={() => setAsked(undefined)} />}
    </Card>
  );
}

function Proposal({ proposal: p }: { proposal: NonNullable<Incident['proposals']>[number] }) {
  const [made, setMade] = useState(false);
  const doing = useDoing();
  const make = () => doing.run(async () => {
    await post('/api/exceptions', { rule: p.rule, when: p.when, reason: p.reason, until: p.until });
    setMade(true);
    tell('The exception counts from now on.');
  });
  return (
    <li>
      <span>{p.title}<em>Not for this person, until {date(p.until)}: {p.reason}.</em></span>
      {made ? <Tag tone="good">Made</Tag> : <button type="button" class="button small" disabled={doing.busy} aria-label={`Make the exception: ${p.title}`} onClick={() => void make()}>Make it</button>}
      {doing.error && <Trouble error={doing.error} />}
    </li>
  );
}

export function Proposals({ incident: i }: { incident: Incident }) {
  if (!i.proposals?.length) return null;
  return (
    <Card title="So that it does not come again">
      <p class="hint">An exception for each rule that was wrong. Whoever makes it answers for it; it ends by itself.</p>
      <ul class="lines">{i.proposals.map((p) => <Proposal key={p.text} proposal={p} />)}</ul>
    </Card>
  );
}
