// The trail in plain words.
import type { Entry } from '../base/types';

interface Words { value: string; label: string; tried?: string }

export const actions: Words[] = [
  { value: 'read', label: 'Read', tried: 'read' }, { value: 'vread', label: 'Read an earlier version', tried: 'read an earlier version' }, { value: 'history', label: 'Read the history', tried: 'read the history' },
  { value: 'search', label: 'Searched', tried: 'search' }, { value: 'create', label: 'Added', tried: 'add' }, { value: 'update', label: 'Changed', tried: 'change' }, { value: 'delete', label: 'Deleted', tried: 'delete' },
  { value: 'transaction', label: 'Stored a bundle', tried: 'store a bundle' }, { value: 'import', label: 'Imported', tried: 'import' }, { value: 'break-glass', label: 'Broke the glass', tried: 'break the glass' },
  { value: 'who-saw', label: 'Asked who has seen a record', tried: 'ask who has seen a record' }, { value: 'trail-search', label: 'Searched the trail', tried: 'search the trail' },
  { value: 'work', label: 'Did other work', tried: 'do what another role does' },
  { value: 'sign-in', label: 'Signed in', tried: 'sign in' }, { value: 'second-factor', label: 'Gave a second factor', tried: 'give a second factor' }, { value: 'sign-out', label: 'Signed out', tried: 'sign out' },
  { value: 'enrol', label: 'Enrolled a second factor', tried: 'enrol a second factor' }, { value: 'password', label: 'Changed a password', tried: 'change a password' }, { value: 'session-revoke', label: 'Ended a session', tried: 'end a session' },
  { value: 'account-create', label: 'Made an account', tried: 'make an account' }, { value: 'account-change', label: 'Changed an account', tried: 'change an account' }, { value: 'token-create', label: 'Made a token', tried: 'make a token' },
  { value: 'start', label: 'Started' }, { value: 'stop', label: 'Stopped' }, { value: 'recover', label: 'Recovered' },
];
export const outcomes: Words[] = [
  { value: 'allowed', label: 'Allowed' }, { value: 'denied', label: 'Refused' }, { value: 'failed', label: 'Failed' },
  { value: 'intended', label: 'Written' }, { value: 'aborted', label: 'Interrupted' },
];
const purposes: Record<string, string> = {
  TREAT: 'Treatment', BTG: 'Emergency (broken glass)', ETREAT: 'Emergency treatment', HOPERAT: 'Running the hospital', PATRQT: 'The patient asked',
  HSYSADMIN: 'Looking after the system', HPAYMT: 'Billing',
};
const relations: Record<string, string> = {
  encounter: 'took part in a visit or stay', careteam: 'in the care team', appointment: 'has an appointment', 'general-practitioner': 'general practitioner',
  self: 'own record', all: 'all in their care', some: 'some in their care', unknown: 'could not be looked up', 'break-glass': 'broke the glass',
};
const roles: Record<string, string> = {
  clinician: 'Clinician', nurse: 'Nurse', 'front-desk': 'Front desk', 'privacy-officer': 'Privacy officer', 'security-officer': 'Security officer',
  administrator: 'Administrator', application: 'Application', patient: 'Patient', local: 'Command line on the server',
};
const rank = (list: Words[], value: string): string => list.find((w) => w.value === value)?.label ?? value;

export function actionText(e: Entry): string {
  if (e.kind === 'review' && e.action === 'continued') return 'Looked at the trail';
  const tried = e.outcome === 'denied' || e.outcome === 'failed' ? actions.find((w) => w.value === e.action)?.tried : undefined;
  return tried ? `Tried to ${tried}` : rank(actions, e.action);
}
export const outcomeText = (e: Entry): string => rank(outcomes, e.outcome);
export const purposeText = (code: string | undefined): string => (code ? purposes[code] ?? code : '');
export const relationText = (kind: string | undefined): string => (kind ? relations[kind] ?? kind.replace(/-/g, ' ') : '');
export const roleText = (role: string | undefined): string => (role ? roles[role] ?? role : '');
export const roleList = Object.entries(roles).filter(([value]) => value !== 'local').map(([value, label]) => ({ value, label }));

// The care that connects them, when any is known.
export const relation = (e: Entry) => (e.relationship && e.relationship.kind !== 'none' ? e.relationship : undefined);

// Of whom a care relationship is expected at all: the work of the others is not care.
const notTreating: Record<string, string> = {
  'front-desk': 'registration, appointments and bills', 'privacy-officer': 'answers for who reads records', 'security-officer': 'a role that takes no part in care',
  administrator: 'a role that takes no part in care', application: 'a program: whom it asked for is not known here', patient: 'a patient who is not known to be this one',
  local: 'from the server itself', watch: 'watches the trail',
};
export const careExpected = (e: Entry): boolean => !(e.who.role && e.who.role in notTreating);
export const roleWork = (role: string | undefined): string => (role ? notTreating[role] ?? '' : '');

export type Tone = 'plain' | 'warn' | 'bad' | 'glass';
export function tone(e: Entry): Tone {
  if (e.outcome === 'denied' || e.outcome === 'failed' || e.outcome === 'aborted') return 'bad';
  if (e.action === 'break-glass' || e.purpose === 'BTG') return 'glass';
  // Among several the care of each is not told one by one: only that it is known of none.
  const unknown = (e.patient_count ?? 0) > 1 ? e.relationship?.kind === 'none' && !!e.relationship.evidence : !relation(e);
  if (e.kind === 'access' && e.action === 'read' && e.patient_count && unknown && careExpected(e)) return 'warn';
  return 'plain';
}
