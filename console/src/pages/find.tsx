// Find a patient: one's own first, anybody as one types.
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { ApiError, get } from '../base/api';
import { useLoad } from '../base/load';
import { go } from '../base/router';
import { account } from '../base/session';
import type { CarePatient } from '../base/types';
import { mainIdentifier, nameOf, ageOf, patientQuery, shortId } from '../fhir/person';
import { search } from '../fhir/search';
import type { Patient } from '../fhir/types';
import { date, plain, plural } from '../fhir/words';
import { relationText } from '../trail/words';
import { Icon } from '../ui/icon';
import { Empty, Skeleton, Trouble, say } from '../ui/notice';
import { Page } from '../ui/page';

const DEBOUNCE_MS = 140;
const SHOWN = 30;

interface Hit { patient: Patient; relation?: string }

function HitRow({ hit, id, chosen, onChoose }: { hit: Hit; id: string; chosen: boolean; onChoose(): void }) {
  const p = hit.patient;
  const number = mainIdentifier(p);
  return (
    <a id={id} href={`/patient/${p.id}`} class={`hit ${chosen ? 'chosen' : ''}`} role="option" aria-selected={chosen} tabIndex={-1} onMouseMove={onChoose}>
      <span class="hit-name">{nameOf(p.name, true)}</span>
      <span class="hit-birth">{date(p.birthDate)}<small>{ageOf(p, new Date())}</small></span>
      <span class="hit-sex">{plain(p.gender)}</span>
      <span class="hit-number">{number ? shortId(number.value) : ''}</span>
      <span class="hit-relation">{hit.relation}</span>
    </a>
  );
}

export function Find() {
  const listId = useId();
  const [typed, setTyped] = useState('');
  const [found, setFound] = useState<{ of: string; hits: Hit[]; more: boolean }>();
  const [error, setError] = useState<ApiError>();
  const [chosen, setChosen] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const cares = ['clinician', 'nurse'].includes(account()?.role ?? '');
  const mine = useLoad('mine', async (signal) =>
    cares ? (await get<{ patients: CarePatient[] }>('/api/me/patients?_count=100', signal)).patients : []);

  const wanted = patientQuery(typed);
  const key = wanted ? JSON.stringify(wanted) : '';
  useEffect(() => {
    setError(undefined);
    if (!wanted) return setFound(undefined);
    const control = new AbortController();
    const timer = setTimeout(() => {
      search<Patient>('Patient', { ...wanted, _count: SHOWN }, control.signal).then(
        (page) => {
          const related = new Map((mine.data ?? []).map((m) => [m.patient.id, relationText(m.relationship)]));
          const hits = page.items.map((patient) => ({ patient, relation: related.get(patient.id) }));
          hits.sort((a, b) => Number(!!b.relation) - Number(!!a.relation));
          setFound({ of: key, hits, more: !!page.next });
          setChosen(0);
          say(hits.length ? `${plural(hits.length, 'patient')}${page.next ? ' or more' : ''} found.` : 'Nobody found.');
        },
        (e) => {
          if (e instanceof ApiError && !control.signal.aborted) setError(e);
        });
    }, DEBOUNCE_MS);
    return () => { clearTimeout(timer); control.abort(); };
  }, [key]);

  const searching = !!wanted;
  const tooLittle = !searching && !!typed.trim();
  const hits: Hit[] = searching ? found?.hits ?? [] : (mine.data ?? []).map((m) => ({ patient: m.patient, relation: relationText(m.relationship) }));
  const at = Math.min(chosen, hits.length - 1);
  useEffect(() => {
    list.current?.querySelector('.chosen')?.scrollIntoView({ block: 'nearest' });
  }, [at]);
  const onKeyDown = (e: KeyboardEvent) => {
    if (e.key === 'ArrowDown' || e.key === 'ArrowUp') {
      e.preventDefault();
      setChosen(Math.max(0, Math.min(hits.length - 1, at + (e.key === 'ArrowDown' ? 1 : -1))));
    } else if (e.key === 'Enter' && hits[at] && (!searching || found?.of === key)) {
      e.preventDefault();
      go(`/patient/${hits[at]!.patient.id}`);
    } else if (e.key === 'Escape' && typed) {
      e.preventDefault();
      setTyped('');
    }
  };

  return (
    <Page title="Patients">
      <div class="search-box">
        <Icon name="search" />
        <input type="text" class="search" data-search data-first role="combobox" aria-label="Find a patient by name, birth date or number" aria-expanded={hits.length > 0} aria-controls={listId} aria-autocomplete="list"
          aria-activedescendant={hits.length ? `${listId}-${at}` : undefined} autocomplete="off" spellcheck={false} placeholder="Name, birth date or number" value={typed} ref={(el) => { if (el && !el.dataset.seen) { el.dataset.seen = '1'; if (matchMedia('(min-width: 760px)').matches) el.focus(); } }}
          onInput={(e) => { setTyped(e.currentTarget.value); setChosen(0); }} onKeyDown={onKeyDown} />
        <kbd class="search-key" aria-hidden="true">/</kbd>
      </div>
      <p class="hint search-hint">{searching ? 'Only what helps to find the right person is shown here.' : tooLittle ? 'Go on typing: three letters of a name, a whole birth date, or a record number.' : 'For example “marsh”, “paul marsh”, “1961-04-02” or a record number.'}</p>
      {error && <Trouble error={error} />}
      <div class="list-head"><h2>{searching ? 'Found' : 'In your care'}</h2>{hits.length > 0 && <span>{plural(hits.length, 'patient')}{searching && found?.more ? ', and more: type more letters' : ''}</span>}</div>
      <div ref={list} id={listId} class={`hits ${searching && found?.of !== key ? 'stale' : ''}`} role="listbox" aria-label={searching ? 'Patients found' : 'Patients in your care'}>
        {hits.map((hit, i) => <HitRow key={hit.patient.id} id={`${listId}-${i}`} hit={hit} chosen={i === at} onChoose={() => setChosen(i)} />)}
      </div>
      {!searching && mine.loading && !mine.data && <Skeleton rows={6} />}
      {!searching && mine.error && <Trouble error={mine.error} again={mine.again} />}
      {!searching && mine.data?.length === 0 && <Empty>{cares ? 'Nobody is in your care at the moment. You can still find any patient above.' : 'Type to find a patient.'}</Empty>}
      {searching && found?.of === key && hits.length === 0 && !error && <Empty>Nobody was found. Each word must be the beginning of one of their names: try fewer letters or words, or the birth date.</Empty>}
    </Page>
  );
}
