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

// Forms of address are no part of a name by which anybody is looked up.
const TITLES = new Set(['mr', 'mrs', 'ms', 'miss', 'mx', 'dr', 'prof', 'med', 'sir', 'herr', 'frau', 'mme', 'mlle', 'sra', 'srta']);
const bare = (word: string): string => word.toLowerCase().replace(/\.$/, '');

// The words of a name, in whatever order: each must begin some word of the name that is found.
function nameWords(text: string): string[] {
  const words = text.replace(/[’‘`]/g, "'").split(/[\s,;‐-―-]+/).map((w) => w.replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, '')).filter(Boolean);
  const named = words.filter((w) => !TITLES.has(bare(w)));
  return named.length ? named : words;
}

// The server finds by the first three letters at least; written with few strokes, a name has as much.
const SHORTEST = 3;
const letters = (word: string): number => new TextEncoder().encode(word.normalize('NFD').replace(/\p{M}/gu, '')).length;
const findable = (words: string[]): boolean => words.some((w) => letters(w) >= SHORTEST && !TITLES.has(bare(w)));

function dateOf(text: string): string | null {
  const iso = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(text);
  const day = /^(\d{1,2})[./](\d{1,2})[./](\d{4})$/.exec(text);
  const [y, m, d] = iso ? [iso[1], iso[2], iso[3]] : day ? [day[3], day[2], day[1]] : [];
  return y ? `${y}-${m!.padStart(2, '0')}-${d!.padStart(2, '0')}` : null;
}

// What somebody typed, as a FHIR search: a birth date, a number, a name, or a name and a birth date.
// Null: not enough yet to look for.
export function patientQuery(typed: string): Record<string, string | string[]> | null {
  const text = typed.trim().replace(/\s+/g, ' ');
  const dates = text.split(' ').filter(dateOf);
  const birthdate = dateOf(dates[0] ?? '');
  const rest = text.split(' ').filter((w) => !dates.includes(w)).join(' ');
  if (/\d/.test(rest) && !/[\s,]/.test(rest)) return birthdate ? { identifier: rest, birthdate } : rest.length > 1 ? { identifier: rest } : null;
  const comma = rest.indexOf(',');
  const parts: Record<string, string[]> = comma < 0 ? { name: nameWords(rest) } : { family: nameWords(rest.slice(0, comma)), given: nameWords(rest.slice(comma + 1)) };
  const named = Object.entries(parts).filter(([, words]) => words.length);
  if (!birthdate && !findable(named.flatMap(([, words]) => words))) return null;
  return { ...Object.fromEntries(named), ...(birthdate && { birthdate }) };
}
