// What explains an access, drawn as a path from the person to the patient.
import { get } from '../base/api';
import { useLoad } from '../base/load';
import type { Explanation, Flag } from '../base/types';
import { count } from '../fhir/words';
import { Box, Skeleton, Trouble } from '../ui/notice';
import { Tag } from '../ui/page';

// Where in a record each kind of resource is shown.
const parts: Record<string, string> = { Encounter: 'encounters', Appointment: 'appointments', MedicationRequest: 'medicines', DiagnosticReport: 'documents', Observation: 'results', Condition: 'problems' };
const loud = new Set(['family', 'same-address', 'own-record', 'vip', 'off-duty', 'deceased', 'sensitive']);

export function Flags({ flags }: { flags: Flag[] }) {
  if (!flags.length) return null;
  return <ul class="queue-flags" aria-label="What is noticeable">{flags.map((f) => <li key={f.code}><Tag tone={loud.has(f.code) ? 'bad' : 'warn'}>{f.text}</Tag></li>)}</ul>;
}

function Step({ step, patient }: { step: Explanation['path'][number]; patient: string }) {
  const [type, id] = (step.resource ?? '').split('/');
  const part = parts[type ?? ''];
  const title = step.seq !== undefined ? `Entry ${count(step.seq)} of the trail` : type ?? '';
  return (
    <li class="path-step">
      <span class="path-kind">{type === 'Patient' ? <a href={`/patient/${id}`}>{step.name ?? 'Patient'}</a> : part ? <a href={`/patient/${patient}/${part}`}>{title}</a> : step.seq !== undefined ? <a href={`/trail/${step.seq}`}>{title}</a> : title}</span>
      <span class="path-words">{step.words}</span>
      {id && <span class="mono path-id">{id}</span>}
    </li>
  );
}

export function Explained({ seq, patient }: { seq: number; patient: string }) {
  const loaded = useLoad(`explanation ${seq} ${patient}`, (signal) => get<Explanation>(`/api/trail/${seq}/explanation?patient=${patient}`, signal));
  const e = loaded.data;
  if (loaded.error) return <Trouble error={loaded.error} again={loaded.again} />;
  if (!e) return <Skeleton rows={2} />;
  return (
    <div class="path-box">
      {e.explanation === 'unknown' ? <p>Nobody whom the hospital’s data could know: the account stands for no member of staff.</p>
        : e.explained ? <Box tone="good" title="It is explained.">{e.text}, strength {e.strength} of 100.</Box>
        : e.path.length ? <p>The best that was found is too weak to explain it: {e.text}, strength {e.strength} of 100.</p>
          : <p>Visits, teams, appointments, orders, referrals, rosters, wards, earlier accesses and documents were looked through: nothing leads from this person to this patient.</p>}
      {e.path.length > 0 && <ol class="path" aria-label="The path from the person to the patient">{e.path.map((s, i) => <Step key={i} step={s} patient={patient} />)}</ol>}
      <Flags flags={e.flags} />
    </div>
  );
}
