// The parts of a record, and for whom they are.
import type { ComponentType } from 'preact';
import type { Patient } from '../../fhir/types';
import { Appointments, Details, Documents, Encounters, Immunisations, Medicines, Problems } from './lists';
import { Results } from './results';
import { Seen } from './seen';
import { Summary } from './summary';

export interface PartProps { patient: Patient }
export interface Tab { key: string; title: string; part: ComponentType<PartProps>; not?: string[]; verb?: string }

const desk = ['front-desk'];
export const tabs: Tab[] = [
  { key: 'summary', title: 'Summary', part: Summary, not: desk },
  { key: 'problems', title: 'Problems', part: Problems, not: desk },
  { key: 'medicines', title: 'Medicines', part: Medicines, not: desk },
  { key: 'results', title: 'Results', part: Results, not: desk },
  { key: 'encounters', title: 'Visits', part: Encounters, not: desk },
  { key: 'documents', title: 'Documents', part: Documents, not: desk },
  { key: 'immunisations', title: 'Vaccines', part: Immunisations, not: desk },
  { key: 'details', title: 'Details', part: Details },
  { key: 'appointments', title: 'Appointments', part: Appointments },
  { key: 'seen', title: 'Who has seen this', part: Seen, verb: 'patient-who-saw' },
];
