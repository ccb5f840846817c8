// Checks what the server says of an entry, here in the browser: that its leaf is in the tree whose
// root the checkpoint signs (RFC 6962, section 2.1.1), and that the signature is the key's (C2SP
// signed notes, Ed25519).

const subtle = () => globalThis.crypto.subtle;

export function hexBytes(hex: string): Uint8Array<ArrayBuffer> {
  if (hex.length % 2 || /[^0-9a-f]/i.test(hex)) throw new Error('not hexadecimal');
  return Uint8Array.from({ length: hex.length / 2 }, (_, i) => parseInt(hex.slice(2 * i, 2 * i + 2), 16));
}
export const toHex = (bytes: Uint8Array): string => Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');

function base64Bytes(text: string): Uint8Array<ArrayBuffer> {
  const raw = atob(text);
  return Uint8Array.from(raw, (c) => c.charCodeAt(0));
}

async function node(left: Uint8Array, right: Uint8Array): Promise<Uint8Array> {
  const both = new Uint8Array(1 + left.length + right.length);
  both[0] = 1;
  both.set(left, 1);
  both.set(right, 1 + left.length);
  return new Uint8Array(await subtle().digest('SHA-256', both));
}

// The root that follows from a leaf's hash and its audit path, or null when the path has the wrong
// length. Indices stay below 2^53, so plain numbers do, but not the bitwise operators.
export async function rootOf(leaf: Uint8Array, index: number, size: number, path: Uint8Array[]): Promise<Uint8Array | null> {
  if (index < 0 || index >= size) return null;
  let fn = index, sn = size - 1, hash = leaf;
  for (const step of path) {
    if (sn === 0) return null;
    if (fn % 2 === 1 || fn === sn) {
      hash = await node(step, hash);
      while (fn % 2 === 0 && fn !== 0) {
        fn /= 2;
        sn = Math.floor(sn / 2);
      }
    } else {
      hash = await node(hash, step);
    }
    fn = Math.floor(fn / 2);
    sn = Math.floor(sn / 2);
  }
  return sn === 0 ? hash : null;
}

export interface Checkpoint { origin: string; size: number; root: Uint8Array; body: string; signatures: { name: string; id: string; bytes: Uint8Array<ArrayBuffer> }[] }

export function parseCheckpoint(text: string): Checkpoint | null {
  const cut = text.indexOf('\n\n');
  if (cut < 0) return null;
  const body = text.slice(0, cut + 1);
  const [origin, size, root] = body.split('\n');
  if (!origin || !size || !/^\d+$/.test(size) || !root) return null;
  try {
    const signatures = text.slice(cut + 2).split('\n').filter((l) => l.startsWith('\u2014 ')).map((line) => {
      const [, name = '', sig = ''] = line.split(' ');
      const all = base64Bytes(sig);
      return { name, id: toHex(all.slice(0, 4)), bytes: all.slice(4) };
    });
    return { origin, size: Number(size), root: base64Bytes(root), body, signatures };
  } catch {
    return null;
  }
}

export type Verdict = 'yes' | 'no' | 'unknown';

// vkey: name+hash+base64(0x01 || public key). 'unknown' where the browser has no Ed25519.
export async function signedBy(checkpoint: Checkpoint, vkey: string): Promise<Verdict> {
  const [name, id, ...rest] = vkey.trim().split('+');
  try {
    const key = base64Bytes(rest.join('+'));
    if (key[0] !== 1 || key.length !== 33) return 'unknown';
    const found = checkpoint.signatures.find((s) => s.name === name && s.id === id);
    if (!found) return 'no';
    const imported = await subtle().importKey('raw', key.slice(1), { name: 'Ed25519' }, false, ['verify']);
    const fine = await subtle().verify({ name: 'Ed25519' }, imported, found.bytes, new TextEncoder().encode(checkpoint.body));
    return fine ? 'yes' : 'no';
  } catch {
    return 'unknown';
  }
}

export interface Checked { included: boolean; signed: Verdict }

export async function checkProof(
  proof: { leaf: string; index: number; size: number; path: string[]; checkpoint: string }, vkey: string): Promise<Checked> {
  const checkpoint = parseCheckpoint(proof.checkpoint);
  if (!checkpoint) return { included: false, signed: 'unknown' };
  let root: Uint8Array | null = null;
  try {
    root = await rootOf(hexBytes(proof.leaf), proof.index, proof.size, proof.path.map(hexBytes));
  } catch {
    root = null;
  }
  const included = !!root && checkpoint.size === proof.size && toHex(root) === toHex(checkpoint.root);
  return { included, signed: await signedBy(checkpoint, vkey) };
}
