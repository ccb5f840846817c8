// What is shown once: passwords, tokens, recovery codes.
import { tell } from './notice';
import { Icon } from './icon';

export function Secret({ text, label }: { text: string; label: string }) {
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      tell(`${label} copied.`);
    } catch {
      tell('The browser does not let this page copy; select the text instead.');
    }
  };
  return (
    <div class="secret">
      <code aria-label={label}>{text}</code>
      <button type="button" class="button" onClick={copy}><Icon name="copy" size={16} />Copy</button>
    </div>
  );
}

export function RecoveryCodes({ codes, login }: { codes: string[]; login: string }) {
  const text = `Hospitaller recovery codes for ${login}\nEach works once.\n\n${codes.join('\n')}\n`;
  return (
    <>
      <ol class="codes" aria-label="Recovery codes">{codes.map((c) => <li key={c}><code>{c}</code></li>)}</ol>
      <div class="row no-print">
        <a class="button" download="hospitaller-recovery-codes.txt" href={`data:text/plain;charset=utf-8,${encodeURIComponent(text)}`}>Save as a file</a>
        <button type="button" class="button" onClick={() => window.print()}><Icon name="print" size={16} />Print</button>
      </div>
    </>
  );
}
