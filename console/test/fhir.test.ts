import assert from 'node:assert/strict';
import test from 'node:test';
import { age, mainIdentifier, nameOf, patientQuery, shortId } from '../src/fhir/person';
import { pageOf } from '../src/fhir/search';
import type { Bundle, Observation, Resource } from '../src/fhir/types';
import { byKind, doseAmount, flag, linesOf, number, oftenText, quantity, range, valueText } from '../src/fhir/value';
import { bytes, concept, date, marital, period, plain, plural } from '../src/fhir/words';

test('what somebody typed becomes a search', () => {
  assert.deepEqual(patientQuery('  marsh '), { name: ['marsh'] });
  assert.deepEqual(patientQuery('Charlotte  Padberg'), { name: ['Charlotte', 'Padberg'] });
  assert.deepEqual(patientQuery('Padberg Charlotte'), { name: ['Padberg', 'Charlotte'] });
  assert.deepEqual(patientQuery('Dr. Anna van der Berg'), { name: ['Anna', 'van', 'der', 'Berg'] });
  assert.deepEqual(patientQuery('Prof. Dr. med. Berg-Stone'), { name: ['Berg', 'Stone'] });
  assert.deepEqual(patientQuery('O’Brien, Mary-Ann'), { family: ["O'Brien"], given: ['Mary', 'Ann'] });
  assert.deepEqual(patientQuery('Marsh, Pa'), { family: ['Marsh'], given: ['Pa'] });
  assert.deepEqual(patientQuery('padberg,'), { family: ['padberg'] });
  assert.deepEqual(patientQuery('padberg, char 1961-04-02'), { family: ['padberg'], given: ['char'], birthdate: '1961-04-02' });
  assert.deepEqual(patientQuery('li 1961-04-02'), { name: ['li'], birthdate: '1961-04-02' });
  assert.deepEqual(patientQuery('Li Wang'), { name: ['Li', 'Wang'] });
  assert.deepEqual(patientQuery('1961-4-2'), { birthdate: '1961-04-02' });
  assert.deepEqual(patientQuery('2.4.1961'), { birthdate: '1961-04-02' });
  assert.deepEqual(patientQuery('marsh 1961-04-02'), { name: ['marsh'], birthdate: '1961-04-02' });
  assert.deepEqual(patientQuery('2.4.1961 paul marsh'), { name: ['paul', 'marsh'], birthdate: '1961-04-02' });
  assert.deepEqual(patientQuery('MRN-100400'), { identifier: 'MRN-100400' });
  assert.deepEqual(patientQuery('李明'), { name: ['李明'] });
  for (const nothing of ['', 'm', 'ma', 'de la', 'Dr.', ' ', ',', '--', '7']) assert.equal(patientQuery(nothing), null, nothing);
});
test('names as people say them', () => {
  assert.equal(nameOf([{ use: 'maiden', family: 'Old' }, { use: 'official', family: 'Marsh123', given: ['Paul45', 'Henry'] }]), 'Paul Henry Marsh');
  assert.equal(nameOf([{ family: 'Marsh', given: ['Paul'] }], true), 'Marsh, Paul');
  assert.equal(nameOf([{ text: 'Unknown man' }]), 'Unknown man');
  assert.equal(nameOf(undefined), 'Name not known');
});
test('ages, exact to the day and honest about what is not known', () => {
  const at = new Date(2026, 5, 15);
  assert.equal(age('1961-06-15', at), '65 years');
  assert.equal(age('1961-06-16', at), '64 years');
  assert.equal(age('2024-06-16', at), '23 months');
  assert.equal(age('2026-06-14', at), '1 day');
  assert.equal(age('1961', at), 'about 65 years');
  assert.equal(age('2030-01-01', at), '');
  assert.equal(age(undefined, at), '');
});
test('numbers of people', () => {
  const mr = { type: { coding: [{ code: 'MR' }] }, value: 'M1' };
  assert.equal(mainIdentifier({ resourceType: 'Patient', id: '1', identifier: [{ value: 'x' }, mr] }), mr);
  assert.equal(shortId('c311d783-28db-4f9d-ae2b-b334e6e5cb57'), '…e6e5cb57');
});
test('codes in plain words', () => {
  assert.equal(plain('entered-in-error'), 'Entered by mistake');
  assert.equal(plain('something-new'), 'Something new');
  assert.equal(concept({ coding: [{ code: 'x' }, { code: 'y', display: 'Why' }] }), 'Why');
  assert.equal(plural(1, 'entry', 'entries'), '1 entry');
  assert.equal(bytes(1536), '1.5 KB');
});
test('dates stop where FHIR’s stop', () => {
  assert.equal(date('1961'), '1961');
  assert.match(date('1961-04'), /^Apr 1961$/);
  assert.equal(date('1961-04-02'), '2 Apr 1961');
  assert.equal(date('rubbish'), 'rubbish');
  assert.equal(period({ start: '2025-01-01', end: '2025-01-03' }), '1 Jan 2025 – 3 Jan 2025');
});

const value = (v: number, more: object = {}): Observation => ({
  resourceType: 'Observation', id: String(v), code: { coding: [{ system: 'http://loinc.org', code: '718-7' }], text: 'Haemoglobin' }, effectiveDateTime: `2026-01-${10 + Math.round(v)}`,
  valueQuantity: { value: v, unit: 'g/dL' }, ...more });

test('values, ranges and what is out of them', () => {
  assert.equal(number(166.82501702858627), '167');
  assert.equal(number(6.256), '6.3');
  assert.equal(valueText(value(9.5)), '9.5 g/dL');
  const limits = { referenceRange: [{ low: { value: 12 }, high: { value: 16 } }] };
  assert.equal(range(limits.referenceRange), '12 – 16');
  assert.equal(flag(value(9, limits))?.text, 'Low');
  assert.equal(flag(value(17, limits))?.text, 'High');
  assert.equal(flag(value(14, limits)), null);
  assert.equal(flag(value(14, { interpretation: [{ coding: [{ code: 'HH' }] }] }))?.level, 'critical');
  // What the laboratory says wins over its range.
  assert.equal(flag(value(9, { ...limits, interpretation: [{ coding: [{ code: 'N' }] }] })), null);
});
test('blood pressure reads systolic first', () => {
  const part = (code: string, v: number) => ({ code: { coding: [{ code }], text: code }, valueQuantity: { value: v, unit: 'mmHg' } });
  const o: Observation = { resourceType: 'Observation', id: '1', effectiveDateTime: '2026-01-01', component: [part('8462-4', 80), part('8480-6', 120)] };
  assert.equal(valueText(o), '120 / 80 mmHg');
  assert.equal(linesOf([o]).lines.length, 2);
});
test('kinds are by code, newest first', () => {
  const kinds = byKind([value(9), value(12), value(11)]);
  assert.equal(kinds.length, 1);
  assert.deepEqual(kinds[0]!.items.map((o) => o.id), ['12', '11', '9']);
  assert.deepEqual(linesOf(kinds[0]!.items).lines[0]!.values, [9, 11, 12]);
});
test('units and doses read as people say them', () => {
  const q = (v: number, u?: string) => ({ value: v, unit: u });
  assert.equal(quantity(q(88, 'mL/min/{1.73_m2}')), '88 mL/min/1.73\u00a0m²');
  assert.equal(quantity(q(4.5, '10*9/L')), '4.5 10⁹/L');
  assert.equal(quantity(q(37, 'mg/g{creat}')), '37 mg/g');
  assert.equal(quantity(q(24.1, 'kg/m2')), '24.1 kg/m²');
  assert.equal(doseAmount(q(1)), '1 at a time');
  assert.equal(doseAmount(q(2, 'tablets')), '2 tablets');
  const often = (frequency: number, period: number, periodUnit: string) => oftenText({ repeat: { frequency, period, periodUnit } });
  assert.equal(often(1, 6, 'h'), 'every 6 hours');
  assert.equal(often(1, 1, 'd'), 'every day');
  assert.equal(often(2, 1, 'd'), 'twice a day');
  assert.equal(often(3, 2, 'wk'), '3 times every 2 weeks');
  assert.equal(marital({ coding: [{ code: 'S' }], text: 'S' }), 'Never married');
  assert.equal(marital({ coding: [{ code: 'M', display: 'Married' }] }), 'Married');
});
test('a page never leads to another machine', () => {
  const bundle: Bundle<Resource> = { resourceType: 'Bundle', link: [{ relation: 'next', url: 'https://evil.example/fhir/Patient?_page=x' }], entry: [{ resource: { resourceType: 'OperationOutcome', id: 'o' } }, { resource: { resourceType: 'Patient', id: 'p' } }] };
  assert.deepEqual(pageOf(bundle), { items: [{ resourceType: 'Patient', id: 'p' }], next: '/fhir/Patient?_page=x', total: undefined });
});
