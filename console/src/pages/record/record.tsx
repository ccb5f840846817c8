// A patient's record: the banner that says whose it is stays in sight, whatever part is open.
import { createContext, type ComponentChildren } from 'preact';
import { useContext, useEffect, useRef, useState } from 'preact/hooks';
import { ApiError, get } from '../../base/api';
import { useLoad, useNow } from '../../base/load';
import { outside, stay } from '../../base/router';
import { account, grants, may, ownRecord } from '../../base/session';
import { useStore } from '../../base/store';
import { ageOf, identifierKind, mainIdentifier, nameOf, shortId } from '../../fhir/person';
import { searchAll } from '../../fhir/search';
import type { Allergy, Patient } from '../../fhir/types';
import { code, concept, date, plain } from '../../fhir/words';
import { Icon } from '../../ui/icon';
import { Box, Skeleton, Trouble } from '../../ui/notice';
import { arrived, Page } from '../../ui/page';
import { BreakGlass } from './break_glass';
import { tabs } from './tabs';

function GlassBanner({ patient }: { patient: string }) {
  const all = useStore(grants);
  const now = useNow(1000);
  const grant = all.find((g) => g.patient === patient);
  if (!grant) return null;
  const left = Math.floor((Date.parse(grant.until) - now) / 1000);
  if (left <= 0) return null;
  return (
    <div class="glass-banner" role="status" aria-live="off">
      <Icon name="glass" />
      <span><b>You broke the glass for this record.</b> Every access is marked and will be reviewed.</span>
      <span class="count" aria-label="Time left">{Math.floor(left / 60)}:{String(left % 60).padStart(2, '0')}</span>
    </div>
  );
}

function Allergies({ patient }: { patient: string }) {
  const loaded = useLoad(`allergies ${patient}`, (signal) => searchAll<Allergy>('AllergyIntolerance', { patient, _count: 50 }, 50, signal));
  if (loaded.error) return <span class="banner-quiet">Allergies are not open to you</span>;
  if (!loaded.data) return <span class="banner-quiet">Allergies…</span>;
  const live = loaded.data.filter((a) => !['inactive', 'resolved'].includes(code(a.clinicalStatus)) && code(a.verificationStatus) !== 'refuted' && code(a.verificationStatus) !== 'entered-in-error');
  if (!live.length) return <span class="banner-quiet">No allergies are recorded</span>;
  return (
    <span class="allergies">
      <Icon name="alert" size={16} /><b>Allergies:</b>
      <ul>{live.map((a) => <li key={a.id} class={a.criticality === 'high' ? 'high' : ''}>{concept(a.code).replace(/^Allergy to (the )?/i, '')}{a.criticality === 'high' && <small> high risk</small>}</li>)}</ul>
    </span>
  );
}

function Banner({ patient, clinical }: { patient: Patient; clinical: boolean }) {
  const number = mainIdentifier(patient);
  const dead = patient.deceasedBoolean || patient.deceasedDateTime;
  return (
    <header class="banner">
      <div class="banner-who">
        <h1 tabIndex={-1}>{nameOf(patient.name)}</h1>
        {dead && <span class="tag">Died {date(patient.deceasedDateTime)}</span>}
      </div>
      <dl class="banner-facts">
        <div><dt>Born</dt><dd>{date(patient.birthDate) || 'not known'}{!dead && patient.birthDate && <span> · {ageOf(patient, new Date())}</span>}</dd></div>
        <div><dt>Sex</dt><dd>{plain(patient.gender) || 'not known'}</dd></div>
        {number && <div><dt>{identifierKind(number)}</dt><dd class="mono" title={number.value}>{shortId(number.value)}</dd></div>}
      </dl>
      {clinical && <Allergies patient={patient.id} />}
    </header>
  );
}

// Reading is an act in one's name, and a record may be one that nobody ought to touch: a link that somebody sent does
// not do it by itself.
function FromOutside() {
  return (
    <Page title="Open this record?">
      <Box tone="info" title="This address leads to the record of a patient." actions={<><button type="button" class="button main" onClick={stay}>Open the record</button><a class="button" href="/">To the start page</a></>}>
        Whoever reads a record is written down. If somebody sent you this link and you do not know why, do not open it, and tell the security officer.
      </Box>
    </Page>
  );
}

export function RecordPage({ params }: { params: Record<string, string> }) {
  return useStore(outside) && params.id !== ownRecord() ? <FromOutside /> : <Opened params={params} />;
}

function Opened({ params }: { params: Record<string, string> }) {
  const id = params.id!;
  const open = useStore(grants).some((g) => g.patient === id && Date.parse(g.until) > Date.now());
  const loaded = useLoad(`patient ${id} ${open}`, (signal) => get<Patient>(`/fhir/Patient/${encodeURIComponent(id)}`, signal));
  const [asking, setAsking] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const role = account()?.role ?? '';
  const shown = tabs.filter((t) => !t.not?.includes(role) && (!t.verb || may(t.verb)));
  const tab = shown.find((t) => t.key === params.tab) ?? shown[0]!;
  const waits = loaded.error?.code === 'fresh-factor-required';
  const closed = waits || loaded.error?.code === 'break-glass-possible';
  const patient = loaded.data;

  useEffect(() => {
    document.title = `${patient ? tab.title : 'Record'} · Hospitaller`;
  }, [tab.key, !patient]);
  useEffect(() => {
    if (patient && arrived()) box.current?.querySelector('h1')?.focus({ preventScroll: true });
  }, [patient?.id]);
  useEffect(() => {
    box.current?.querySelector('.tabs [aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' });
  }, [tab.key, !patient]);

  return (
    <div class="page record" ref={box}>
      {!patient && loaded.loading && <div class="banner waiting"><Skeleton rows={2} /></div>}
      {closed && (
        <div class="closed">
          <span class="closed-mark"><Icon name="glass" size={30} /></span>
          <h1 tabIndex={-1}>This record is not open to you</h1>
          {waits ? <p>Something unusual was noticed with your account: until you give a new code, only broken glass opens records to you.</p>
            : <p>You are not known to be treating this patient: you appear in none of their visits, care teams or appointments.</p>}
          <p>If you need it <strong>now</strong> to care for them, you can break the glass. It opens at once; somebody will ask you about it later.</p>
          <div class="row">{waits ? <button type="button" class="button" onClick={loaded.again}>Give the code</button> : <a class="button" href="/">Back to patients</a>}<button type="button" class="button glass" onClick={() => setAsking(true)}><Icon name="glass" size={18} />Break the glass…</button></div>
        </div>
      )}
      {loaded.error && !closed && (loaded.error.status === 404 || loaded.error.status === 410
        ? <Box tone="warn" title="There is no such record."><a href="/">To the start page</a></Box> : <Trouble error={loaded.error} again={loaded.again} />)}
      {patient && (
        <>
          <GlassBanner patient={id} />
          <Banner patient={patient} clinical={role !== 'front-desk'} />
          <nav class="tabs no-print" aria-label="Parts of the record">
            {shown.map((t) => <a key={t.key} href={`/patient/${id}${t === shown[0] ? '' : `/${t.key}`}`} aria-current={t === tab ? 'page' : undefined}>{t.title}</a>)}
          </nav>
          <div class="part" key={`${tab.key} ${open}`}><PartGuard onAsk={() => setAsking(true)}><tab.part patient={patient} /></PartGuard></div>
        </>
      )}
      {asking && <BreakGlass patient={id} name={patient && nameOf(patient.name)} onClose={() => setAsking(false)} />}
    </div>
  );
}

// Parts report a record that is closed to them here, so that there is one way to ask for it.
const AskContext = createContext<() => void>(() => {});
function PartGuard({ children, onAsk }: { children: ComponentChildren; onAsk(): void }) {
  return <AskContext.Provider value={onAsk}>{children}</AskContext.Provider>;
}

export function PartTrouble({ error, again }: { error: ApiError; again?: () => void }) {
  const ask = useContext(AskContext);
  if (error.code === 'break-glass-possible')
    return (
      <Box tone="glass" title="This part is not open to you." actions={<button type="button" class="button glass" onClick={ask}>Break the glass…</button>}>
        Nothing connects you with the care of this patient. If you need to look, say why; it will be reviewed.
      </Box>
    );
  if (error.code === 'fresh-factor-required')
    return (
      <Box tone="glass" title="This part waits for a new code." actions={<>{again && <button type="button" class="button" onClick={again}>Give the code</button>}<button type="button" class="button glass" onClick={ask}>Break the glass…</button></>}>{error.message}</Box>
    );
  if (error.status === 403) return <Box tone="info" title="This part is not for your role.">{error.message}</Box>;
  return <Trouble error={error} again={again} />;
}
