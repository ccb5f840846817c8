// A person's ordinary day against today: small bars that say how far out today is.
import { get } from '../base/api';
import { useLoad } from '../base/load';
import type { Behaviour } from '../base/watch';
import { capital, count, plural } from '../fhir/words';
import { roleText } from '../trail/words';
import { Box, Empty, Skeleton, Trouble } from '../ui/notice';
import { Card, Page, Tag } from '../ui/page';

type Feature = Behaviour['features'][number];

// One bar: up to half of their days, up to nine of ten, up to the most there ever was, and today.
function Bar({ f }: { f: Feature }) {
  const most = Math.max(f.today, f.most ?? 0, f.p90 ?? 0, 1);
  const at = (n: number | undefined) => (100 * (n ?? 0)) / most;
  return (
    <svg class={`day-bar ${f.unusual ? 'out' : ''}`} viewBox="0 0 100 18" preserveAspectRatio="none" aria-hidden="true">
      <rect class="most" x="0" y="5" width={at(f.most)} height="8" />
      <rect class="p90" x="0" y="5" width={at(f.p90)} height="8" />
      <rect class="median" x="0" y="5" width={at(f.median)} height="8" />
      <rect class="today" x={Math.max(0, Math.min(99, at(f.today) - 0.5))} y="0" width="1" height="18" />
    </svg>
  );
}

function Day({ f, peers }: { f: Feature; peers: string }) {
  return (
    <tr class={f.unusual ? 'bad' : ''}>
      <th scope="row">{capital(f.label)} {f.unusual && <Tag tone="bad">Unusual</Tag>}</th>
      <td class="number" data-title="Today"><b>{count(f.today)}</b></td>
      <td class="day-cell"><Bar f={f} /></td>
      <td data-title="Their days">{f.median === undefined ? 'none to compare with' : `half up to ${count(f.median)}, nine of ten up to ${count(f.p90!)}, never more than ${count(f.most!)}`}</td>
      <td class="spare" data-title={peers}>{f.peers_median === undefined ? '' : `half up to ${count(f.peers_median)}, 99 of 100 up to ${count(f.peers_p99!)}`}</td>
    </tr>
  );
}

function Hours({ hours }: { hours: number[] }) {
  const now = new Date().getHours();
  return (
    <figure class="hours">
      <figcaption class="hint">In how many of a hundred of their days they were at work in each hour. The hour now is marked.</figcaption>
      <p class="only-heard">At work usually: {hours.flatMap((h, i) => (h >= 25 ? [`${i} o’clock ${h} %`] : [])).join(', ') || 'at no hour in particular'}.</p>
      <svg viewBox="0 0 480 70" aria-hidden="true">
        {hours.map((h, i) => <g key={i}><rect class={i === now ? 'now' : ''} x={i * 20 + 2} y={52 - h / 2} width="16" height={Math.max(1, h / 2)} rx="2" />{i % 6 === 0 && <text x={i * 20 + 10} y="67" text-anchor="middle">{i}</text>}</g>)}
      </svg>
    </figure>
  );
}

export function Ordinary({ params }: { params: Record<string, string> }) {
  const loaded = useLoad(`behaviour ${params.account}`, (signal) => get<Behaviour>(`/api/behaviour/${encodeURIComponent(params.account!)}`, signal));
  const b = loaded.data;
  const peers = b ? (b.compared_with === 'everybody' ? 'Everybody’s days' : `Days of the role ${roleText(b.compared_with)}`) : '';
  const out = b?.features.filter((f) => f.unusual) ?? [];
  return (
    <Page title={b ? `${b.account.name}: an ordinary day, and today` : 'An ordinary day, and today'} lead={b && <>{roleText(b.account.role)}, {b.account.login}</>}>
      {loaded.error ? <Trouble error={loaded.error} again={loaded.again} /> : !b ? <Skeleton rows={8} /> : (
        <>
          {out.length ? (
            <Box tone={b.found_today ? 'bad' : 'warn'} title={`Unlike them today: ${out.map((f) => `${count(f.today)} ${f.label}`).join(', ')}.`}>
              {b.found_today ? 'It is among the findings.' : 'By itself it is not enough for a finding.'} Unusual is not wrong: a new ward or a bad night looks the same.
            </Box>
          ) : <Box tone="good" title="Nothing today is unlike their own days and their colleagues’." />}
          <Card title="Today, against their days" aside={<span class="muted">{plural(b.days, 'working day')} of their own, {count(b.peer_days)} of their role’s</span>}>
            {b.days ? (
              <>
                <p class="day-legend"><span><i class="median" />half of their days</span><span><i class="p90" />nine of ten</span><span><i class="most" />the most ever</span><span><i class="today" />today</span></p>
                <div class="table-box" role="region" aria-label="Today against ordinary days" tabIndex={0}>
                  <table class="table days">
                    <caption class="only-heard">Today against ordinary days</caption>
                    <thead><tr><th scope="col">What</th><th scope="col" class="number">Today</th><th scope="col" class="day-cell"><span class="only-heard">Drawn</span></th><th scope="col">Their days</th><th scope="col" class="spare">{peers}</th></tr></thead>
                    <tbody>{b.features.map((f) => <Day key={f.feature} f={f} peers={peers} />)}</tbody>
                  </table>
                </div>
              </>
            ) : <Empty>Too few days are known of this person to call any of them ordinary.</Empty>}
          </Card>
          {b.days > 0 && <Card title="Their hours"><Hours hours={b.usual_hours} /></Card>}
        </>
      )}
    </Page>
  );
}
