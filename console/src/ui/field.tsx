// Fields with a label, a hint and what is wrong, tied together for those who do not see them.
import type { ComponentChildren } from 'preact';
import { useId, useState } from 'preact/hooks';
import { Icon } from './icon';

interface Props {
  label: string;
  value: string;
  onInput(value: string): void;
  type?: string;
  hint?: ComponentChildren;
  wrong?: string;
  autocomplete?: string;
  inputMode?: 'numeric' | 'text' | 'search';
  required?: boolean;
  first?: boolean;
  maxLength?: number;
  placeholder?: string;
  spellcheck?: boolean;
}

export function Field(p: Props) {
  const id = useId();
  const [clear, setClear] = useState(false);
  const secret = p.type === 'password';
  const notes = [p.hint && `${id}h`, p.wrong && `${id}w`].filter(Boolean).join(' ');
  return (
    <div class="field">
      <label for={id}>{p.label}</label>
      <div class="field-box">
        <input id={id} type={secret && clear ? 'text' : p.type ?? 'text'} value={p.value} required={p.required} maxLength={p.maxLength}
          autocomplete={p.autocomplete ?? 'off'} autocapitalize="none" spellcheck={p.spellcheck ?? false} inputMode={p.inputMode} placeholder={p.placeholder}
          data-first={p.first ? '' : undefined} aria-invalid={p.wrong ? true : undefined} aria-describedby={notes || undefined}
          onInput={(e) => p.onInput(e.currentTarget.value)} />
        {secret && (
          <button type="button" class="button quiet square" aria-pressed={clear} aria-label="Show the password" onClick={() => setClear(!clear)}><Icon name="eye" size={18} /></button>
        )}
      </div>
      {p.hint && <div class="hint" id={`${id}h`}>{p.hint}</div>}
      {p.wrong && <div class="wrong" id={`${id}w`}><Icon name="alert" size={16} />{p.wrong}</div>}
    </div>
  );
}

export function Choice({ label, value, onInput, options }: { label: string; value: string; onInput(value: string): void; options: { value: string; label: string }[] }) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <div class="field-box">
        <select id={id} value={value} onChange={(e) => onInput(e.currentTarget.value)}>
          {options.map((o) => <option key={o.value} value={o.value}>{o.label}</option>)}
        </select>
      </div>
    </div>
  );
}
