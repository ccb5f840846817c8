// Every page, in the order of the menu.
import type { ComponentType } from 'preact';
import type { IconName } from '../ui/icon';
import { About } from './about';
import { Accounts } from './accounts';
import { Find } from './find';
import { Health } from './health';
import { Mine } from './mine';
import { RecordPage } from './record/record';
import { Sessions } from './sessions';
import { Trail } from './trail';

export interface Route {
  path: string;
  also?: string[];
  page: ComponentType<{ params: Record<string, string> }>;
  menu?: string;
  icon?: IconName;
  // Shown only to those who may; the door decides again at every request.
  verb?: string;
  // It looks for people; of no use to a patient.
  search?: boolean;
}

export const pages: Route[] = [
  { path: '/', also: ['/patient/:id/:tab?'], page: Find, menu: 'Patients', icon: 'patients', verb: 'patient-search', search: true },
  { path: '/patient/:id/:tab?', page: RecordPage },
  { path: '/trail', page: Trail, menu: 'Trail', icon: 'trail', verb: 'trail-search' },
  { path: '/accounts', page: Accounts, menu: 'Accounts', icon: 'accounts', verb: 'accounts-manage' },
  { path: '/health', page: Health, menu: 'Health', icon: 'health', verb: 'status-view' },
  { path: '/sessions', page: Sessions, menu: 'Sessions', icon: 'sessions' },
  { path: '/about', page: About, menu: 'About', icon: 'about' },
  { path: '/me', page: Mine },
];
