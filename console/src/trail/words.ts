// The trail in plain words.
import type { Entry } from '../base/types';

interface Words { value: string; label: string }

export const actions: Words[] = [
  { value: 'read', label: 'Read' }, { value: 'vread', label: 'Read an earlier version' }, { value: 'history', label: 'Read the history' },
  { value: 'search', label: 'Searched' }, { value: 'create', label: 'Added' }, { value: 'update', label: 'Changed' }, { value: 'delete', label: 'Deleted' },
  { value: 'transaction', label: 'Stored a bundle' }, { value: 'import', label: 'Imported' }, { value: 'break-glass', label: 'Broke the glass' },
  { value: 'who-saw', label: 'Asked who has seen a record' }, { value: 'trail-search', label: 'Searched the trail' },
  { value: 'sign-in', label: 'Signed in' }, { value: 'second-factor', label: 'Gave a second factor' }, { value: 'sign-out', label: 'Signed out' },
  { value: 'enrol', label: 'Enrolled a second factor' }, { value: 'password', label: 'Changed a password' }, { value: 'session-revoke', label: 'Ended a session' },
  { value: 'account-create', label: 'Made an account' }, { value: 'account-change', label: 'Changed an account' }, { value: 'token-create', label: 'Made a token' },
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
  own: 'own record', 'own patients': 'own patients', 'break-glass': 'broke the glass',
};
const roles: Record<string, string> = {
  clinician: 'Clinician', nurse: 'Nurse', 'front-desk': 'Front desk', 'privacy-officer': 'Privacy officer', 'security-officer': 'Security officer',
  administrator: 'Administrator', application: 'Application', patient: 'Patient', local: 'Command line on the server',
};
const rank = (list: Words[], value: string): string => list.find((w) => w.value === value)?.label ?? value;

export const actionText = (e: Entry): string => rank(actions, e.action);
export const outcomeText = (e: Entry): string => rank(outcomes, e.outcome);
export const purposeText = (code: string | undefined): string => (code ? purposes[code] ?? code : '');
export const relationText = (kind: string | undefined): string => (kind ? relations[kind] ?? kind.replace(/-/g, ' ') : '');
export const roleText = (role: string | undefined): string => (role ? roles[role] ?? role : '');
export const roleList = Object.entries(roles).filter(([value]) => value !== 'local').map(([value, label]) => ({ value, label }));

// The care that connects them, when any is known.
export const relation = (e: Entry) => (e.relationship && e.relationship.kind !== 'none' ? e.relationship : undefined);

export type Tone = 'plain' | 'warn' | 'bad' | 'glass';
export function tone(e: Entry): Tone {
  if (e.outcome === 'denied' || e.outcome === 'failed' || e.outcome === 'aborted') return 'bad';
  if (e.action === 'break-glass' || e.purpose === 'BTG') return 'glass';
  if (e.kind === 'access' && e.action === 'read' && e.patient_count && !relation(e)) return 'warn';
  return 'plain';
}
