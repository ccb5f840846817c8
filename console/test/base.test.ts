import assert from 'node:assert/strict';
import test from 'node:test';
import { problemOf, query, request, retrying, whenSignedOut, ApiError } from '../src/base/api';
import { match } from '../src/base/router';
import { nextTheme } from '../src/base/theme';
import type { Entry } from '../src/base/types';
import { actionText, relationText, tone } from '../src/trail/words';

test('paths and their parameters', () => {
  assert.deepEqual(match('/patient/:id/:tab?', '/patient/a%2Fb/results'), { id: 'a/b', tab: 'results' });
  assert.deepEqual(match('/patient/:id/:tab?', '/patient/1'), { id: '1' });
  assert.equal(match('/patient/:id/:tab?', '/patient'), null);
  assert.equal(match('/trail', '/trail/1'), null);
  assert.equal(match('/patient/:id', '/patient/%ff'), null);
  assert.deepEqual(match('/', '/'), {});
});
test('what went wrong, from either interface', () => {
  const a = problemOf(422, { error: 'invalid', message: 'Too short.', field: 'password' });
  assert.deepEqual([a.code, a.message, a.field], ['invalid', 'Too short.', 'password']);
  const b = problemOf(403, { resourceType: 'OperationOutcome', issue: [{ code: 'forbidden', details: { coding: [{ code: 'break-glass-possible' }] }, diagnostics: 'Not yours.' }] });
  assert.deepEqual([b.code, b.message], ['break-glass-possible', 'Not yours.']);
  assert.equal(problemOf(503, null).message, 'The records cannot be reached now.');
});
test('empty parameters are left out, lists are repeated', () => assert.equal(query({ a: 1, b: '', c: undefined, d: 'x y', e: ['1', '', '2'] }), '?a=1&d=x+y&e=1&e=2'));

function answers(...list: [number, unknown][]): string[] {
  const asked: string[] = [];
  globalThis.fetch = (async (url: string, init: RequestInit) => {
    asked.push(`${init.method} ${url}`);
    const [status, body] = list[Math.min(asked.length, list.length) - 1]!;
    return new Response(JSON.stringify(body), { status });
  }) as unknown as typeof fetch;
  return asked;
}
test('a read is tried again while the server is away', async () => {
  const asked = answers([503, {}], [200, { fine: true }]);
  const states: number[] = [];
  const stop = retrying.watch((n) => states.push(n));
  assert.deepEqual(await request('GET', '/api/me'), { fine: true });
  stop();
  assert.equal(asked.length, 2);
  assert.deepEqual(states, [1, 0]);
});
test('a write is never sent twice', async () => {
  const asked = answers([503, {}]);
  await assert.rejects(request('POST', '/api/break-glass', {}), (e: ApiError) => e.status === 503);
  assert.equal(asked.length, 1);
});
test('a session that ended is told, a wrong old password is not', async () => {
  let told = 0;
  whenSignedOut(() => told++);
  answers([401, { error: 'unauthenticated' }]);
  await assert.rejects(request('GET', '/api/me'));
  assert.equal(told, 1);
  await assert.rejects(request('POST', '/api/me/password', {}));
  await assert.rejects(request('POST', '/api/sign-in', {}));
  assert.equal(told, 1);
});
test('themes go round', () => assert.equal(nextTheme(nextTheme(nextTheme('auto'))), 'auto'));
test('what stands out in the trail', () => {
  const e = (more: Partial<Entry>): Entry => ({ seq: 1, time: '', kind: 'access', action: 'read', outcome: 'allowed', who: {}, sentence: '', ...more });
  assert.equal(tone(e({ outcome: 'denied', purpose: 'BTG' })), 'bad');
  assert.equal(tone(e({ purpose: 'BTG' })), 'glass');
  assert.equal(tone(e({ patient_count: 1 })), 'warn');
  assert.equal(tone(e({ patient_count: 1, relationship: { kind: 'none' } })), 'warn');
  assert.equal(tone(e({ patient_count: 2 })), 'plain');
  assert.equal(tone(e({ patient_count: 2, relationship: { kind: 'none', evidence: '0 of 2' } })), 'warn');
  assert.equal(tone(e({ patient_count: 2, relationship: { kind: 'some', evidence: '1 of 2' } })), 'plain');
  assert.equal(tone(e({ patient_count: 1, relationship: { kind: 'encounter' } })), 'plain');
  assert.equal(relationText('general-practitioner'), 'general practitioner');
  assert.equal(actionText(e({ action: 'delete' })), 'Deleted');
  assert.equal(actionText(e({ action: 'delete', outcome: 'denied' })), 'Tried to delete');
});
