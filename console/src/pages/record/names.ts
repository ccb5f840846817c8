// The names behind references to staff, places and medicines that carry none; asked for together.
import { useEffect, useState } from 'preact/hooks';
import { ApiError } from '../../base/api';
import { practitionerName } from '../../fhir/person';
import { searchAll } from '../../fhir/search';
import type { Concept, Practitioner, Reference, Resource } from '../../fhir/types';
import { concept } from '../../fhir/words';

type Named = Resource & { name?: Practitioner['name']; code?: Concept };
const ASKED = new Set(['Practitioner', 'Organization', 'Location', 'Medication']);
const known: Record<string, string> = {};
const asked = new Set<string>();

export function useNames(references: (Reference | undefined)[]): Record<string, string> {
  const [, turn] = useState(0);
  const missing = [...new Set(references.map((r) => (r && !r.display ? r.reference : undefined)))]
    .filter((r): r is string => !!r && ASKED.has(r.split('/')[0]!) && !asked.has(r)).slice(0, 100);
  const key = missing.join(' ');
  useEffect(() => {
    if (!key) return;
    const byType: Record<string, string[]> = {};
    for (const r of missing) {
      asked.add(r);
      const [type, id] = r.split('/') as [string, string];
      (byType[type] ??= []).push(id);
    }
    for (const [type, ids] of Object.entries(byType))
      searchAll<Named>(type, { _id: ids.join(','), _count: ids.length }, ids.length).then(
        (list) => {
          for (const one of list) known[`${type}/${one.id}`] = one.name ? practitionerName(one as Practitioner) : concept(one.code);
          turn((n) => n + 1);
        },
        (e) => {
          // Without a name the rest of the row is still worth reading.
          if (!(e instanceof ApiError)) throw e;
        });
  }, [key]);
  return known;
}
