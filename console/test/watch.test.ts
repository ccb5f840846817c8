import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Incident, Run } from '../src/base/watch';
import { left } from '../src/fhir/words';
import { contained, nextOf, runsOf, worst } from '../src/pages/incident/words';
import { menuPath, pages } from '../src/pages/routes';
import { lateText } from '../src/trail/run';

const now = Date.parse('2026-11-25T12:00:00Z');
const base: Incident = {
  number: '2026-0001', state: 'open', severity: 'high', title: 'Glass', why: 'w', subject: 'person', findings: 2, open_tasks: 0, opened: '2026-11-25T11:00:00Z', last: '2026-11-25T11:30:00Z',
  timeline: [
    { time: '2026-11-25T11:00:00Z', kind: 'finding', level: 'critical', rule: 'r1', seq: 7, advice: 'Ask her.' },
    { time: '2026-11-25T11:30:00Z', kind: 'finding', level: 'medium', rule: 'r2', seq: 9 },
  ],
  tasks: [], assessment: {}, patients: { count: 1, listed: [] }, evidence: [7, 9], clocks: [],
};
const run = (steps: Partial<Run['steps'][0]>[]): Run => ({ id: 1, playbook: 'honey', state: 'asking', rule: 'r1', seq: 7, steps: steps.map((s, i) => ({ step: i + 1, action: 'lock-account', state: 'asked', words: '', why: '', ...s })) });
const clock = { duty: 'authority', law: 'GDPR', article: 'Art. 33', title: 'Notify the authority', words: '2 days left', state: 'running' as const, due: '2026-11-28T11:00:00Z' };

test('what remains is said as precisely as it matters', () => {
  assert.deepEqual([left(-5), left(41_200), left(725_000), left(3 * 3600_000 + 20 * 60_000), left(51 * 3600_000)], ['0 s', '42 s', '12:05 min', '3 h 20 min', '2 days 3 h']);
});
test('what happens when nobody answers is said for each way', () => {
  const step = run([{ due: '2026-11-25T12:10:00Z' }]).steps[0]!;
  assert.match(lateText(step, now), /^If nobody answers within 10:00 min, it is left out/);
  assert.match(lateText({ ...step, on_timeout: 'do' }, now), /done all the same/);
  assert.match(lateText({ ...step, on_timeout: 'escalate' }, now), /next role is asked/);
});
test('the worst finding speaks, and only its own runs belong to an incident', () => {
  assert.equal(worst(base)?.rule, 'r1');
  assert.deepEqual(runsOf(base, [run([{}]), { ...run([{}]), seq: 8 }, { ...run([{}]), rule: 'r2' }]).length, 1);
});
test('what holds is told with its time; what was declined is not', () => {
  const runs = [run([{ state: 'done', until: '2026-11-25T13:00:00Z' }, { state: 'declined' }, { state: 'done', action: 'end-sessions' }, { state: 'done', action: 'open-task', until: '2026-11-26T12:00:00Z' }])];
  assert.deepEqual(contained(base, runs, now), ['The account is locked, for 1 h 0 min more', 'Their sessions were ended']);
});
test('the next decision is the one that cannot wait longest', () => {
  const next = (i: Partial<Incident>, runs: Run[] = [], role = 'security-officer') => nextOf({ ...base, ...i }, runs, role, now).words;
  const asked = [run([{ role: 'security-officer', due: '2026-11-25T12:10:00Z' }])];
  assert.match(next({ clocks: [{ ...clock, state: 'overdue', words: 'overdue by 1 day' }] }, asked), /^Notify the authority \(Art. 33\): overdue/);
  assert.match(next({}, asked), /^Approve or refuse: lock the account/);
  assert.match(next({}, asked, 'privacy-officer'), /^Take it.* Meanwhile the security officer decides: lock the account/);
  assert.match(next({}), /^Take it/);
  assert.match(next({ assigned: 'Edith' }), /^Ask her\. Then say what it was/);
  assert.match(next({ assigned: 'Edith', verdict: 'true', clocks: [clock] }), /^Say whether it is a breach/);
  assert.match(next({ assigned: 'Edith', verdict: 'true', clocks: [clock], assessment: { breach: { value: 'yes' } } }), /2 days left, until/);
  assert.match(next({ assigned: 'Edith', verdict: 'true', open_tasks: 1 }), /^1 task is still open/);
  assert.match(next({ assigned: 'Edith', verdict: 'true' }), /close it/);
  assert.match(next({ state: 'closed', verdict: 'false-alarm' }), /^Nothing/);
});
test('the menu leads to addresses without parameters', () => {
  for (const page of pages.filter((p) => p.menu)) assert.doesNotMatch(menuPath(page), /:/);
});
