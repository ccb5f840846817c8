// The tree of RFC 6962 with the seven leaves that Certificate Transparency's own tests use.
import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import test from 'node:test';
import { webcrypto } from 'node:crypto';
import { checkProof, hexBytes, parseCheckpoint, rootOf, signedBy, toHex } from '../src/trail/proof';

globalThis.crypto ??= webcrypto as unknown as Crypto;
const sha = (...parts: Uint8Array[]) => new Uint8Array(createHash('sha256').update(Buffer.concat(parts)).digest());
const leaf = (data: Uint8Array) => sha(Uint8Array.of(0), data);
const inputs = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'].map(hexBytes);
const leaves = inputs.map(leaf);

function tree(list: Uint8Array[]): Uint8Array {
  if (list.length === 1) return list[0]!;
  let k = 1;
  while (k * 2 < list.length) k *= 2;
  return sha(Uint8Array.of(1), tree(list.slice(0, k)), tree(list.slice(k)));
}
function path(m: number, list: Uint8Array[]): Uint8Array[] {
  if (list.length === 1) return [];
  let k = 1;
  while (k * 2 < list.length) k *= 2;
  return m < k ? [...path(m, list.slice(0, k)), tree(list.slice(k))] : [...path(m - k, list.slice(k)), tree(list.slice(0, k))];
}

test('published roots', () => {
  assert.equal(toHex(tree(leaves.slice(0, 1))), '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d');
  assert.equal(toHex(tree(leaves)), '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328');
});
test('every leaf of every size is proved, and nowhere else', async () => {
  for (let size = 1; size <= 8; size++)
    for (let i = 0; i < size; i++) {
      const p = path(i, leaves.slice(0, size));
      const root = toHex(tree(leaves.slice(0, size)));
      assert.equal(toHex((await rootOf(leaves[i]!, i, size, p))!), root);
      if (size > 1) assert.notEqual(toHex((await rootOf(leaves[(i + 1) % size]!, i, size, p)) ?? new Uint8Array()), root);
      assert.equal(await rootOf(leaves[i]!, i, size, [...p, leaves[0]!]), null);
      if (p.length) assert.equal(await rootOf(leaves[i]!, i, size, p.slice(1)), null);
    }
});

function signed(size: number, root: Uint8Array) {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  const typed = Buffer.concat([Buffer.of(1), raw]);
  const id = createHash('sha256').update('test/log\n').update(typed).digest().subarray(0, 4);
  const body = `test/log\n${size}\n${Buffer.from(root).toString('base64')}\n`;
  const signature = Buffer.concat([id, sign(null, Buffer.from(body), privateKey)]).toString('base64');
  return { text: `${body}\n\u2014 test/log ${signature}\n`, key: `test/log+${id.toString('hex')}+${typed.toString('base64')}` };
}

test('a checkpoint is read and its signature checked', async () => {
  const root = tree(leaves);
  const { text, key } = signed(8, root);
  const proof = { leaf: toHex(leaves[3]!), index: 3, size: 8, path: path(3, leaves).map(toHex), checkpoint: text };
  assert.equal((await checkProof(proof, key)).included, true);
  // Older runtimes have no Ed25519 in WebCrypto, and then must say so rather than yes.
  assert.ok(['yes', 'unknown'].includes((await checkProof(proof, key)).signed));
  const moved = parseCheckpoint(text.replace('\n8\n', '\n9\n'))!;
  assert.ok(['no', 'unknown'].includes(await signedBy(moved, key)));
  assert.equal((await checkProof({ ...proof, index: 4 }, key)).included, false);
  assert.equal((await checkProof({ ...proof, size: 7 }, key)).included, false);
  assert.equal((await checkProof({ ...proof, leaf: 'zz' }, key)).included, false);
  assert.equal((await checkProof({ ...proof, checkpoint: 'nonsense' }, key)).included, false);
});
