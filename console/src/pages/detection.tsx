// Is the watch awake? How far behind it is, what it had to leave out, who fell silent, what waits.
import { useEffect, useRef, useState } from 'preact/hooks';
import { getOnce, query } from '../base/api';
import { useEvery, useLoad, useNow } from '../base/load';
import { useNews } from '../base/news';
import { may } from '../base/session';
import type { Status } from '../base/types';
import type { Courier, Findings, FindingsPage } from '../base/watch';
import { ago, bytes, count, dateTime, left, plural } from '../fhir/words';
import { Box, Empty, Skeleton, Trouble } from '../ui/notice';
import { Card, Page, Tag } from '../ui/page';
import { Facts, Table } from '../ui/table';

const EVERY_MS = 5000;
const quietRules = ['behaviour.silence', 'behaviour.gap', 'behaviour.clock', 'behaviour.interrupted'];
const SILENT_MS = 14 * 86400_000;

interface Speed { at: number; place: number; perSecond?: number }

// Entries a second, between two looks: the first look alone knows no speed.
function useSpeed(status: Status | undefined): Speed | undefined {
  const [speed, setSpeed] = useState<Speed>();
  const last = useRef<Speed>();
  useEffect(() => {
    const place = status?.watch?.place;
    const before = last.current;
    if (place === null || place === undefined || (before && Date.now() - before.at < 1000)) return;
    const now: Speed = { at: Date.now(), place };
    if (before && place >= before.place) now.perSecond = ((place - before.place) * 1000) / (now.at - before.at);
    last.current = now;
    setSpeed(now);
  }, [status]);
  return speed;
}

function Lag({ status, speed }: { status: Status; speed?: Speed }) {
  const place = status.watch?.place;
  const watch = status.roles?.find((r) => r.name === 'watch');
  if (watch && !/^(running|ready|up|ok)$/i.test(watch.state)) return <Box tone="bad" title={`Watch is ${watch.state}.`}>Nothing is looked at until it is back. Nothing is lost: it goes on in the trail where it stopped.</Box>;
  if (place === null || place === undefined) return <Box tone="warn" title="Watch has not told anything yet.">It tells every few seconds; look again in a moment.</Box>;
  const behind = status.watch?.lag ?? 0;
  if (!behind) return <Box tone="good" title="Watch keeps up.">It has come to entry {count(place)}, and tells how far it is every few seconds.</Box>;
  const seconds = speed?.perSecond ? behind / speed.perSecond : undefined;
  return (
    <Box tone={seconds !== undefined && seconds < 10 ? 'info' : 'warn'} title={seconds !== undefined ? `Watch is about ${left(seconds * 1000)} behind.` : `Watch is ${plural(behind, 'entry', 'entries')} behind.`}>
      {seconds !== undefined && <>{plural(behind, 'entry', 'entries')}, at the {count(Math.round(speed!.perSecond!))} a second that it reads now. </>}Nothing is skipped: what happened is found later, not never.
    </Box>
  );
}

function Looking({ findings }: { findings: Findings }) {
  const d = findings.detect;
  const now = useNow(5000);
  const sum = (key: 'held_back' | 'excepted' | 'regex_gave_up') => (d.rules ?? []).reduce((n, r) => n + (r[key] ?? 0), 0);
  const evicted = (d.memory?.evicted_groups ?? 0) + (d.memory?.evicted_marks ?? 0);
  return (
    <>
      {evicted > 0 && <Box tone="warn" title={`The rules’ memory was full: ${plural(evicted, 'thing')} had to be forgotten.`}>A rule that counts over hours may have missed something. Somebody may be flooding it on purpose; look at what is busy.</Box>}
      {sum('regex_gave_up') > 0 && <Box tone="warn" title={`A pattern gave up ${plural(sum('regex_gave_up'), 'time')}.`}>The rules page says in which rule.</Box>}
      <div class="grid">
        <Card title="Rules">
          <Facts facts={[
            ['Rules', d.rules ? plural(d.rules.length, 'rule') : 'too many to tell'], ['Last read', d.rules_read && ago(d.rules_read, now)],
            ['Refused', d.problem_count ? <a href="/findings">{plural(d.problem_count, 'problem')}</a> : 'none'], ['Events looked at', `${count(d.events)} since watch was started`],
            ['Held back', sum('held_back') ? `${plural(sum('held_back'), 'finding')}: more at once than anybody could read` : 'none'], ['Excepted', sum('excepted') ? plural(sum('excepted'), 'finding') : 'none'],
            ['Memory', d.memory && `${bytes(d.memory.bytes)} in ${plural(d.memory.groups, 'group')}`], ['Forgotten for want of room', count(evicted)],
          ]} />
        </Card>
        <Silent total={findings.total} />
      </div>
    </>
  );
}

// Asked for by themselves: among everything else that was found they would be lost.
function Silent({ total }: { total: number }) {
  const loaded = useLoad(`silent ${total}`, async (signal) => {
    const got = await getOnce<FindingsPage>(`/api/findings${query({ rule: quietRules.join(',') })}`, signal);
    return got.findings.filter((f) => Date.now() - Date.parse(f.time) < SILENT_MS);
  });
  const silent = loaded.data;
  return (
        <Card title="Who fell silent" aside={<span class="muted">In the last fourteen days</span>}>
          {loaded.error ? <Trouble error={loaded.error} again={loaded.again} /> : !silent ? <Skeleton rows={2} /> : silent.length ? <ul class="lines">{silent.map((f) => <li key={f.id}><div><a href={`/finding/${f.id}`}>{f.title}</a><em>{f.sentence}</em></div><small>{dateTime(f.time)}</small></li>)}</ul>
            : <Empty>No source that is usually busy fell silent, the trail has no gap, and no clock jumped.</Empty>}
        </Card>
  );
}

function CourierCard() {
  const loaded = useLoad('courier', (signal) => getOnce<Courier>('/api/courier', signal));
  useEvery(EVERY_MS, loaded.again);
  const now = useNow(5000);
  const c = loaded.data;
  return (
    <Card title="The courier: what goes out" aside={c && <Tag tone={c.queued ? 'warn' : 'good'}>{c.queued ? `${count(c.queued)} waiting` : 'Nothing waits'}</Tag>}>
      {loaded.error ? <Trouble error={loaded.error} again={loaded.again} /> : !c ? <Skeleton rows={3} /> : (
        <>
          {!c.running && <Box tone="warn" title="The courier has not told anything yet." />}
          {c.problem && <Box tone="bad" title={c.problem}>Nothing goes out.</Box>}
          {c.refused.length > 0 && <Box tone="bad" title={`${plural(c.refused.length, 'time')} somebody wanted to go where nothing leads.`}>{c.refused[0]!.words}</Box>}
          {c.destinations.length ? <Table label="Destinations" rows={c.destinations} keyOf={(d) => d.name} tone={(d) => (d.failed ? 'warn' : undefined)} columns={[
            { title: 'Destination', kind: 'main', cell: (d) => <>{d.name} <small class="muted">{d.kind}</small></> },
            { title: 'Waiting', kind: 'number', cell: (d) => count(d.waiting) },
            { title: 'Delivered', kind: 'number', cell: (d) => count(d.delivered) },
            { title: 'Failed', kind: 'number', cell: (d) => count(d.failed) },
            { title: 'Last', cell: (d) => d.last && <>{d.last} {ago(d.last_time, now)} <small class="muted">{d.words}</small></> },
          ]} /> : <Empty>No destination is named: nobody is told anything outside this page.</Empty>}
        </>
      )}
    </Card>
  );
}

function Here() {
  const status = useLoad('status', (signal) => getOnce<Status>('/api/status', signal));
  useEvery(EVERY_MS, status.again);
  const speed = useSpeed(status.data);
  if (status.error) return <Trouble error={status.error} again={status.again} />;
  if (!status.data) return <Skeleton rows={2} />;
  return (
    <>
      <Lag status={status.data} speed={speed} />
      <dl class="figures">
        <div><dt>Entries on the trail</dt><dd>{count(Number(status.data.trail?.size ?? 0))}</dd></div>
        <div><dt>Watch has come to</dt><dd>{count(status.data.watch?.place ?? 0)}</dd></div>
        <div class={status.data.watch?.lag ? 'warn' : ''}><dt>Behind by</dt><dd>{count(status.data.watch?.lag ?? 0)}</dd></div>
        <div><dt>Events a second, now</dt><dd>{speed?.perSecond === undefined ? '…' : count(Math.round(speed.perSecond))}</dd></div>
      </dl>
    </>
  );
}

function Found() {
  const loaded = useLoad('findings', (signal) => getOnce<Findings>('/api/findings', signal));
  useNews(['findings'], loaded.again);
  return loaded.error ? <Trouble error={loaded.error} again={loaded.again} /> : loaded.data ? <Looking findings={loaded.data} /> : <Skeleton rows={6} />;
}

export function Detection() {
  return (
    <Page title="Detection" lead="Whether the watch is awake, and what it had to leave out.">
      {may('status-view') ? <Here /> : <Box>How far watch has come is shown to those who look after the system.</Box>}
      {may('trail-search') && <Found />}
      {may('status-view') && <CourierCard />}
    </Page>
  );
}
