// The incident room: one screen from which a tired person can decide. First who, what, since when,
// what is contained and what to decide; then everything that stands behind it.
import { get, getOnce, query } from '../../base/api';
import { useEvery, useLoad, useNow } from '../../base/load';
import { useNews } from '../../base/news';
import { account, may } from '../../base/session';
import type { Guard, Incident, Run } from '../../base/watch';
import { ago, dateTime, left, plural } from '../../fhir/words';
import { Evidence, LevelTag, whoText } from '../../trail/finding';
import { RunCard } from '../../trail/run';
import { roleText } from '../../trail/words';
import { Box, Empty, Skeleton, Trouble } from '../../ui/notice';
import { Card, Page, Tag } from '../../ui/page';
import { Decisions, type Own } from './doing';
import { Law, Patients, Proposals, Tasks, Timeline } from './parts';
import { StateTag, contained, nextOf, runsOf, worst } from './words';

const PAGES = 8;
const GUARD_MS = 5000;
// Back to the runs from before the incident.
async function runsSince(opened: string, signal: AbortSignal): Promise<Run[]> {
  const all: Run[] = [];
  let before: number | undefined;
  for (let page = 0; page < PAGES; page++) {
    const got: { runs: Run[]; next?: number } = await getOnce(`/api/playbooks/runs${query({ before })}`, signal);
    all.push(...got.runs);
    const oldest = got.runs[got.runs.length - 1]?.started;
    before = got.next;
    if (!before || (oldest && Date.parse(oldest) < Date.parse(opened) - 3 * 86400_000)) break;
  }
  return all;
}

function InShort({ own, runs, guard }: { own: Own; runs: Run[]; guard?: Guard & { at: number } }) {
  const now = useNow(1000);
  const i = own.incident;
  const role = account()?.role;
  const found = worst(i);
  const blocks = (guard?.lines ?? []).filter((l) => l.case === i.number).map((l) => `${l.address} is ${l.kind === 'quarantine' ? 'in quarantine' : 'blocked'}, for ${left((l.seconds ?? 0) * 1000 - (now - guard!.at))} more`);
  const held = [...contained(i, runs, now), ...blocks];
  const next = nextOf(i, runs, role, now);
  const first = i.timeline.find((h) => h.kind === 'finding')?.time ?? i.opened;
  return (
    <section class={`in-short ${next.urgent ? 'urgent' : ''}`} aria-label="In short">
      <p class="in-short-what">
        {i.who && <><b>{i.who.account ? <a href={`/person/${i.who.account}`}>{whoText(i.who)}</a> : whoText(i.who)}</b> ({roleText(i.who.role).toLowerCase()}). </>}
        {found?.text ?? i.why}
      </p>
      <p>
        Since <time dateTime={first}>{dateTime(first)}</time> ({ago(first, now)}); the last time {ago(i.last, now)}. {plural(i.findings, 'finding')}; <b>{plural(i.patients.count, 'patient')}</b> concerned{i.risk ? `; this person’s risk: ${plural(i.risk.points, 'point')}${i.risk.alert ? ', an alert' : ''}` : ''}.
      </p>
      <p><b>Contained:</b> {held.length ? `${held.join('; ')}.` : 'nothing yet.'}</p>
      <p class="in-short-next"><b>Next:</b> {next.words}</p>
      <Decisions own={own} />
    </section>
  );
}

function Playbooks({ runs, error, again }: { runs: Run[]; error?: Parameters<typeof Trouble>[0]['error']; again(): void }) {
  return (
    <Card title="What playbooks did">
      {error ? <Trouble error={error} again={again} /> : runs.length ? runs.map((r) => <RunCard key={r.id} run={r} done={again} />) : <Empty>No playbook was started by these findings.</Empty>}
    </Card>
  );
}

function Inside({ own }: { own: Own }) {
  const i = own.incident;
  const runs = useLoad(`runs of ${i.number} ${may('playbooks')}`, (signal) => (may('playbooks') ? runsSince(i.opened, signal) : Promise.resolve<Run[]>([])));
  const guard = useLoad(`guard ${may('status-view')}`, async (signal) => (may('status-view') ? { ...(await getOnce<Guard>('/api/guard', signal)), at: Date.now() } : undefined));
  useNews(['runs'], runs.again);
  // Blocks and their time are nobody's record: asking for them is no look at anybody.
  useEvery(GUARD_MS, guard.again);
  const ours = runsOf(i, runs.data ?? []);
  return (
    <>
      <InShort own={own} runs={ours} guard={guard.data} />
      {guard.error && <Box tone="warn" title={guard.error.message}>What guard blocks for this incident is not known now.</Box>}
      {may('playbooks') && <Playbooks runs={ours} error={runs.error} again={runs.again} />}
      <div class="room">
        <div><Timeline own={own} /></div>
        <div>
          <Law own={own} />
          <Patients incident={i} />
          <Tasks own={own} runs={ours} again={runs.again} />
          <Proposals incident={i} />
          <Card title="Evidence" aside={<span class="muted">{plural(i.evidence.length, 'entry', 'entries')}</span>}>
            <Evidence seqs={i.evidence} />
            <p class="hint">Each can be proved in its place. For the whole bundle, on the server: <code>hospitaller incidents evidence {i.number}</code></p>
          </Card>
        </div>
      </div>
    </>
  );
}

export function Room({ params }: { params: Record<string, string> }) {
  const loaded = useLoad(`incident ${params.number}`, (signal) => get<Incident>(`/api/incidents/${encodeURIComponent(params.number!)}`, signal));
  useNews(['incidents'], loaded.again);
  const i = loaded.data;
  return (
    <Page title={i?.title ?? 'Incident'} lead={i && <span class="row"><span>Incident {i.number}</span><LevelTag level={i.severity} /><StateTag incident={i} />{i.assigned && <Tag>{i.assigned}</Tag>}</span>}
      actions={<><a class="button" href="/incidents">All incidents</a><button type="button" class="button" onClick={loaded.again}>Refresh</button></>}>
      {loaded.error ? <Trouble error={loaded.error} again={loaded.again} /> : i ? <Inside own={{ incident: i, set: loaded.set }} /> : <Skeleton rows={10} />}
    </Page>
  );
}
