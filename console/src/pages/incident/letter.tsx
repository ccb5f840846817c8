// A letter of an incident, to print. What the case does not know is a marked blank.
import type { ComponentChildren } from 'preact';
import { getOnce, query } from '../../base/api';
import { useLoad } from '../../base/load';
import { Box, Skeleton, Trouble } from '../../ui/notice';
import { Card, Page } from '../../ui/page';

const BLANK = /(\[TO FILL IN: [^\]]*\])/;
const BOLD = /\*\*([^*]+)\*\*/;
const bold = (text: string): ComponentChildren => text.split(BOLD).map((part, i) => (i % 2 ? <b key={i}>{part}</b> : part));
const inline = (text: string): ComponentChildren => text.split(BLANK).map((part, i) => (i % 2 ? <mark key={i}>{part}</mark> : bold(part)));

const cells = (line: string): string[] => line.replace(/^\||\|\s*$/g, '').split('|').map((c) => c.trim());
const isRule = (line: string): boolean => /^\|[-| :]+\|?$/.test(line);

function Rows({ lines }: { lines: string[] }) {
  const [head, ...rest] = lines.filter((l) => !isRule(l)).map(cells);
  return (
    <table class="letter-rows">
      <thead><tr>{head!.map((c, n) => <th key={n} scope="col">{inline(c)}</th>)}</tr></thead>
      <tbody>{rest.map((row, n) => <tr key={n}>{row.map((c, k) => (k ? <td key={k}>{inline(c)}</td> : <th key={k} scope="row">{inline(c)}</th>))}</tr>)}</tbody>
    </table>
  );
}

// As much of Markdown as the letters use: headings, lists, tables, bold, paragraphs. It becomes text,
// never markup.
export function Letter({ text }: { text: string }) {
  const blocks = text.trim().split(/\n{2,}/);
  return (
    <div class="letter">
      {blocks.map((b, i) => {
        const head = /^(#{1,3}) (.*)$/.exec(b);
        const lines = b.split('\n');
        if (head) return head[1] === '#' ? <h2 key={i}>{inline(head[2]!)}</h2> : <h3 key={i}>{inline(head[2]!)}</h3>;
        if (lines.every((l) => /^[-*] /.test(l))) return <ul key={i} class="bullets">{lines.map((l, n) => <li key={n}>{inline(l.slice(2))}</li>)}</ul>;
        if (lines.length > 2 && lines.every((l) => l.startsWith('|')) && isRule(lines[1]!)) return <Rows key={i} lines={lines} />;
        return <p key={i}>{lines.map((l, n) => <>{n > 0 && <br />}{inline(l)}</>)}</p>;
      })}
    </div>
  );
}

const titles: Record<string, string> = { authority: 'Letter to the authority', hhs: 'Letter to HHS', patient: 'Letter to a patient', internal: 'Internal report' };

export function LetterPage({ params }: { params: Record<string, string> }) {
  const { number, kind, patient } = params;
  const loaded = useLoad(`letter ${number} ${kind} ${patient ?? ''}`, (signal) => getOnce<{ text: string }>(`/api/incidents/${encodeURIComponent(number!)}/letters/${encodeURIComponent(kind!)}${query({ patient })}`, signal));
  const blanks = loaded.data?.text.match(new RegExp(BLANK, 'g'))?.length ?? 0;
  return (
    <Page title={titles[kind!] ?? 'Letter'} lead={<a href={`/incident/${number}`}>Incident {number}</a>} actions={<button type="button" class="button main" onClick={() => window.print()}>Print</button>}>
      {loaded.error ? <Trouble error={loaded.error} again={loaded.again} /> : !loaded.data ? <Skeleton rows={8} /> : (
        <>
          <div class="no-print">{blanks > 0 ? <Box tone="warn" title={`${blanks === 1 ? 'One blank is' : `${blanks} blanks are`} still to be filled in.`}>Answer the questions in the incident room, or fill them in by hand. Nothing was guessed.</Box> : <Box tone="good" title="Everything that the letter asks is filled in.">Read it before you send it: it is no advice of a lawyer.</Box>}</div>
          <Card><Letter text={loaded.data.text} /></Card>
        </>
      )}
    </Page>
  );
}
