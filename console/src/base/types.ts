// What /api answers; docs/api.md is the contract.
import type { Patient } from '../fhir/types';

export interface Account {
  id: string;
  login: string;
  name: string;
  role: string;
  person?: string;
  state: 'active' | 'locked';
  second_factor: boolean;
  must_change_password?: boolean;
  created?: string;
}

export interface Session {
  handle: string;
  account?: string;
  name?: string;
  role?: string;
  kind: 'cookie' | 'bearer';
  created?: string;
  last_used?: string;
  idle_ends?: string;
  ends?: string;
  address?: string;
  agent?: string;
  current: boolean;
}

export interface Me {
  account: Account;
  session: Session;
  may: string[];
}

export interface Grant {
  patient: string;
  until: string;
  reason?: string;
}

export interface CarePatient {
  patient: Patient;
  relationship: string;
  evidence: string;
}

export interface Proof {
  leaf: string;
  index: number;
  size: number;
  path: string[];
  checkpoint: string;
}

export interface Entry {
  seq: number;
  time: string;
  kind: string;
  action: string;
  outcome: string;
  who: { account?: string; name?: string; role?: string };
  session?: string;
  address?: string;
  application?: string;
  resource?: string;
  version?: number;
  patients?: { id: string; name?: string }[];
  patient_count?: number;
  relationship?: { kind: string; evidence?: string };
  purpose?: string;
  reason?: string;
  query?: string;
  rule?: string;
  detail?: string;
  refers_to?: number;
  sentence: string;
  proof?: Proof;
}

export interface Flag {
  code: string;
  text: string;
}

export interface Look {
  seq: number;
  time: string;
  sentence: string;
  explanation: string;
  text: string;
  strength: number;
  score: number;
  looked: number;
  who?: { account?: string; name?: string; role?: string };
  flags: Flag[];
  patient: { id: string; name?: string };
}

export interface QueueItem {
  queue: 'worst' | 'slow' | 'record';
  day: string;
  closed: boolean;
  score: number;
  records: number;
  persons: number;
  who: { account?: string; name?: string; role?: string };
  why: string[];
  looks: Look[];
}

export interface Queue {
  ready: boolean;
  staff?: number;
  per_thousand?: number;
  waiting?: number;
  incidents?: number;
  until?: string;
  items: QueueItem[];
}

export interface Explanation {
  seq: number;
  explanation: string;
  text: string;
  strength: number;
  explained: boolean;
  path: { resource?: string; seq?: number; words: string; name?: string }[];
  flags: Flag[];
  recorded?: string;
}

export interface Entries {
  entries: Entry[];
  next?: number | string;
}

export interface TrailState {
  size: number;
  durable: number;
  root: string;
  checkpoint: { size: number; time: string; text: string };
  verified: { size: number; time: string; result: 'whole' | 'broken' | 'never'; detail?: string };
  key: string;
}

export interface Role {
  name: string;
  pid: number;
  state: string;
  since?: string;
  restarts: number;
  user: string;
  memory_bytes: number;
  confinement: {
    seccomp: boolean;
    landlock: boolean | string;
    no_new_privileges: boolean;
    capabilities: string[] | string;
    note?: string;
  };
  queues?: Record<string, number>;
}

export interface Status {
  version: string;
  since?: string;
  roles?: Role[];
  records?: Record<string, number> | null;
  trail?: Record<string, number | string> | null;
  vault?: Record<string, number>;
  watch?: { place?: number | null; lag?: number | null };
}

export interface Activity {
  from: string;
  bucket_seconds: number;
  series: { name: string; points: number[] }[];
}

export interface Advice {
  acceptable: boolean;
  score: number;
  warning?: string;
  suggestions?: string[];
}
