// Measured values: as text, as points of a plot, against their range.
import type { Component, Observation, Quantity, Range, Timing } from './types';
import { concept, date, interpretation } from './words';

export function number(value: number): string {
  if (Number.isInteger(value)) return String(value);
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : Math.abs(value) >= 1 ? 1 : 2;
  return String(Number(value.toFixed(digits)));
}

const units: Record<string, string> = { '{score}': '', '1': '', '{#}': '', '10*3/uL': '×10³/µL', '10*6/uL': '×10⁶/µL', 'mm[Hg]': 'mmHg', Cel: '°C', degC: '°C', '/min': '/min', '{breaths}/min': '/min', '{beats}/min': '/min', '[lb_av]': 'lb' };
// UCUM is for machines: a body's surface, an annotation in braces, a power as 10*9.
const ucum = (u: string): string => u.replace(/\{?(1\.73)[_ ]?m2\}?/, '1.73\u00a0m²').replace('[degF]', '°F').replace('mm[Hg]', 'mmHg').replace(/10\*(-?\d+)/g, (_, n: string) => `10${n.replace(/[-\d]/g, (c) => '⁰¹²³⁴⁵⁶⁷⁸⁹'['0123456789'.indexOf(c)] ?? '⁻')}`)
  .replace(/\{[^}]*\}/g, '').replace(/\[([^\]]*)\]/g, '$1').replace(/\bu([gLlm])/g, 'µ$1').replace(/\bm2\b/, 'm²').replace(/^1(?=\/)/, '');
export const unit = (q: Quantity | undefined): string => {
  const u = q?.unit ?? q?.code ?? '';
  return units[u] ?? ucum(u);
};

export const quantity = (q: Quantity | undefined): string =>
  q?.value === undefined ? '' : `${q.comparator ?? ''}${number(q.value)}${unit(q) && ' '}${unit(q)}`;

// Without a unit a number alone says nothing: "1, every 6 hours" may be read as once.
export const doseAmount = (q: Quantity | undefined): string => (unit(q) ? quantity(q) : q?.value === undefined ? '' : `${quantity(q)} at a time`);
export function oftenText(timing: Timing | undefined): string {
  const r = timing?.repeat;
  if (!r?.frequency) return concept(timing?.code);
  const word = { s: 'second', min: 'minute', h: 'hour', d: 'day', wk: 'week', mo: 'month', a: 'year' }[r.periodUnit ?? ''] ?? r.periodUnit ?? '';
  const every = r.period && r.period !== 1 ? `${r.period} ${word}s` : word;
  if (r.frequency === 1) return `every ${every}`;
  return r.period && r.period !== 1 ? `${r.frequency} times every ${every}` : `${r.frequency === 2 ? 'twice' : `${r.frequency} times`} ${word === 'hour' ? 'an' : 'a'} ${word}`;
}

export function range(list: Range[] | undefined): string {
  const r = list?.[0];
  if (!r) return '';
  if (r.text) return r.text;
  const low = r.low?.value, high = r.high?.value;
  if (low !== undefined && high !== undefined) return `${number(low)} – ${number(high)}`;
  return low !== undefined ? `≥ ${number(low)}` : high !== undefined ? `≤ ${number(high)}` : '';
}

export interface Flag { text: string; level: 'out' | 'critical' }

// Out of range as the laboratory said, or as its own range says.
export function flag(c: Component): Flag | null {
  const code = c.interpretation?.[0]?.coding?.[0]?.code ?? '';
  if (/^(HH|LL|AA|HU|LU)$/.test(code)) return { text: interpretation(c.interpretation), level: 'critical' };
  if (/^(H|L|A|POS)$/.test(code)) return { text: interpretation(c.interpretation), level: 'out' };
  if (code) return null;
  const value = c.valueQuantity?.value;
  const r = c.referenceRange?.[0];
  if (value === undefined || !r) return null;
  if (r.high?.value !== undefined && value > r.high.value) return { text: 'High', level: 'out' };
  if (r.low?.value !== undefined && value < r.low.value) return { text: 'Low', level: 'out' };
  return null;
}

function single(c: Component & Partial<Observation>): string {
  if (c.valueQuantity) return quantity(c.valueQuantity);
  if (c.valueCodeableConcept) return concept(c.valueCodeableConcept);
  if (c.valueString !== undefined) return c.valueString;
  if (c.valueInteger !== undefined) return String(c.valueInteger);
  if (c.valueBoolean !== undefined) return c.valueBoolean ? 'Yes' : 'No';
  if (c.valueDateTime) return date(c.valueDateTime);
  return '';
}

export function valueText(o: Observation): string {
  const own = single(o);
  if (own) return own;
  const parts = o.component ?? [];
  if (parts.length && parts.every((p) => p.valueQuantity)) {
    const u = unit(parts[0]!.valueQuantity);
    if (parts.every((p) => unit(p.valueQuantity) === u)) {
      const values = [...parts].sort((a, b) => order(a) - order(b)).map((p) => number(p.valueQuantity!.value ?? NaN));
      return `${values.join(' / ')}${u && ' '}${u}`;
    }
  }
  if (parts.length) return parts.map((p) => `${concept(p.code)}: ${single(p)}`).join('; ');
  return o.dataAbsentReason ? concept(o.dataAbsentReason) : '–';
}

// Systolic comes first, however it was sent.
const order = (c: Component): number => (c.code?.coding?.[0]?.code === '8480-6' ? 0 : 1);

export const when = (o: Observation): string => o.effectiveDateTime ?? o.effectivePeriod?.start ?? o.issued ?? '';

// What results of one kind share: LOINC's code where there is one.
export function kindOf(o: Observation): { key: string; param: string; name: string } {
  const coding = o.code?.coding?.find((c) => c.system === 'http://loinc.org') ?? o.code?.coding?.[0];
  const param = coding?.code ? `${coding.system ?? ''}|${coding.code}` : '';
  return { key: param || concept(o.code), param, name: concept(o.code) || 'Result' };
}

export interface Kind { key: string; param: string; name: string; category: string; items: Observation[] }

// Newest first, kinds by their newest.
export function byKind(list: Observation[]): Kind[] {
  const kinds = new Map<string, Kind>();
  const sorted = [...list].sort((a, b) => when(b).localeCompare(when(a)));
  for (const o of sorted) {
    const k = kindOf(o);
    const category = o.category?.[0]?.coding?.[0]?.code ?? '';
    const found = kinds.get(k.key);
    if (found) found.items.push(o);
    else kinds.set(k.key, { ...k, category, items: [o] });
  }
  return [...kinds.values()];
}

export interface Line { name: string; unit: string; values: (number | null)[]; low?: number; high?: number }
export interface Lines { at: number[]; lines: Line[] }

// Oldest first, for a plot; one line a component.
export function linesOf(list: Observation[]): Lines {
  const sorted = list.filter((o) => when(o)).sort((a, b) => when(a).localeCompare(when(b)));
  const at = sorted.map((o) => Date.parse(when(o)) / 1000);
  const lines = new Map<string, Line>();
  sorted.forEach((o, i) => {
    const parts: Component[] = o.valueQuantity || o.valueInteger !== undefined
      ? [{ ...o, valueQuantity: o.valueQuantity ?? { value: o.valueInteger } }] : o.component ?? [];
    for (const part of parts) {
      const value = part.valueQuantity?.value;
      if (value === undefined) continue;
      const name = concept(part.code);
      let line = lines.get(name);
      if (!line) lines.set(name, (line = { name, unit: unit(part.valueQuantity), values: sorted.map(() => null) }));
      line.values[i] = value;
      const r = part.referenceRange?.[0];
      if (r?.low?.value !== undefined) line.low = r.low.value;
      if (r?.high?.value !== undefined) line.high = r.high.value;
    }
  });
  return { at, lines: [...lines.values()] };
}
