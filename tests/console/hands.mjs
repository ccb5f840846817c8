// What every browser test needs: a browser that complains aloud, steps named in the words of a user,
// the audit of a page in both themes and sizes, signing in with a password and a second factor.
import dns from 'node:dns';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { audit } from './audit.mjs';
import { totp } from './totp.mjs';

// A bare Debian has no /etc/hosts. Browsers know localhost all the same; node, which answers some
// requests in the browser's place, does not.
const lookup = dns.promises.lookup;
dns.promises.lookup = (host, ...more) => lookup(host === 'localhost' ? '127.0.0.1' : host, ...more);

export const told = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const pictures = told.pictures;
if (pictures) mkdirSync(pictures, { recursive: true });
const profile = mkdtempSync(join(tmpdir(), 'console-profile-'));
const root = process.getuid?.() === 0;
export const desk = { width: 1280, height: 860 };
export const phone = { width: 390, height: 844 };

export const context = await chromium.launchPersistentContext(profile, {
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  headless: true,
  args: [...(root ? ['--no-sandbox'] : []), '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  ignoreHTTPSErrors: true,
  viewport: desk,
  acceptDownloads: true,
  colorScheme: 'light',
});
context.setDefaultTimeout(8000);
export const page = context.pages()[0] ?? (await context.newPage());

// Nothing may be written to the browser's console, and no rule of the content policy may be broken.
export const complaints = [];
page.on('console', (m) => {
  if (['error', 'warning'].includes(m.type()) && !/status of (401|403|404|409|422|429|503)|ERR_CONNECTION|net::ERR/.test(m.text())) complaints.push(m.text());
});
page.on('pageerror', (e) => complaints.push(String(e)));
export const elsewhere = [];
page.on('request', (r) => {
  if (!r.url().startsWith(told.url) && !r.url().startsWith('data:')) elsewhere.push(r.url());
});

let passed = 0;
const failures = [];
export async function test(name, fn) {
  try {
    await fn();
    const said = complaints.splice(0);
    if (said.length) throw new Error(`the browser complained: ${said.join(' | ')}`);
    passed++;
    console.log(`fine: ${name}`);
  } catch (error) {
    failures.push(name);
    complaints.splice(0);
    console.log(`FAILED: ${name}\n  ${String(error.stack ?? error).split('\n').slice(0, 8).join('\n  ')}`);
    await page.screenshot({ path: join(pictures ?? tmpdir(), `failed-${failures.length}.png`) }).catch(() => {});
  }
}
export const expect = (holds, words) => {
  if (!holds) throw new Error(words);
};
// What was already chosen for somebody; the rest as they sign in.
export const secrets = { ...told.secrets };
export const word = 'five grey herons waiting by ';

export async function settle() {
  await page.waitForLoadState('networkidle').catch(() => {});
  await page.waitForFunction(() => !document.querySelector('.skeleton'), null, { timeout: 8000 }).catch(() => {});
  await page.waitForTimeout(260);
}

// A record by its address: as one that came from outside, it is asked for first, unless it is one's own.
export async function openRecord(path) {
  await page.goto(`${told.url}${path}`);
  const wanted = page.getByRole('button', { name: 'Open the record' });
  await wanted.or(page.locator('.banner h1, .box.warn, .box.bad')).first().waitFor();
  if (await wanted.count()) await wanted.click();
}

// Every page, in both themes and both sizes, must pass the audit.
export async function look(name, full = false) {
  await settle();
  const problems = [];
  for (const size of [desk, phone]) {
    await page.setViewportSize(size);
    for (const scheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
      await page.waitForTimeout(120);
      // Colours change over a while, and longer where the machine is busy: half-way they fail the audit.
      await page.evaluate(() => Promise.all(document.getAnimations().filter((a) => a.effect?.getComputedTiming().endTime !== Infinity).map((a) => a.finished.catch(() => {}))));
      for (const p of await page.evaluate(audit)) problems.push(`${size === desk ? 'desk' : 'phone'} ${scheme}: ${p}`);
      if (pictures) await page.screenshot({ path: join(pictures, `${name}-${size === desk ? 'desk' : 'phone'}-${scheme}.png`), fullPage: full && size === desk });
    }
  }
  await page.setViewportSize(desk);
  await page.emulateMedia({ colorScheme: 'light' });
  expect(!problems.length, `${name}: ${[...new Set(problems)].slice(0, 12).join('\n  ')}`);
}

export const field = (label) => page.getByLabel(label, { exact: true });
export const button = (name) => page.getByRole('button', { name, exact: true });

// A code that was not used yet; one step ahead of now is accepted, too.
export async function code(login) {
  const s = secrets[login];
  const now = Math.floor(Date.now() / 30000);
  const step = Math.max(now - 1, (s.used ?? 0) + 1);
  while (step > Math.floor(Date.now() / 30000) + 1) await page.waitForTimeout(500);
  s.used = step;
  return totp(s.totp, step);
}

export async function signIn(login, first = false) {
  secrets[login] ??= { password: told.accounts[login].given };
  await page.goto(told.url);
  await field('Login').fill(login);
  await field('Password').fill(secrets[login].password);
  if (first) await look('sign-in');
  await page.keyboard.press('Enter');
  if (told.accounts[login].role === 'patient') {
    const own = `${word}${Math.random().toString(36).slice(2, 8)}`;
    await field('New password').fill('paul-otter-91-tundra');
    await page.getByText('It contains your name or login.').waitFor();
    await field('New password').fill('bobcat-otter-9');
    await page.getByText('at least 15 characters').waitFor();
    await field('New password').fill(own);
    await field('Once more').fill(own);
    await button('Use this password').click();
    return page.locator('.top .me').waitFor();
  }
  const next = await Promise.race([
    field('New password').waitFor().then(() => 'change'), field('Code').waitFor().then(() => 'code')]);
  if (next === 'change') {
    await field('New password').fill('password1');
    await page.getByText(/guess/).first().waitFor();
    expect(await button('Use this password').isDisabled(), 'a weak password may be used');
    const own = `${word}${Math.random().toString(36).slice(2, 8)}`;
    await field('New password').fill(own);
    await field('Once more').fill(own);
    await page.waitForFunction(() => document.querySelector('.strength-bar.s4, .strength-bar.s3'));
    if (first) await look('change-password');
    await button('Use this password').click();
    secrets[login].password = own;
    const image = page.getByAltText('QR code for the authenticator app');
    await image.waitFor();
    expect(await image.evaluate((i) => i.decode().then(() => i.naturalWidth > 20)), 'the QR code is not drawn');
    await page.getByText('Cannot scan?').click();
    secrets[login].totp = await page.locator('code.key').innerText();
    if (first) await look('enrol');
    await field('Code').fill(await code(login));
    await button('Confirm').click();
    await page.getByRole('heading', { name: 'Keep these recovery codes' }).waitFor();
    secrets[login].recovery = await page.locator('.codes code').allInnerTexts();
    expect(secrets[login].recovery.length === 10, 'not ten recovery codes');
    expect(await button('Go on').isDisabled(), 'the codes can be skipped');
    if (first) await look('recovery-codes');
    await page.getByLabel('I have saved or printed them').check();
    await button('Go on').click();
  } else {
    if (first) await look('second-factor');
    await field('Code').fill(await code(login));
    await button('Go on').click();
  }
  await page.locator('.top .me').waitFor();
}
export async function signOut() {
  await button('Sign out').click();
  await field('Login').waitFor();
}

// The end of a test file: `least` tests must have passed.
export async function finish(least) {
  await test('nothing was asked of any other machine', async () => expect(!elsewhere.length, elsewhere.join(', ')));
  await context.close();
  rmSync(profile, { recursive: true, force: true });
  console.log(`\n${passed} passed, ${failures.length} failed`);
  process.exit(failures.length || passed < least ? 1 : 0);
}
