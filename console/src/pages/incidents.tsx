// Incidents: what belongs together, who has it, what runs out first.
import { useState } from 'preact/hooks';
import { getOnce, query } from '../base/api';
import { useLoad } from '../base/load';
import { useNews } from '../base/news';
import type { Brief, Incidents } from '../base/watch';
import { dateTime } from '../fhir/words';
import { LevelTag, whoText } from '../trail/finding';
import { ClockTag, StateTag } from './incident/words';
import { useDoing } from '../ui/ask';
import { Choice } from '../ui/field';
import { Empty, Skeleton, Trouble } from '../ui/notice';
import { Card, Page } from '../ui/page';
import { More, Table } from '../ui/table';

const wanted = [
  { value: 'not-closed', label: 'Not closed' }, { value: 'open', label: 'Open: nobody has it' }, { value: 'assigned', label: 'Assigned' },
  { value: 'contained', label: 'Contained' }, { value: 'closed', label: 'Closed' }, { value: 'all', label: 'All' },
];

export function IncidentsPage() {
  const [state, setState] = useState('not-closed');
  const [list, setList] = useState<Brief[]>([]);
  const [next, setNext] = useState<string>();
  const page = (before?: string, signal?: AbortSignal) => getOnce<Incidents>(`/api/incidents${query({ state, before })}`, signal);
  const loaded = useLoad(`incidents ${state}`, async (signal) => {
    const got = await page(undefined, signal);
    setList(got.incidents);
    setNext(got.next);
    return got;
  });
  // Whoever went on to earlier ones would lose them.
  useNews(['incidents'], () => list.length <= (loaded.data?.incidents.length ?? 0) && loaded.again());
  const more = useDoing();
  const earlier = () => more.run(async () => {
    const got = await page(next);
    setList((old) => [...old, ...got.incidents]);
    setNext(got.next);
  });
  return (
    <Page title="Incidents" lead="Findings that belong together, and what people make of them."
      actions={<button type="button" class="button" onClick={loaded.again}>Refresh</button>}>
      <Card>
        <div class="filter one"><Choice label="Show" value={state} onInput={setState} options={wanted} /></div>
        {loaded.error ? <Trouble error={loaded.error} again={loaded.again} /> : !loaded.data ? <Skeleton rows={6} />
          : list.length ? (
            <Table label="Incidents, the newest first" rows={list} keyOf={(i) => i.number} tone={(i) => (i.clock?.state === 'overdue' ? 'bad' : i.state === 'open' ? 'warn' : undefined)} columns={[
              { title: 'Incident', kind: 'main', cell: (i) => <><a href={`/incident/${i.number}`}>{i.title}</a> <small class="muted">{i.number}</small></> },
              { title: 'Who', cell: (i) => whoText(i.who) },
              { title: 'Severity', cell: (i) => <LevelTag level={i.severity} /> },
              { title: 'State', cell: (i) => <><StateTag incident={i} /> {i.assigned && <small class="muted">{i.assigned}</small>}</> },
              { title: 'Runs out', cell: (i) => (i.clock ? <ClockTag clock={i.clock} /> : '') },
              { title: 'Since', kind: 'date', cell: (i) => dateTime(i.opened) },
              { title: 'Findings', kind: 'number', spare: true, cell: (i) => i.findings },
              { title: 'Tasks', kind: 'number', spare: true, cell: (i) => (i.open_tasks ? `${i.open_tasks} open` : '') },
            ]} />
          ) : <Empty>{state === 'not-closed' ? 'Nothing is open.' : 'There are none.'}</Empty>}
        {more.error && <Trouble error={more.error} />}
        <More next={next} loading={more.busy} onMore={() => void earlier()} />
      </Card>
    </Page>
  );
}
