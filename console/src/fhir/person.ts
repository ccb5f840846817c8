// People: how they are called, how old they are, what numbers they go by.
import type { HumanName, Identifier, Patient, Practitioner } from './types';
import { concept, plain } from './words';

// Synthea numbers its people ("Marsh123"); nobody is called that.
const tidy = (text: string): string => text.replace(/(?<=\p{L})\d+$/u, '');

function choose(names: HumanName[] | undefined): HumanName | undefined {
  return names?.find((n) => n.use === 'official') ?? names?.find((n) => n.use === 'usual') ?? names?.[0];
}

export function nameOf(names: HumanName[] | string | undefined, familyFirst = false): string {
  if (typeof names === 'string') return names;
  const name = choose(names);
  if (!name) return 'Name not known';
  const given = (name.given ?? []).map(tidy).join(' ');
  const family = tidy(name.family ?? '');
  if (!given && !family) return name.text ?? 'Name not known';
  if (familyFirst) return [family, given].filter(Boolean).join(', ');
  return [given, family].filter(Boolean).join(' ');
}

export const practitionerName = (p: Practitioner): string => {
  const prefix = typeof p.name === 'string' ? '' : choose(p.name)?.prefix?.join(' ') ?? '';
  return [prefix, nameOf(p.name)].filter(Boolean).join(' ');
};

// Whole years, or months and days for the small ones, for whom years say nothing.
export function age(birth: string | undefined, at: Date): string {
  if (!birth) return '';
  const [y, m = 1, d = 1] = birth.split('-').map(Number) as [number, number?, number?];
  if (!y) return '';
  let years = at.getFullYear() - y;
  let months = years * 12 + at.getMonth() + 1 - m;
  if (at.getDate() < d) months--;
  years = Math.floor(months / 12);
  if (months < 0) return '';
  if (birth.length === 4) return `about ${at.getFullYear() - y} years`;
  if (years >= 3) return `${years} years`;
  if (months >= 2) return `${months} months`;
  const days = Math.max(0, Math.floor((at.getTime() - new Date(y, m - 1, d).getTime()) / 86400000));
  return days === 1 ? '1 day' : `${days} days`;
}

export function ageOf(p: Patient, now: Date): string {
  if (p.deceasedDateTime) return `died at ${age(p.birthDate, new Date(p.deceasedDateTime))}`;
  if (p.deceasedBoolean) return 'died';
  return age(p.birthDate, now);
}

export const identifierKind = (i: Identifier): string =>
  i.type?.coding?.[0]?.code ? plain(i.type.coding[0].code, 'identifier') : concept(i.type) || 'Number';

const MEDICAL = new Set(['MR', 'MRN', 'PI', 'PT']);

// The number by which the hospital knows them: what staff say on the phone.
export function mainIdentifier(p: Patient): Identifier | undefined {
  const all = p.identifier ?? [];
  return all.find((i) => MEDICAL.has(i.type?.coding?.[0]?.code ?? '')) ?? all.find((i) => i.value);
}

// "…d3f9a1" for what is too long to read out.
export const shortId = (value: string | undefined): string =>
  !value ? '' : value.length > 16 ? `…${value.slice(-8)}` : value;

// What somebody typed, as a FHIR search: a birth date, a number or a name.
export function patientQuery(typed: string): Record<string, string> | null {
  const text = typed.trim().replace(/\s+/g, ' ');
  if (text.length < 2) return null;
  const iso = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(text);
  const day = /^(\d{1,2})[./](\d{1,2})[./](\d{4})$/.exec(text);
  const pad = (s: string) => s.padStart(2, '0');
  if (iso) return { birthdate: `${iso[1]}-${pad(iso[2]!)}-${pad(iso[3]!)}` };
  if (day) return { birthdate: `${day[3]}-${pad(day[2]!)}-${pad(day[1]!)}` };
  // A name and a birth date together: "marsh 1961-04-02".
  const both = /^(.+?)\s+(\d{4}-\d{2}-\d{2}|\d{1,2}[./]\d{1,2}[./]\d{4})$/.exec(text);
  if (both) {
    const birth = patientQuery(both[2]!);
    const name = patientQuery(both[1]!);
    if (birth && name) return { ...name, ...birth };
  }
  if (/\d/.test(text) && !/\s/.test(text)) return { identifier: text };
  if (text.includes(',')) {
    const [family, given] = text.split(',').map((s) => s.trim());
    const q: Record<string, string> = {};
    if (family) q.family = family;
    if (given) q.given = given;
    return Object.keys(q).length ? q : null;
  }
  return text.replace(/[^\p{L}]/gu, '').length >= 2 ? { name: text } : null;
}
