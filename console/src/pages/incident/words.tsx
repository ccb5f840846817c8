// An incident in words, and what is to be decided next.
import type { Brief, Clock, Happening, Incident, Run, RunStep } from '../../base/watch';
import { dateTime, left, plural } from '../../fhir/words';
import { Tag } from '../../ui/page';
import { actText, holds, isOpenTask, lateText } from '../../trail/run';
import { roleText } from '../../trail/words';

const states = { open: { words: 'Nobody has it', tone: 'warn' }, assigned: { words: 'Assigned', tone: 'accent' }, contained: { words: 'Contained', tone: 'good' }, closed: { words: 'Closed', tone: undefined } } as const;

export function StateTag({ incident: i }: { incident: Brief }) {
  const s = states[i.state];
  return <Tag tone={s?.tone}>{s?.words ?? i.state}{i.verdict ? `: ${verdictText(i.verdict).toLowerCase()}` : ''}</Tag>;
}

export const verdicts = [
  { value: 'true', label: 'It happened', hint: 'Somebody did what they may not.' },
  { value: 'false-alarm', label: 'False alarm', hint: 'It was right. The rules learn: an exception is proposed.' },
  { value: 'policy-violation', label: 'Against the rules of the house', hint: 'Not allowed, and not meant to harm.' },
  { value: 'accident', label: 'An accident', hint: 'Nobody meant it.' },
];
export const verdictText = (v: string): string => verdicts.find((one) => one.value === v)?.label ?? v;

export function ClockTag({ clock: c }: { clock: Clock }) {
  return <span class="clock"><Tag tone={c.state === 'overdue' ? 'bad' : c.state === 'running' ? 'warn' : c.state === 'done' ? 'good' : undefined}>{c.state === 'not-needed' ? 'Not needed' : c.words}</Tag> <small class="muted">{c.title}</small></span>;
}

const rank = ['informational', 'low', 'medium', 'high', 'critical'];
export function worst(i: Incident): Happening | undefined {
  return i.timeline.filter((h) => h.kind === 'finding').sort((a, b) => rank.indexOf(b.level ?? '') - rank.indexOf(a.level ?? '') || b.time.localeCompare(a.time))[0];
}

// The runs that this incident's findings started.
export function runsOf(i: Incident, runs: Run[]): Run[] {
  const found = new Set(i.timeline.filter((h) => h.kind === 'finding').map((h) => `${h.rule} ${h.seq}`));
  return runs.filter((r) => found.has(`${r.rule} ${r.seq}`));
}

// They keep nobody from anything.
const quiet = new Set(['open-task', 'notify', 'snapshot-trail']);

// What is contained already, one line each.
export function contained(i: Incident, runs: Run[], now: number): string[] {
  const held = runs.flatMap((r) => r.steps.filter((s) => (holds(s) && !quiet.has(s.action)) || (s.state === 'done' && s.action === 'end-sessions')).map((s) => `${doneText(s)}${s.until ? `, for ${left(Date.parse(s.until) - now)} more` : ''}`));
  const said = i.timeline.filter((h) => h.kind === 'contain').map((h) => `${h.who?.name ?? 'Somebody'} says that it is contained${h.text ? `: “${h.text}”` : ''}`);
  return [...held, ...said];
}

const done: Record<string, string> = {
  'end-sessions': 'Their sessions were ended', 'demand-step-up': 'They are asked for the second factor again', 'lock-account': 'The account is locked', 'lock-record': 'The record is locked but for broken glass',
  'revoke-token': 'The token is revoked', 'block-address': 'The address is blocked', 'quarantine-host': 'The host is in quarantine',
};
const doneText = (s: RunStep): string => done[s.action] ?? actText(s.action);

export interface Next { words: string; urgent?: boolean }

// One thing, the one that cannot wait longest.
export function nextOf(i: Incident, runs: Run[], role: string | undefined, now: number): Next {
  const late = i.clocks.find((c) => c.state === 'overdue');
  if (late) return { words: `${late.title} (${late.article}): ${late.words}. Send the letter, and note when.`, urgent: true };
  if (i.state === 'closed') return { words: i.verdict ? `Nothing. It was closed: ${verdictText(i.verdict).toLowerCase()}.` : 'Nothing. It was closed without a verdict.' };
  const asked = runs.flatMap((r) => r.steps.filter((s) => s.state === 'asked'));
  const mine = asked.find((s) => !s.role || s.role === role);
  if (mine) return { words: `Approve or refuse: ${actText(mine.action).toLowerCase()}? ${lateText(mine, now)}`, urgent: true };
  const other = asked[0] ? ` Meanwhile the ${roleText(asked[0].role).toLowerCase()} decides: ${actText(asked[0].action).toLowerCase()}? ${lateText(asked[0], now)}` : '';
  if (!i.assigned) return { words: `Take it, or give it to somebody: nobody has it yet.${other}` };
  if (!i.verdict) return { words: `${worst(i)?.advice ?? 'Ask the person concerned.'} Then say what it was.${other}` };
  if (i.verdict === 'false-alarm') return { words: 'Close it. Below is the exception that would keep it from coming again.' };
  const breach = i.assessment.breach?.value;
  if (i.clocks.length && (!breach || breach === 'undecided')) return { words: 'Say whether it is a breach: until somebody does, the law presumes that it is.' };
  const running = i.clocks.filter((c) => c.state === 'running').sort((a, b) => (a.due ?? '9').localeCompare(b.due ?? '9'))[0];
  if (running) return { words: `${running.title} (${running.article}): ${running.words}${running.due ? `, until ${dateTime(running.due)}` : ''}.` };
  const tasks = i.open_tasks + runs.flatMap((r) => r.steps.filter(isOpenTask)).length;
  if (tasks) return { words: `${plural(tasks, 'task')} ${tasks === 1 ? 'is' : 'are'} still open.` };
  return { words: 'Everything is done: close it.' };
}

// The questions that a case is assessed by, as docs/incidents.md lists them.
export interface Question { key: string; words: string; kind: 'time' | 'words' | 'number' | 'choice'; choices?: { value: string; label: string }[]; law?: boolean }
export const questions: Question[] = [
  { key: 'breach', words: 'Is it a breach? “No” needs the four factors.', kind: 'choice', choices: [{ value: 'undecided', label: 'Not decided' }, { value: 'yes', label: 'Yes' }, { value: 'no', label: 'No: low probability of compromise' }] },
  { key: 'harm', words: 'How high is the risk to those concerned?', kind: 'choice', choices: [{ value: 'unknown', label: 'Not known yet' }, { value: 'unlikely', label: 'Unlikely' }, { value: 'likely', label: 'Likely' }, { value: 'high', label: 'High' }] },
  { key: 'factor-nature', words: 'First factor: what kinds of information, and how likely does it name the person?', kind: 'words' },
  { key: 'factor-recipient', words: 'Second: who used it, or to whom did it go?', kind: 'words' },
  { key: 'factor-acquired', words: 'Third: was it actually acquired or viewed?', kind: 'words' },
  { key: 'factor-mitigated', words: 'Fourth: how far has the risk been mitigated?', kind: 'words' },
  { key: 'discovered', words: 'When was it known, or would have been with diligence?', kind: 'time' },
  { key: 'aware', words: 'When did the hospital become aware of it, for the 72 hours?', kind: 'time' },
  { key: 'affected', words: 'How many people, where it is not what the evidence says?', kind: 'number' },
  { key: 'residents', words: 'The most of them who live in one State', kind: 'number' },
  { key: 'description', words: 'What happened, in a few plain sentences', kind: 'words' },
  { key: 'kinds', words: 'Kinds of information, where it is not what the evidence says', kind: 'words' },
  { key: 'consequences', words: 'Likely consequences for those concerned', kind: 'words' },
  { key: 'measures', words: 'What was done, and what is being done?', kind: 'words' },
  { key: 'steps', words: 'What should those concerned do?', kind: 'words' },
  { key: 'late', words: 'Why is something later than the law says?', kind: 'words' },
  { key: 'told-individuals', words: 'When were the patients told (45 CFR 164.404)?', kind: 'time' },
  { key: 'told-hhs', words: 'When was HHS told (45 CFR 164.408)?', kind: 'time' },
  { key: 'told-media', words: 'When were the media told (45 CFR 164.406)?', kind: 'time' },
  { key: 'told-authority', words: 'When was the authority notified (Art. 33)?', kind: 'time' },
  { key: 'told-subjects', words: 'When were those concerned told (Art. 34)?', kind: 'time' },
];
export function answerText(q: Question, value: string | undefined): string {
  if (!value) return '';
  if (q.kind === 'choice') return q.choices!.find((c) => c.value === value)?.label ?? value;
  return q.kind === 'time' ? dateTime(value) : value;
}
