// Health: each role as the kernel sees it, what waits where, and what goes on.
import { useMemo } from 'preact/hooks';
import { get } from '../base/api';
import { useEvery, useLoad, useNow } from '../base/load';
import type { Activity, Role, Status } from '../base/types';
import { ago, bytes, count, plural } from '../fhir/words';
import { Box, Empty, Skeleton, Trouble } from '../ui/notice';
import { Card, Page, Tag } from '../ui/page';
import { Plot } from '../ui/plot';
import { Facts } from '../ui/table';

const EVERY_MS = 5000;

const duties: Record<string, string> = {
  parent: 'Starts and watches the others', gate: 'The door: speaks TLS and HTTP, decides nothing', vault: 'Decides, keeps the records and the trail',
  'gate-worker': 'Speaks with the network, under tighter bounds', watch: 'Thinks about what happened', courier: 'The only way out', relay: 'The door for devices', sensor: 'Listens on the network', scan: 'Reads untrusted files', guard: 'Carries out what was decided',
};
const queueWords: Record<string, string> = {
  requests: 'Requests since start', denials: 'Refused', commits: 'Commits', writes: 'Writes', waiting_trail: 'Waiting for the trail', waiting_commit: 'Waiting for the database', hashing: 'Passwords being checked',
};

// The kernel's own names, by bit; what is not here is shown by its number.
const capabilityNames: Record<number, string> = { 0: 'chown', 1: 'dac_override', 5: 'kill', 6: 'setgid', 7: 'setuid', 10: 'net_bind_service', 12: 'net_admin', 13: 'net_raw', 21: 'sys_admin' };

export function capabilities(role: Role): string {
  const c = role.confinement.capabilities;
  if (Array.isArray(c)) return c.length ? c.join(', ') : 'none';
  if (!/^[0-9a-f]+$/i.test(c)) return c === '-' ? 'none' : c;
  const bits = [...BigInt(`0x${c}`).toString(2)].reverse().flatMap((b, i) => (b === '1' ? [capabilityNames[i] ?? `no. ${i}`] : []));
  return bits.length > 12 ? 'all of root’s' : bits.join(', ') || 'none';
}

function Confinement({ role }: { role: Role }) {
  const c = role.confinement;
  const landlock = c.landlock === true || (typeof c.landlock === 'string' && !/^(no|none|off|0|false|-|unavailable)/i.test(c.landlock));
  const held: [string, boolean, string?][] = [['System calls filtered', c.seccomp], ['Files fenced', landlock, typeof c.landlock === 'string' && c.landlock !== '0' ? (/^\d+$/.test(c.landlock) ? `Landlock ${c.landlock}` : c.landlock) : undefined], ['No new rights', c.no_new_privileges]];
  return (
    <ul class="held">
      {held.map(([name, on, note]) => <li key={name} class={on ? 'on' : 'off'}><span aria-hidden="true">{on ? '✓' : '–'}</span>{name}<span class="only-heard">{on ? ': yes' : ': no'}</span>{note && !/^(yes|on|true|full|1)$/i.test(note) && <small> ({note})</small>}</li>)}
      <li class={capabilities(role) === 'none' ? 'on' : ''}><span aria-hidden="true">{capabilities(role) === 'none' ? '✓' : '–'}</span>Capabilities: {capabilities(role)}</li>
    </ul>
  );
}

function RoleCard({ role, now }: { role: Role; now: number }) {
  const fine = /^(running|ready|up|ok)$/i.test(role.state);
  return (
    <section class="role" aria-label={role.name}>
      <header><h3>{role.name}</h3><Tag tone={fine ? 'good' : 'bad'}>{role.state}</Tag></header>
      <p class="muted">{duties[role.name] ?? ''}</p>
      <Confinement role={role} />
      <Facts facts={[['User', <span class="mono">{role.user}</span>], ['Process', <span class="mono">{role.pid}</span>], ['Memory', bytes(role.memory_bytes)], ['Up since', ago(role.since, now)],
        ['Restarts', role.restarts > 0 ? <b>{role.restarts}</b> : '0'], ...Object.entries(role.queues ?? {}).map(([k, v]): [string, string] => [queueWords[k] ?? k, count(v)])]} />
      {role.confinement.note && <p class="hint">{role.confinement.note}</p>}
    </section>
  );
}

const seriesWords: Record<string, string> = { read: 'Reads', search: 'Searches', write: 'Writes', 'sign-in': 'Sign-ins', denied: 'Refused', 'break-glass': 'Broken glass', 'without-relationship': 'Without relation' };
const quiet = new Set(['denied', 'break-glass', 'without-relationship']);

function ActivityPlots({ activity }: { activity: Activity }) {
  const made = useMemo(() => {
    const from = Date.parse(activity.from) / 1000;
    const length = activity.series[0]?.points.length ?? 0;
    const keep = Math.min(length, 180);
    const at = Array.from({ length: keep }, (_, i) => from + (length - keep + i) * activity.bucket_seconds);
    const line = (s: { name: string; points: number[] }) => ({ name: seriesWords[s.name] ?? s.name, values: s.points.slice(-keep) });
    return { at, work: activity.series.filter((s) => !quiet.has(s.name)).map(line), care: activity.series.filter((s) => quiet.has(s.name)).map(line) };
  }, [activity]);
  if (!made.at.length) return <Empty>Nothing has been counted yet.</Empty>;
  return (
    <div class="grid">
      <Card title="Work, a minute"><Plot label="Reads, searches, writes and sign-ins a minute" at={made.at} lines={made.work} points={false} whole height={200} /></Card>
      <Card title="To look at, a minute"><Plot label="Refusals, broken glass and accesses without a relation a minute" at={made.at} lines={made.care} points={false} whole height={200} /></Card>
    </div>
  );
}

export function Health() {
  const status = useLoad('status', (signal) => get<Status>('/api/status', signal));
  const activity = useLoad('activity', (signal) => get<Activity>('/api/activity?minutes=180', signal));
  const now = useNow(1000);
  useEvery(EVERY_MS, () => { status.again(); activity.again(); });
  const s = status.data;
  const roles = s?.roles ?? [];
  const restarts = roles.reduce((n, r) => n + r.restarts, 0);
  const lag = s?.watch?.lag ?? 0;
  return (
    <Page title="Health" lead={s ? <>Version {s.version}, up since {ago(s.since, now)}.</> : ' '}>
      {status.error && <Trouble error={status.error} again={status.again} />}
      {!s && status.loading && <Skeleton rows={8} />}
      {s && (
        <>
          <dl class="figures">
            <div><dt>Patients</dt><dd>{count(s.records?.patients ?? 0)}</dd></div>
            <div><dt>Resources</dt><dd>{count(s.records?.resources ?? 0)}</dd></div>
            <div><dt>Trail</dt><dd>{count(Number(s.trail?.size ?? 0))}</dd></div>
            <div class={lag ? 'warn' : ''}><dt>Watch is behind by</dt><dd>{count(lag)}</dd></div>
            <div class={restarts ? 'warn' : ''}><dt>Restarts</dt><dd>{count(restarts)}</dd></div>
          </dl>
          {activity.data && <ActivityPlots activity={activity.data} />}
          {activity.error && <Box tone="info" title={activity.error.message} />}
          <Card title="Roles" aside={<span class="muted">{plural(roles.length, 'process', 'processes')}, as the kernel reports them</span>}>
            {roles.length ? <div class="roles">{roles.map((r) => <RoleCard key={`${r.name}${r.pid}`} role={r} now={now} />)}</div> : <Empty>The roles have not reported yet.</Empty>}
          </Card>
          <div class="grid">
            <Card title="Queues">
              <Facts facts={Object.entries(s.vault ?? {}).map(([k, v]): [string, string] => [queueWords[k] ?? k, count(v)])} />
            </Card>
            <Card title="Stores">
              <Facts facts={[['Records on disk', bytes(s.records?.bytes ?? 0)], ['Versions', count(s.records?.versions ?? 0)], ['Trail on disk', bytes(Number(s.trail?.bytes ?? 0))], ['Signed up to', count(Number(s.trail?.checkpoint ?? 0))], ['Searchable up to', count(Number(s.trail?.indexed ?? 0))], ['Last signature', ago(String(s.trail?.checkpoint_time ?? ''), now)]]} />
            </Card>
          </div>
        </>
      )}
    </Page>
  );
}
