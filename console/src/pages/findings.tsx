// What watch found, in words; and the rules that find, with their record.
import { useState } from 'preact/hooks';
import { del, getOnce, query } from '../base/api';
import { useLoad } from '../base/load';
import { useNews } from '../base/news';
import type { Detect, Exception, Finding, Findings, FindingsPage as Page_, Incidents } from '../base/watch';
import { count, date, plural } from '../fhir/words';
import { FindingCard, LevelTag, levelList, whoText } from '../trail/finding';
import { useDoing } from '../ui/ask';
import { Dialog } from '../ui/dialog';
import { Choice } from '../ui/field';
import { Box, Empty, Skeleton, Trouble, tell } from '../ui/notice';
import { Card, Page, Tag } from '../ui/page';
import { More, Table } from '../ui/table';

function Problems({ detect }: { detect: Detect }) {
  if (!detect.problem_count) return null;
  return (
    <Box tone="bad" title={`${plural(detect.problem_count, 'thing')} in the rules ${detect.problem_count === 1 ? 'was' : 'were'} refused and ${detect.problem_count === 1 ? 'finds' : 'find'} nothing.`}>
      <ul class="bullets">{(detect.problems ?? []).map((p) => <li key={`${p.file} ${p.line}`}><code>{p.file}:{p.line}</code> {p.text}</li>)}</ul>
    </Box>
  );
}

type Judged = NonNullable<Incidents['rules']>[number];

function Rules({ detect, judged }: { detect: Detect; judged: Map<string, Judged> }) {
  const [all, setAll] = useState(false);
  const rules = [...(detect.rules ?? [])].sort((a, b) => (judged.get(b.id)?.fired ?? b.findings) - (judged.get(a.id)?.fired ?? a.findings) || a.title.localeCompare(b.title));
  if (!detect.rules) return <Empty>There are too many rules to be told at once; they are the files under <code>rules/detect</code>.</Empty>;
  const fired = (id: string) => judged.get(id);
  const busy = rules.filter((r) => r.findings || r.excepted || r.held_back || r.regex_gave_up || fired(r.id));
  const shown = all ? rules : busy;
  return (
    <>
    {shown.length > 0 ? <Table label="Rules and their record" rows={shown} keyOf={(r) => r.id} columns={[
      { title: 'Rule', kind: 'main', cell: (r) => <>{r.title} <LevelTag level={r.level} /></> },
      { title: 'Found', kind: 'number', cell: (r) => count(Math.max(fired(r.id)?.fired ?? 0, r.findings)) },
      ...(judged.size ? [{ title: 'True', kind: 'number' as const, cell: (r: { id: string }) => count(fired(r.id)?.true ?? 0) }, { title: 'False', kind: 'number' as const, cell: (r: { id: string }) => count(fired(r.id)?.false ?? 0) }] : []),
      { title: 'Excepted', kind: 'number', cell: (r) => count(r.excepted ?? 0) },
      { title: 'Held back', kind: 'number', cell: (r) => count(r.held_back ?? 0) },
      { title: 'File', spare: true, cell: (r) => <span class="mono">{r.file}</span> },
      { title: 'Trouble', spare: true, cell: (r) => (r.regex_gave_up ? <Tag tone="bad">A pattern gave up {count(r.regex_gave_up)} times</Tag> : '') },
    ]} /> : <Empty>None has found anything.</Empty>}
    {shown.length < rules.length && <div class="more"><button type="button" class="button" onClick={() => setAll(true)}>Show all {plural(rules.length, 'rule')}</button></div>}
    </>
  );
}

interface ExceptionPage { exceptions: Exception[]; next?: number }

function Exceptions() {
  const loaded = useLoad('exceptions', async (signal) => {
    const all: Exception[] = [];
    for (let from: number | undefined = 0; from !== undefined;) {
      const got: ExceptionPage = await getOnce(`/api/exceptions${query({ from: from || undefined })}`, signal);
      all.push(...got.exceptions);
      from = got.next;
    }
    return all;
  });
  const [removing, setRemoving] = useState<Exception>();
  if (loaded.error) return <Trouble error={loaded.error} again={loaded.again} />;
  if (!loaded.data) return <Skeleton rows={2} />;
  if (!loaded.data.length) return <Empty>There are none: every rule counts for everybody.</Empty>;
  return (
    <>
      <Table label="Exceptions" rows={loaded.data} keyOf={(e) => e.id} tone={(e) => (e.ended ? 'warn' : undefined)} columns={[
        { title: 'Rule', kind: 'main', cell: (e) => e.title || e.rule },
        { title: 'For', cell: (e) => whoText(e.who) || <span class="mono">{e.field}{e.value && ` = ${e.value}`}</span> },
        { title: 'Why', cell: (e) => e.reason },
        { title: 'Ends', kind: 'date', cell: (e) => <>{date(e.until.slice(0, 10))} {e.ended && <Tag tone="warn">Over</Tag>}</> },
        { title: 'Used', kind: 'number', cell: (e) => (e.used ? plural(e.used, 'time') : 'never') },
        { title: 'Take back', kind: 'action', cell: (e) => (e.added ? <button type="button" class="button small" aria-label={`Take back: ${e.title}, ${whoText(e.who)}`} onClick={() => setRemoving(e)}>Take back…</button> : '') },
      ]} />
      {removing && <TakeBack exception={removing} onClose={() => setRemoving(undefined)} onDone={loaded.again} />}
    </>
  );
}

function TakeBack({ exception: e, onClose, onDone }: { exception: Exception; onClose(): void; onDone(): void }) {
  const doing = useDoing();
  const send = () => doing.run(async () => {
    await del(`/api/exceptions/${encodeURIComponent(e.id)}`);
    tell('The rule counts again.');
    onClose();
    onDone();
  });
  return (
    <Dialog title="Take this exception back" onClose={onClose}>
      <p>“{e.title}” counts again for {whoText(e.who) || e.field}, at once.</p>
      {doing.error && <Trouble error={doing.error} />}
      <div class="row end"><button type="button" class="button" onClick={onClose}>Cancel</button><button type="button" class="button main" data-first disabled={doing.busy} onClick={() => void send()}>Take it back</button></div>
    </Dialog>
  );
}

const levels = [{ value: '', label: 'All' }, ...levelList.slice(0, -1).map((l) => (l.value === 'critical' ? l : { value: l.value, label: `${l.label} and worse` }))];

// The newest, or those of a level and worse; and what is older, page by page.
function Newest({ findings, level, onLevel, onOlder, again }: { findings: Findings; level: string; onLevel(level: string): void; onOlder(any: boolean): void; again: number }) {
  const [older, setOlder] = useState<Finding[]>([]);
  const [next, setNext] = useState<number>();
  const page = (before?: number, signal?: AbortSignal) => getOnce<Page_>(`/api/findings${query({ level, before })}`, signal);
  const first = useLoad(`findings ${level} ${level ? again : findings.findings[0]?.id}`, async (signal) => {
    const got: Page_ = level ? await page(undefined, signal) : findings;
    setOlder([]);
    onOlder(false);
    setNext(got.next);
    return got.findings;
  });
  const more = useDoing();
  const earlier = () => more.run(async () => {
    const got = await page(next);
    // The first page has the newest of each rule: what it left out comes in between.
    setOlder((old) => [...old, ...got.findings.filter((f) => !(first.data ?? []).some((g) => g.id === f.id))]);
    onOlder(true);
    setNext(got.next);
  });
  const shown = [...(first.data ?? []), ...older].sort((a, b) => b.id - a.id);
  return (
    <Card title="The newest" aside={<span class="muted">{count(shown.length)} of {plural(findings.total, 'finding')}</span>}>
      <div class="filter one"><Choice label="Level" value={level} onInput={onLevel} options={levels} /></div>
      {first.error ? <Trouble error={first.error} again={first.again} /> : !first.data ? <Skeleton rows={4} />
        : shown.length ? shown.map((f) => <FindingCard key={f.id} finding={f} />) : <Empty>{level ? 'None of this level.' : 'Nothing was found yet.'}</Empty>}
      {more.error && <Trouble error={more.error} />}
      <More next={next} loading={more.busy} onMore={() => void earlier()} />
    </Card>
  );
}

export function FindingsPage() {
  const loaded = useLoad('findings', (signal) => getOnce<Findings>('/api/findings', signal));
  // The record of true and false comes from the verdicts on incidents.
  const incidents = useLoad('rules', (signal) => getOnce<Incidents>('/api/incidents?state=all', signal));
  const [turn, setTurn] = useState(0);
  const again = () => { setTurn((n) => n + 1); loaded.again(); };
  // Whoever went on to older ones would lose them.
  const [older, setOlder] = useState(false);
  useNews(['findings'], () => !older && again());
  const [level, setLevel] = useState('');
  const judged = new Map((incidents.data?.rules ?? []).map((r) => [r.rule, r]));
  return (
    <Page title="Findings" lead="What watch found by itself, the newest first. A finding is a reason to ask, never a verdict."
      actions={<button type="button" class="button" onClick={again}>Refresh</button>}>
      {loaded.error ? <Trouble error={loaded.error} again={loaded.again} /> : !loaded.data ? <Skeleton rows={8} /> : (
        <>
          <Problems detect={loaded.data.detect} />
          <Newest findings={loaded.data} level={level} onLevel={setLevel} onOlder={setOlder} again={turn} />
          <Card title="Rules">
            <p class="hint">Found, true and false: ever; true and false are the verdicts on incidents. Excepted: an exception let it pass. Held back: more at once than anybody could read. Both since watch was started.{incidents.error ? ` How many there were before is not known: ${incidents.error.message}` : ''}</p>
            <Rules detect={loaded.data.detect} judged={judged} />
          </Card>
          <Card title="Exceptions"><Exceptions /></Card>
        </>
      )}
    </Page>
  );
}

export function FindingPage({ params }: { params: Record<string, string> }) {
  const loaded = useLoad(`finding ${params.id}`, (signal) => getOnce<Finding>(`/api/findings/${encodeURIComponent(params.id!)}`, signal));
  return (
    <Page title={loaded.data?.title ?? 'Finding'} lead={<a href="/findings">All findings</a>}>
      {loaded.error ? <Trouble error={loaded.error} again={loaded.again} /> : loaded.data ? <Card title="What was found"><FindingCard finding={loaded.data} whole /></Card> : <Skeleton rows={6} />}
    </Page>
  );
}
