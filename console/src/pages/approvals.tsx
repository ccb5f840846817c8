// What waits for somebody's approval, what playbooks hold now, and how to take it back.
import { useEffect, useState } from 'preact/hooks';
import { getOnce, post, query } from '../base/api';
import { useLoad, useNow } from '../base/load';
import { useNews } from '../base/news';
import { may } from '../base/session';
import type { Measure, Run } from '../base/watch';
import { left, plural } from '../fhir/words';
import { RunCard, actText, holds, isAsking } from '../trail/run';
import { Ask, useDoing } from '../ui/ask';
import { Empty, Skeleton, Trouble, tell } from '../ui/notice';
import { Card, Page } from '../ui/page';
import { More, Table } from '../ui/table';

function Measures({ turn }: { turn: unknown }) {
  const loaded = useLoad('measures', (signal) => getOnce<{ measures: Measure[] }>('/api/measures', signal));
  // What a run did is held by the vault: when the runs are asked again, so is this.
  useEffect(() => loaded.again(), [turn]);
  const now = useNow(1000);
  const [lifting, setLifting] = useState<Measure>();
  const whom = (m: Measure) => m.account ?? (m.patient && (may('patient-search') ? <a href={`/patient/${m.patient}`}>Patient {m.patient}</a> : `Patient ${m.patient}`)) ?? m.session ?? '';
  return (
    <Card title="What holds now">
      {loaded.error ? <Trouble error={loaded.error} again={loaded.again} /> : !loaded.data ? <Skeleton rows={2} /> : loaded.data.measures.length ? (
        <Table label="Measures that hold" rows={loaded.data.measures} keyOf={(m) => m.key} columns={[
          { title: 'What', kind: 'main', cell: (m) => actText(m.action) },
          { title: 'Whom', cell: whom },
          { title: 'Ends in', cell: (m) => (m.until ? <span class="count">{left(Date.parse(m.until) - now)}</span> : '') },
          { title: 'Lift', kind: 'action', cell: (m) => <button type="button" class="button small" aria-label={`Lift: ${actText(m.action)}, ${m.account ?? m.patient ?? ''}`} onClick={() => setLifting(m)}>Lift…</button> },
        ]} />
      ) : <Empty>Playbooks have the vault hold nothing against anybody. Blocked addresses are on their own page.</Empty>}
      {lifting && (
        <Ask title={`Lift: ${actText(lifting.action)}`} act="Lift it" free onClose={() => setLifting(undefined)} onDo={async (reason) => {
          tell((await post<{ message: string }>(`/api/measures/${encodeURIComponent(lifting.key)}/lift`, { reason })).message);
          setLifting(undefined);
          loaded.again();
        }}><p>It ends at once, for everybody.</p></Ask>
      )}
    </Card>
  );
}

export function Approvals() {
  const [runs, setRuns] = useState<Run[]>([]);
  const [next, setNext] = useState<number>();
  const loaded = useLoad('runs', async (signal) => {
    const got = await getOnce<{ runs: Run[]; next?: number }>('/api/playbooks/runs', signal);
    setRuns(got.runs);
    setNext(got.next);
    return got;
  });
  // Whoever went on to earlier ones would lose them.
  useNews(['runs'], () => runs.length <= (loaded.data?.runs.length ?? 0) && loaded.again());
  const more = useDoing();
  const earlier = () => more.run(async () => {
    const got = await getOnce<{ runs: Run[]; next?: number }>(`/api/playbooks/runs${query({ before: next })}`);
    setRuns((old) => [...old, ...got.runs]);
    setNext(got.next);
  });
  const asking = runs.filter(isAsking);
  const rest = runs.filter((r) => !isAsking(r));
  const holding = rest.filter((r) => r.steps.some(holds));
  const over = rest.filter((r) => !r.steps.some(holds));
  const card = (r: Run) => <RunCard key={r.id} run={r} done={loaded.again} />;
  return (
    <Page title="Approvals" lead="What playbooks want to do and may not without a person; what they did; and the way back."
      actions={<button type="button" class="button" onClick={loaded.again}>Refresh</button>}>
      {loaded.error ? <Trouble error={loaded.error} again={loaded.again} /> : !loaded.data ? <Skeleton rows={8} /> : (
        <>
          <Card title="Waiting" aside={asking.length > 0 && <span class="muted">{plural(asking.length, 'run')}</span>}>{asking.length ? asking.map(card) : <Empty>Nothing waits for anybody.</Empty>}</Card>
          <Measures turn={loaded.data} />
          {holding.length > 0 && <Card title="Done, and can be taken back">{holding.map(card)}</Card>}
          <Card title="Earlier">{over.length ? over.map(card) : <Empty>No playbook has run to its end.</Empty>}{more.error && <Trouble error={more.error} />}<More next={next} loading={more.busy} onMore={() => void earlier()} /></Card>
        </>
      )}
    </Page>
  );
}
