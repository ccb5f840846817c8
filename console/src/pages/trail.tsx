// The trail: its state, a search, every entry with its proof.
import { useEffect, useState } from 'preact/hooks';
import { ApiError, get, query } from '../base/api';
import { useLoad, useNow } from '../base/load';
import { may } from '../base/session';
import type { Entries, Entry, TrailState } from '../base/types';
import { mainIdentifier, nameOf, patientQuery, shortId } from '../fhir/person';
import { search } from '../fhir/search';
import type { Patient } from '../fhir/types';
import { ago, count, date, dateTime, plural, timeSeconds } from '../fhir/words';
import { Explained } from '../trail/explanation';
import { checkProof, type Checked } from '../trail/proof';
import { actionText, actions, outcomeText, outcomes, purposeText, relationText, roleText, tone } from '../trail/words';
import { browser } from './sessions';
import { Choice, Field } from '../ui/field';
import { Icon } from '../ui/icon';
import { Box, Empty, Skeleton, Trouble, say } from '../ui/notice';
import { Card, Page, Tag } from '../ui/page';
import { Facts, More, Table } from '../ui/table';

const words = { whole: 'The trail is whole', broken: 'The trail is broken', never: 'Not verified yet' } as const;

function State({ state }: { state: TrailState }) {
  const now = useNow(1000);
  const result = state.verified.result;
  return (
    <section class={`state ${result}`} aria-label="State of the trail">
      <div class="state-main">
        <span class="state-mark"><Icon name={result === 'whole' ? 'check' : 'alert'} size={26} /></span>
        <div>
          <h2>{words[result]}</h2>
          <p>{result === 'never' ? 'The first verification runs as soon as there is something to verify.' : <>{count(state.verified.size)} of {plural(state.size, 'entry', 'entries')} verified {ago(state.verified.time, now)}. {state.verified.detail}</>}</p>
        </div>
      </div>
      <dl class="state-facts">
        <div><dt>Entries</dt><dd>{count(state.size)}</dd></div>
        <div><dt>On disk</dt><dd>{count(state.durable)}</dd></div>
        <div><dt>Signed up to</dt><dd>{count(state.checkpoint.size)}</dd></div>
        <div><dt>Last signature</dt><dd>{ago(state.checkpoint.time, now) || 'none yet'}</dd></div>
      </dl>
      <details>
        <summary>Checkpoint and key, to compare with what you keep elsewhere</summary>
        <pre class="paper" tabIndex={0}>{state.checkpoint.text || 'There is no checkpoint yet.'}</pre>
        <Facts facts={[['Public key', <code class="breakable">{state.key}</code>], ['Root', <code class="breakable">{state.root}</code>]]} />
      </details>
    </section>
  );
}

function ProofBox({ seq, vkey }: { seq: number; vkey?: string }) {
  const loaded = useLoad(`proof ${seq}`, (signal) => get<Entry>(`/api/trail/${seq}`, signal));
  const [checked, setChecked] = useState<Checked>();
  const proof = loaded.data?.proof;
  useEffect(() => {
    if (proof) void checkProof(proof, vkey ?? '').then(setChecked);
  }, [proof, vkey]);
  if (loaded.error) return <Trouble error={loaded.error} />;
  if (!loaded.data) return <Skeleton rows={2} />;
  if (!proof) return <p class="hint">No checkpoint covers this entry yet. Within a second of its writing one does; look again.</p>;
  const signed = { yes: 'and the checkpoint’s signature is that of the trail’s key', no: 'but the checkpoint’s signature is NOT that of the trail’s key', unknown: 'the signature could not be checked in this browser' };
  return (
    <>
      {checked && (checked.included
        ? <Box tone={checked.signed === 'no' ? 'bad' : 'good'} title="Proved here, in your browser.">This entry is in the tree that the checkpoint of {plural(proof.size, 'entry', 'entries')} stands for, {signed[checked.signed]}.</Box>
        : <Box tone="bad" title="The proof does not hold.">The audit path does not lead to the signed root. Keep this page and verify the trail on the server.</Box>)}
      <details class="by-hand"><summary>The proof itself (RFC 6962)</summary>
        <Facts facts={[['Leaf', <code class="breakable">{proof.leaf}</code>], ['Place', `${count(proof.index)} of ${count(proof.size)}`], ['Path', <ol class="hashes">{proof.path.map((h, i) => <li key={i}><code class="breakable">{h}</code></li>)}</ol>], ['Checkpoint', <pre class="paper">{proof.checkpoint}</pre>]]} />
      </details>
    </>
  );
}

export function Detail({ entry: e, vkey }: { entry: Entry; vkey?: string }) {
  const [prove, setProve] = useState(false);
  const [explain, setExplain] = useState(false);
  const first = e.kind === 'access' ? e.patients?.[0] : undefined;
  const patients = e.patients ?? [];
  return (
    <div class="entry">
      <p class="entry-sentence">{e.sentence}</p>
      <Facts facts={[
        ['Entry', count(e.seq)], ['When', `${date(e.time)}, ${timeSeconds(e.time)}`], ['What', actionText(e)], ['Outcome', outcomeText(e)],
        ['Who', e.who.name && `${e.who.name} (${roleText(e.who.role)})`], ['Account', e.who.account && <span class="mono">{e.who.account}</span>], ['Session', e.session && <span class="mono">{e.session}</span>], ['Address', e.address],
        ['Application', e.application && (/^Mozilla/.test(e.application) ? browser(e.application) : e.application)], ['Resource', e.resource && <span class="mono">{e.resource}{e.version ? `, version ${e.version}` : ''}</span>], ['Search', e.query && <code class="breakable">{e.query}</code>],
        [plural(e.patient_count ?? patients.length, 'Patient'), patients.length > 0 && <>{patients.slice(0, 12).map((p, i) => <span key={p.id}>{i > 0 && ', '}{p.name ?? <span class="mono">{p.id}</span>}</span>)}{(e.patient_count ?? 0) > 12 && ' …'}</>],
        ['Relation', e.relationship && e.relationship.kind !== 'none' && `${relationText(e.relationship.kind)}${e.relationship.evidence ? ` (${e.relationship.evidence})` : ''}`], ['Purpose', purposeText(e.purpose)], ['Reason', e.reason && `“${e.reason}”`],
        ['Rule', e.rule], ['Detail', e.detail], ['Refers to', e.refers_to !== undefined && `entry ${count(e.refers_to)}`],
      ]} />
      {first && (explain ? <Explained seq={e.seq} patient={first.id} /> : <button type="button" class="button" onClick={() => setExplain(true)}><Icon name="eye" size={16} />What explains it?</button>)}
      {prove ? <ProofBox seq={e.seq} vkey={vkey} /> : <button type="button" class="button" onClick={() => setProve(true)}><Icon name="check" size={16} />Prove this entry</button>}
    </div>
  );
}

const none = { patient: '', who: '', action: '', outcome: '', since: '', until: '' };

// The day somebody names is their day, wherever the server is.
const startOf = (day: string, plusDays = 0): string => {
  if (!day) return '';
  const at = new Date(`${day}T00:00:00`);
  if (Number.isNaN(at.getTime())) return '';
  at.setDate(at.getDate() + plusDays);
  return at.toISOString();
};

// One entry by its number: where evidence leads.
function One({ seq, vkey }: { seq: string; vkey?: string }) {
  const loaded = useLoad(`entry ${seq}`, (signal) => get<Entry>(`/api/trail/${encodeURIComponent(seq)}`, signal));
  return (
    <Card title={`Entry ${count(Number(seq))}`} aside={<a class="see-all" href="/trail">The whole trail</a>}>
      {loaded.error ? <Trouble error={loaded.error} again={loaded.again} /> : loaded.data ? <Detail entry={loaded.data} vkey={vkey} /> : <Skeleton rows={6} />}
    </Card>
  );
}

export function Trail({ params }: { params: Record<string, string> }) {
  const named = may('patient-search');
  const state = useLoad('trail state', (signal) => get<TrailState>('/api/trail/state', signal));
  const [form, setForm] = useState(none);
  const [asked, setAsked] = useState(none);
  const [entries, setEntries] = useState<Entry[]>([]);
  const [next, setNext] = useState<number | string>();
  const [loading, setLoading] = useState(true);
  const [error, setError] = useState<ApiError>();
  const [turn, setTurn] = useState(0);
  const [people, setPeople] = useState<Patient[]>();
  const [finding, setFinding] = useState(false);
  const ask = (patient: string) => { setPeople(undefined); setAsked({ ...form, patient }); setTurn((n) => n + 1); };
  // A name or number leads to the record it belongs to; what fits nobody may still be a record's id.
  const submit = async () => {
    const wanted = named ? patientQuery(form.patient) : null;
    if (!wanted) return ask(form.patient.trim());
    setFinding(true);
    setError(undefined);
    try {
      const page = await search<Patient>('Patient', { ...wanted, _count: 20 });
      if (page.items.length === 1) return ask(page.items[0]!.id);
      if (!page.items.length && !/\s/.test(form.patient.trim()) && /\d/.test(form.patient)) return ask(form.patient.trim());
      setPeople(page.items);
      say(page.items.length ? `${plural(page.items.length, 'patient')} found: choose one.` : 'Nobody was found.');
    } catch (e) {
      if (!(e instanceof ApiError)) throw e;
      setError(e);
    } finally {
      setFinding(false);
    }
  };
  const field = (name: keyof typeof none) => ({ value: form[name], onInput: (value: string) => { if (name === 'patient') setPeople(undefined); setForm((f) => ({ ...f, [name]: name === 'patient' ? value : value.trim() })); } });

  const load = (before?: number | string) => {
    setLoading(true);
    setError(undefined);
    const q = query({ ...asked, since: startOf(asked.since), until: startOf(asked.until, 1), before, _count: 50 });
    get<Entries>(`/api/trail${q}`).then(
      (got) => {
        setEntries((old) => (before ? [...old, ...got.entries] : got.entries));
        setNext(got.next);
        setLoading(false);
        say(`${plural(got.entries.length, 'entry', 'entries')}.`);
      },
      (e) => {
        if (!(e instanceof ApiError)) throw e;
        setError(e);
        setLoading(false);
      });
  };
  useEffect(() => load(), [asked, turn]);

  return (
    <Page title="The trail" lead="Everything that anybody did, in the order it happened. Nothing can be taken out." actions={<>
      <button type="button" class="button" onClick={() => { state.again(); setTurn((n) => n + 1); }}>Refresh</button>
      <button type="button" class="button" onClick={() => window.print()}><Icon name="print" size={16} />Print</button></>}>
      {state.error ? <Trouble error={state.error} again={state.again} /> : state.data ? <State state={state.data} /> : <div class="state waiting"><Skeleton rows={3} /></div>}
      {params.seq && <One seq={params.seq} vkey={state.data?.key} />}
      <Card title="Search">
        <form class="filter" role="search" onSubmit={(e) => { e.preventDefault(); if (!finding) void submit(); }}>
          <Field label="Who" hint="Login or account" {...field('who')} />
          <Field label="Patient" hint={named ? 'Name, number or id' : 'The record’s id'} {...field('patient')} />
          <Choice label="What" {...field('action')} options={[{ value: '', label: 'Anything' }, ...actions]} />
          <Choice label="Outcome" {...field('outcome')} options={[{ value: '', label: 'Any' }, ...outcomes]} />
          <Field label="From" type="date" {...field('since')} />
          <Field label="To" type="date" {...field('until')} />
          <div class="filter-end">
            <button type="submit" class="button main"><Icon name="search" size={16} />Search</button>
            <button type="button" class="button" onClick={() => { setForm(none); setAsked(none); setPeople(undefined); }}>Clear</button>
          </div>
        </form>
        {people && (people.length ? (
          <div class="who-is-meant" role="group" aria-label="Which patient?">
            <p class="hint">Which of them? That you looked is on the trail.</p>
            {people.map((one) => <button key={one.id} type="button" class="button" onClick={() => ask(one.id)}>{nameOf(one.name, true)}<small>{date(one.birthDate)}{mainIdentifier(one) && ` · ${shortId(mainIdentifier(one)!.value)}`}</small></button>)}
          </div>
        ) : <Empty>Nobody was found. Each word must be the beginning of one of their names.</Empty>)}
      </Card>
      <Card title="Entries" aside={<span class="muted">{entries.length > 0 && `${plural(entries.length, 'entry', 'entries')}${next ? ', and more' : ''}`}</span>}>
        {error ? <Trouble error={error} again={() => setTurn((n) => n + 1)} /> : !entries.length ? (loading ? <Skeleton rows={8} /> : <Empty>{next ? 'Nothing so far; there are earlier entries to look at.' : 'Nothing fits this search.'}</Empty>) : (
          <Table label="Entries of the trail, newest first" rows={entries} keyOf={(e) => String(e.seq)} tone={tone} columns={[
            { title: 'When', kind: 'date', cell: (e) => <time dateTime={e.time} title={e.time}>{dateTime(e.time)}</time> },
            { title: 'What happened', kind: 'main', cell: (e) => e.sentence },
            { title: 'Outcome', cell: (e) => { const t = tone(e); return t === 'glass' ? <Tag tone="glass">Broken glass</Tag> : <Tag tone={t === 'plain' ? undefined : t}>{t === 'warn' ? 'No relation' : outcomeText(e)}</Tag>; } },
            { title: 'From', spare: true, cell: (e) => <span class="mono">{e.address ?? ''}</span> },
            { title: 'No.', kind: 'number', spare: true, cell: (e) => count(e.seq) },
          ]} detail={(e) => <Detail entry={e} vkey={state.data?.key} />} />
        )}
        <More next={next} loading={loading} onMore={() => load(next)} />
      </Card>
    </Page>
  );
}
