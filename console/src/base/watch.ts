// What /api tells of the watch: blocks, findings, incidents, playbooks. docs/api.md is the contract.

export interface Who { account?: string; name?: string; role?: string }
export interface About { id: string; name?: string }

export interface GuardLine {
  kind: 'block' | 'quarantine' | 'flow' | 'denied' | 'knock';
  packets: number;
  bytes: number;
  address?: string;
  seconds?: number;
  case?: string;
  reason?: string;
  name?: string;
  places?: number;
}

export interface Guard {
  zones: string;
  confirm_seconds: number;
  lines: GuardLine[];
}

export type Level = 'informational' | 'low' | 'medium' | 'high' | 'critical';

export interface Finding {
  id: number;
  source?: string;
  rule: string;
  title: string;
  level: Level;
  certain?: boolean;
  time: string;
  seq: number;
  count: number;
  sentence: string;
  advice: string;
  evidence: number[];
  attack?: string[];
  false_positives?: string[];
  // What was said when the glass was broken.
  reasons?: string[];
  who?: Who;
  about?: About;
}

export interface RuleRecord {
  id: string;
  title: string;
  level: Level;
  file: string;
  hits: number;
  findings: number;
  excepted?: number;
  held_back?: number;
  regex_gave_up?: number;
}

export interface Detect {
  events: number;
  rules_read?: string;
  findings: Partial<Record<Level, number>>;
  rules?: RuleRecord[];
  memory?: { groups: number; bytes: number; evicted_groups: number; evicted_marks: number };
  problem_count: number;
  problems?: { file: string; line: number; text: string }[];
}

export interface Exception {
  id: string;
  rule: string;
  title: string;
  field: string;
  value?: string;
  who?: Who & { login?: string };
  reason: string;
  until: string;
  used: number;
  ended: boolean;
  // Made by asking, and taken back the same way; the others stand in a file.
  added: boolean;
}

export interface Findings {
  total: number;
  findings: Finding[];
  detect: Detect;
  next?: number;
}
// Older ones, or only some of them.
export type FindingsPage = Omit<Findings, 'detect'>;

export interface Courier {
  running: boolean;
  problem: string;
  queued: number;
  queued_bytes: number;
  destinations: { name: string; kind: string; waiting: number; delivered: number; failed: number; last?: string; last_time?: string; words: string }[];
  refused: { reason: string; destination: string; words: string; time: string }[];
}

export interface Clock {
  duty: string;
  law: string;
  article: string;
  title: string;
  state: 'running' | 'overdue' | 'done' | 'not-needed';
  words: string;
  due?: string;
}

export interface Brief {
  number: string;
  state: 'open' | 'assigned' | 'contained' | 'closed';
  severity: Level;
  title: string;
  why: string;
  subject: string;
  findings: number;
  open_tasks: number;
  opened: string;
  last: string;
  closed?: string;
  assigned?: string;
  verdict?: string;
  clock?: Clock;
  who?: Who;
}

export interface Happening {
  time: string;
  kind: string;
  text?: string;
  value?: string;
  who?: Who;
  about?: About;
  // Of findings.
  id?: number;
  seq?: number;
  rule?: string;
  title?: string;
  level?: Level;
  advice?: string;
}

export interface Incident extends Brief {
  risk?: { points: number; rules: number; sources: number; tactics: number; alert: boolean };
  timeline: Happening[];
  timeline_left_out?: number;
  tasks: { number: number; text?: string; who?: Who; done: boolean; done_at?: string }[];
  assessment: Record<string, { value?: string }>;
  patients: { count: number; listed: About[] };
  kinds?: string;
  evidence: number[];
  clocks: Clock[];
  proposals?: { rule: string; title: string; when: string; reason: string; until: string; text: string }[];
}

export interface Incidents {
  incidents: Brief[];
  rules?: { rule: string; title: string; fired: number; true: number; false: number }[];
  next?: string;
}

export interface RunStep {
  step: number;
  action: string;
  state: 'asked' | 'acting' | 'done' | 'refused' | 'failed' | 'skipped' | 'declined' | 'undoing' | 'undone' | 'over' | 'would';
  words: string;
  why: string;
  time?: string;
  until?: string;
  due?: string;
  role?: string;
  on_timeout?: 'skip' | 'do' | 'escalate';
  undo?: string;
  seconds?: number;
}

export interface Run {
  id: number;
  playbook: string;
  state: 'asking' | 'running' | 'holding' | 'ended' | 'cut' | 'dry';
  started?: string;
  ended?: string;
  steps: RunStep[];
  seq?: number;
  rule?: string;
  title?: string;
  level?: Level;
  sentence?: string;
  address?: string;
  who?: Who;
  about?: About;
}

export interface Measure {
  key: string;
  action: string;
  words: string;
  since?: string;
  until?: string;
  account?: string;
  patient?: string;
  session?: string;
}

export interface Behaviour {
  account: { id: string; login: string; name: string; role: string };
  days: number;
  compared_with: string;
  peer_days: number;
  found_today: boolean;
  features: {
    feature: string; label: string; today: number; unusual?: boolean;
    median?: number; p90?: number; most?: number; days?: number;
    peers_median?: number; peers_p90?: number; peers_p99?: number;
  }[];
  usual_hours: number[];
}

export interface Source {
  name: string;
  kind: string;
  indicators: number;
  left_out: number;
  fetched?: string;
  failures: number;
  problem?: string;
}

export interface Sighting {
  kind: string;
  value: string;
  source: string;
  name: string;
  who?: Who;
  count: number;
  first: string;
  last: string;
  seq: number;
}

export interface Indicator {
  kind: string;
  value: string;
  id: string;
  name: string;
  author?: string;
  source: string;
  tlp?: string;
  sure: number;
  since?: string;
  until?: string;
  expired: boolean;
  matches: boolean;
  warning_list?: string;
}

export interface Intelligence {
  ready: boolean;
  list: Source[];
  problems: string[];
  seen: number;
  sightings: Sighting[];
  indicators?: number;
  on_warning_lists?: number;
  memory_bytes?: number;
}
