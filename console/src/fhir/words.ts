// Codes in plain words, and the shapes FHIR wraps texts in.
import type { Coding, Concept, Period, Reference } from './types';

// One table for all: FHIR's codes rarely mean two things, and where they do the key says which.
const words: Record<string, string> = {
  // clinical status, verification
  active: 'Active', recurrence: 'Back again', relapse: 'Relapsed', inactive: 'Inactive', remission: 'In remission', resolved: 'Resolved',
  unconfirmed: 'Not confirmed', provisional: 'Provisional', differential: 'One of several possible', confirmed: 'Confirmed',
  refuted: 'Ruled out', 'entered-in-error': 'Entered by mistake',
  // requests, events
  draft: 'Draft', 'on-hold': 'On hold', revoked: 'Withdrawn', completed: 'Completed', stopped: 'Stopped', cancelled: 'Cancelled',
  unknown: 'Not known', 'not-done': 'Not done', preparation: 'Being prepared', 'in-progress': 'Under way', intended: 'Intended',
  planned: 'Planned', arrived: 'Arrived', triaged: 'Triaged', onleave: 'On leave', finished: 'Finished',
  // results and documents
  registered: 'Registered', partial: 'Partial', preliminary: 'Preliminary', final: 'Final', amended: 'Amended', corrected: 'Corrected',
  appended: 'Added to', current: 'Current', superseded: 'Replaced by a newer one',
  // appointments
  proposed: 'Proposed', pending: 'Pending', booked: 'Booked', fulfilled: 'Took place', noshow: 'Did not come', 'checked-in': 'Checked in', waitlist: 'Waiting list',
  // classes of encounters (v3 ActCode)
  AMB: 'Outpatient visit', EMER: 'Emergency', IMP: 'Hospital stay', ACUTE: 'Hospital stay (acute)', NONAC: 'Hospital stay (not acute)', OBSENC: 'Observation', PRENC: 'Before admission',
  SS: 'Short stay', HH: 'At home', VR: 'By phone or video', FLD: 'Outside the hospital',
  ambulatory: 'Outpatient visit', emergency: 'Emergency', inpatient: 'Hospital stay', outpatient: 'Outpatient visit', wellness: 'Check-up', urgentcare: 'Urgent care', virtual: 'By phone or video',
  // categories
  'vital-signs': 'Vital signs', laboratory: 'Laboratory', imaging: 'Imaging', survey: 'Questionnaire', exam: 'Examination', procedure: 'Procedure', 'social-history': 'Social history', therapy: 'Therapy', activity: 'Activity',
  LAB: 'Laboratory', RAD: 'Radiology', 'encounter-diagnosis': 'Diagnosis of a visit', 'problem-list-item': 'Problem list', 'health-concern': 'Concern',
  food: 'Food', medication: 'Medicine', environment: 'Environment', biologic: 'Biologic',
  // allergy
  low: 'Low risk', high: 'High risk', 'unable-to-assess': 'Risk not known', mild: 'Mild', moderate: 'Moderate', severe: 'Severe',
  // interpretation (v3 ObservationInterpretation)
  H: 'High', HH_interpretation: 'Critically high', L: 'Low', LL: 'Critically low', HU: 'Far too high', LU: 'Far too low', A: 'Abnormal', AA: 'Critical', N: 'Normal', POS: 'Positive', NEG: 'Negative', IND: 'Undetermined', R: 'Resistant', S: 'Susceptible', I: 'Intermediate',
  // persons
  male: 'Male', female: 'Female', other: 'Other',
  M_marital: 'Married', D_marital: 'Divorced', W_marital: 'Widowed', U_marital: 'Not married', S_marital: 'Never married', L_marital: 'Separated', A_marital: 'Marriage annulled', I_marital: 'Divorce under way', P_marital: 'Several spouses', T_marital: 'Domestic partner', C_marital: 'Common law', UNK_marital: 'Not known',
  home: 'Home', work: 'Work', mobile: 'Mobile', temp: 'Temporary', old: 'Former', phone: 'Phone', email: 'E-mail', fax: 'Fax', url: 'Web', sms: 'Text message', pager: 'Pager',
  // intents
  order: 'Ordered', plan: 'Planned', proposal: 'Proposed', 'original-order': 'Ordered', 'instance-order': 'Ordered',
  // identifier types (v2-0203)
  MR: 'Record number', MRN: 'Record number', SS_identifier: 'Social security', DL: 'Driving licence', PPN: 'Passport', NI: 'National number', NH: 'Insurance number', NIIP: 'Insurance number', PI: 'Patient number',
};

export function plain(code: string | undefined, kind?: 'interpretation' | 'identifier' | 'marital'): string {
  if (!code) return '';
  return (kind && words[`${code}_${kind}`]) || words[code] || capital(code.replace(/[-_]/g, ' '));
}

export const capital = (text: string): string => text && text[0]!.toUpperCase() + text.slice(1);

const codingText = (c: Coding | undefined): string => (c ? c.display || plain(c.code) : '');

// The best words for a concept: as somebody wrote them, then as the code's publisher does.
export function concept(c: Concept | undefined): string {
  if (!c) return '';
  return c.text || c.coding?.find((x) => x.display)?.display || codingText(c.coding?.[0]);
}
export const marital = (c: Concept | undefined): string => {
  const words = concept(c);
  return c && words.length <= 3 ? plain(code(c) || words, 'marital') : words;
};
export const status = (c: Concept | undefined): string => plain(c?.coding?.[0]?.code) || c?.text || '';
export const code = (c: Concept | undefined): string => c?.coding?.[0]?.code ?? '';
export const concepts = (list: Concept[] | undefined): string => (list ?? []).map(concept).filter(Boolean).join(', ');

export function interpretation(list: Concept[] | undefined): string {
  const first = list?.[0];
  return first ? plain(first.coding?.[0]?.code, 'interpretation') || first.text || '' : '';
}

export function referenceText(r: Reference | undefined, names?: Record<string, string>): string {
  if (!r) return '';
  return r.display || (r.reference && names?.[r.reference]) || '';
}

// ---- Dates. FHIR's may stop at the year or the month, and then so do ours.

const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });
const dayUtc = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' });
const month = new Intl.DateTimeFormat('en-GB', { month: 'short', year: 'numeric', timeZone: 'UTC' });
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const longDay = new Intl.DateTimeFormat('en-GB', { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });
const seconds = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });

export function date(text: string | undefined): string {
  if (!text) return '';
  if (/^\d{4}$/.test(text)) return text;
  if (!/^\d{4}-\d\d/.test(text)) return text;
  const at = new Date(text.length === 7 ? `${text}-01` : text);
  if (Number.isNaN(at.getTime())) return text;
  if (text.length === 7) return month.format(at);
  return (text.length === 10 ? dayUtc : day).format(at);
}
export function dateTime(text: string | undefined): string {
  if (!text || !text.includes('T')) return date(text);
  const at = new Date(text);
  return Number.isNaN(at.getTime()) ? text : `${day.format(at)}, ${clock.format(at)}`;
}
export const time = (text: string): string => clock.format(new Date(text));
export const timeSeconds = (text: string): string => seconds.format(new Date(text));
export const dayLong = (text: string): string => longDay.format(new Date(text));
export function dayKey(text: string): string {
  const at = new Date(text);
  return `${at.getFullYear()}-${at.getMonth() + 1}-${at.getDate()}`;
}

export function period(p: Period | undefined): string {
  if (!p) return '';
  const start = date(p.start);
  const end = date(p.end);
  if (!end) return start && `since ${start}`;
  return start === end || !start ? end : `${start} – ${end}`;
}

export function duration(p: Period | undefined): string {
  if (!p?.start || !p.end) return '';
  const minutes = (Date.parse(p.end) - Date.parse(p.start)) / 60000;
  if (!(minutes > 0)) return '';
  if (minutes < 90) return `${Math.round(minutes)} min`;
  if (minutes < 36 * 60) return `${Math.round(minutes / 60)} h`;
  return `${Math.round(minutes / 1440)} days`;
}

export function ago(text: string | undefined, now: number): string {
  if (!text) return '';
  const s = Math.round((now - Date.parse(text)) / 1000);
  if (s < 5) return 'just now';
  if (s < 60) return `${s} s ago`;
  if (s < 3600) return `${Math.round(s / 60)} min ago`;
  if (s < 86400) return `${Math.round(s / 3600)} h ago`;
  return `${Math.round(s / 86400)} days ago`;
}

// What remains, as precisely as it matters: "42 s", "12:05", "3 h 20 min", "2 days 3 h".
export function left(ms: number): string {
  const s = Math.max(0, Math.ceil(ms / 1000));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)}:${String(s % 60).padStart(2, '0')} min`;
  if (s < 86400) return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
  return `${plural(Math.floor(s / 86400), 'day')} ${Math.floor((s % 86400) / 3600)} h`;
}

export function bytes(n: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  let i = 0;
  for (; n >= 1000 && i < units.length - 1; i++) n /= 1024;
  return `${n < 10 && i ? n.toFixed(1) : Math.round(n)} ${units[i]}`;
}

export const count = (n: number): string => n.toLocaleString('en-GB');
export const plural = (n: number, one: string, many = `${one}s`): string => `${count(n)} ${n === 1 ? one : many}`;
