// Every page, in the order of the menu.
import type { ComponentType } from 'preact';
import type { Store } from '../base/store';
import { asking } from '../base/asking';
import { queued, unassigned } from '../base/news';
import type { IconName } from '../ui/icon';
import { later } from '../ui/later';
import { About } from './about';
import { Find } from './find';
import { Mine } from './mine';
import { RecordPage } from './record/record';
import { Sessions } from './sessions';

export interface Route {
  path: string;
  also?: string[];
  page: ComponentType<{ params: Record<string, string> }>;
  menu?: string;
  icon?: IconName;
  // Shown only to those who may one of these; the door decides again at every request.
  verb?: string | string[];
  // How many wait there, beside its name.
  waits?: Store<number>;
  // It looks for people; of no use to a patient.
  search?: boolean;
}

type Officers = typeof import('./officers');
const officers = (pick: (m: Officers) => Route['page']): Route['page'] => later(() => import('./officers'), pick);

// Today's work first. Where there are more than fit, the last are behind "More".
export const pages: Route[] = [
  { path: '/queue', page: officers((m) => m.QueuePage), menu: 'Queue', icon: 'eye', verb: 'trail-search', waits: queued },
  { path: '/incidents', also: ['/incident/:number/:part?/:kind?/:patient?'], page: officers((m) => m.IncidentsPage), menu: 'Incidents', icon: 'alert', verb: 'trail-search', waits: unassigned },
  { path: '/incident/:number', page: officers((m) => m.Room), verb: 'trail-search' },
  { path: '/incident/:number/letter/:kind/:patient?', page: officers((m) => m.LetterPage), verb: 'trail-search' },
  { path: '/approvals', page: officers((m) => m.Approvals), menu: 'Approvals', icon: 'check', verb: 'playbooks', waits: asking },
  { path: '/', also: ['/patient/:id/:tab?'], page: Find, menu: 'Patients', icon: 'patients', verb: 'patient-search', search: true },
  { path: '/patient/:id/:tab?', page: RecordPage },
  { path: '/blocks', page: officers((m) => m.Blocks), menu: 'Blocks', icon: 'block', verb: 'status-view' },
  { path: '/findings', also: ['/finding/:id'], page: officers((m) => m.FindingsPage), menu: 'Findings', icon: 'find', verb: 'trail-search' },
  { path: '/intelligence', page: officers((m) => m.IntelligencePage), menu: 'Known attacks', icon: 'world', verb: 'trail-search' },
  { path: '/finding/:id', page: officers((m) => m.FindingPage), verb: 'trail-search' },
  { path: '/person/:account', page: officers((m) => m.Ordinary), verb: 'trail-search' },
  { path: '/trail/:seq?', page: officers((m) => m.Trail), menu: 'Trail', icon: 'trail', verb: 'trail-search' },
  { path: '/accounts', page: officers((m) => m.Accounts), menu: 'Accounts', icon: 'accounts', verb: 'accounts-manage' },
  { path: '/detection', page: officers((m) => m.Detection), menu: 'Detection', icon: 'detect', verb: ['status-view', 'trail-search'] },
  { path: '/health', page: officers((m) => m.Health), menu: 'Health', icon: 'health', verb: 'status-view' },
  { path: '/sessions', page: Sessions, menu: 'Sessions', icon: 'sessions' },
  { path: '/about', page: About, menu: 'About', icon: 'about' },
  { path: '/me', page: Mine },
];

// What to follow in the menu: a pattern's parameters left out.
export const menuPath = (route: Route): string => route.path.replace(/\/:.*$/, '') || '/';
