// What officers do with the watch, in a browser: blocks, findings, how awake it is. Made by ./run, in
// a network of its own, where guard may do what it does.
import { button, expect, field, finish, look, page, signIn, signOut, test, told } from './hands.mjs';

const menu = () => page.getByRole('navigation', { name: 'Main' });
const card = (name) => page.getByRole('region', { name, exact: true });

await test('the security officer begins with today’s work; the rest is behind', async () => {
  await signIn('ms.holt');
  await page.getByRole('heading', { level: 1, name: 'Today’s queue' }).waitFor();
  const shown = (await menu().innerText()).replace(/\s+/g, ' ');
  expect(shown.startsWith('Queue'), `the menu shows ${shown}`);
  expect(!(await menu().getByRole('link', { name: 'Sessions' }).isVisible()), 'everything is in front');
  await menu().getByText('More').click();
  await menu().getByRole('link', { name: 'Sessions' }).waitFor();
  await look('menu');
  await page.keyboard.press('Escape');
  expect(!(await menu().getByRole('link', { name: 'Sessions' }).isVisible()), 'Escape does not close it');
  await menu().getByText('More').click();
  await menu().getByRole('link', { name: 'Health' }).click();
  await page.getByRole('heading', { level: 1, name: 'Health' }).waitFor();
  expect(!(await menu().getByRole('link', { name: 'Sessions' }).isVisible()), 'it stays open on the next page');
});
await test('an address is blocked with a reason, and its time runs', async () => {
  await page.goto(`${told.url}/blocks`);
  await page.getByText('Nothing is blocked and nothing is in quarantine.').waitFor();
  await look('blocks-none');
  await button('Block an address…').click();
  const dialog = page.getByRole('dialog');
  expect(await dialog.getByRole('button', { name: 'Block it' }).isDisabled(), 'it is blocked without a reason');
  await field('Address').fill('10.50.0.34');
  await field('Why?').fill('scans the ward');
  await look('block-dialog');
  await button('Block it').click();
  await dialog.waitFor({ state: 'detached' });
  const row = page.locator('.table tr', { hasText: '10.50.0.34' });
  await row.getByText('scans the ward').waitFor();
  const before = await row.locator('.count').innerText();
  expect(/^(1 h|59:)/.test(before), `it ends in ${before}`);
  await page.waitForFunction((text) => document.querySelector('.table .count')?.textContent !== text, before);
  await row.getByText(/0 packets/).waitFor();
  await look('blocks');
});
await test('guard refuses what is never blocked, and says why', async () => {
  await button('Block an address…').click();
  await field('Address').fill('10.20.0.53');
  await field('Why?').fill('to see whether it is refused');
  await button('Block it').click();
  await page.getByRole('dialog').getByRole('alert').getByText(/never blocked|name server of the wards/).waitFor();
  await page.keyboard.press('Escape');
});
await test('a block is lifted with a reason', async () => {
  await button('Lift: 10.50.0.34').click();
  await field('Why?').fill('it was the printer');
  await look('lift');
  await button('Lift it').click();
  await page.getByText('Nothing is blocked and nothing is in quarantine.').waitFor();
  await page.goto(`${told.url}/trail`);
  await page.getByText('10.50.0.34').first().waitFor();
});
await test('zones are undone unless somebody confirms', async () => {
  await page.goto(`${told.url}/blocks`);
  await button('Apply the zones file…').click();
  await button('Apply now').click();
  await page.getByText(/Not confirmed: these zones are undone in \d+ s/).waitFor();
  const before = await page.getByText(/Not confirmed/).innerText();
  await page.waitForFunction((text) => !document.body.innerText.includes(text), before);
  await look('zones');
  await button('Confirm: keep them').click();
  await page.getByText('Not confirmed').waitFor({ state: 'detached' });
  await page.getByText('2 zones, 1 flows').waitFor();
  await page.getByText('wards see devices').waitFor();
  await look('zones-held');
});
await test('when guard is away its sentence stands there, and what is blocked stays', async () => {
  await page.route('**/api/guard', (r) => r.fulfill({ status: 503, contentType: 'application/json', body: '{"error":"unavailable","message":"Guard did not answer."}' }));
  await page.goto(`${told.url}/blocks`);
  await page.getByText('Guard did not answer.').waitFor();
  await page.getByText('What is blocked stays blocked').waitFor();
  expect(!(await page.getByText('Trying again by itself').count()), 'it pretends that the records are away');
  await look('guard-away');
  await page.unroute('**/api/guard');
  await button('Try again').click();
  await page.getByText('wards see devices').waitFor();
});
await test('findings say who, what and what to do, and lead to their evidence', async () => {
  await page.goto(`${told.url}/findings`);
  const item = page.getByRole('article', { name: 'Glass broken for several' }).first();
  await item.getByText(/Dr\.Nosy broke the glass for \d patients/).waitFor();
  await item.getByText('What to do:').waitFor();
  await item.getByRole('button', { name: /^Why, and \d proofs?$/ }).click();
  await look('findings', true);
  const proof = item.getByRole('list', { name: 'Entries of the trail that prove it' }).getByRole('link').first();
  const name = await proof.innerText();
  await proof.click();
  const entry = card(name);
  await entry.getByText('emergency at the door').first().waitFor();
  await entry.getByRole('button', { name: 'Prove this entry' }).click();
  await entry.getByText('Proved here, in your browser.').waitFor();
  await look('evidence', true);
});
await test('the rules are listed with their record', async () => {
  await page.goto(`${told.url}/findings`);
  const rules = card('Rules');
  await rules.locator('tr', { hasText: 'Glass broken for several' }).first().waitFor();
  await rules.getByRole('button', { name: /^Show all \d+ rules$/ }).click();
  expect((await rules.locator('tbody tr').count()) > 20, 'rules are missing');
});
await test('detection says plainly how far behind watch is', async () => {
  await page.goto(`${told.url}/detection`);
  await page.getByText(/Watch (has seen everything on the trail|is about .* behind|is .* entr(y|ies) behind)\./).waitFor();
  await card('The courier: what goes out').getByText('No destination is named').waitFor();
  await card('Rules').getByText('Events looked at').waitFor();
  await look('detection', true);
  await page.route('**/api/status', async (r) => {
    const answer = await r.fetch();
    const json = await answer.json();
    json.watch.lag = 1204;
    await r.fulfill({ response: answer, json });
  });
  await page.goto(`${told.url}/detection`);
  await page.getByText('Watch is 1,204 entries behind.').waitFor();
  await look('detection-behind');
  await page.unroute('**/api/status');
  await signOut();
});
await test('who may look but not block sees no buttons', async () => {
  await signIn('ms.lane');
  await page.goto(`${told.url}/blocks`);
  await page.getByText('There is no such page').waitFor();
  await signOut();
  await signIn('mr.ward');
  // A house may take the work away from administrators: then they look on.
  await page.route('**/api/me', async (r) => {
    const answer = await r.fetch();
    const json = await answer.json();
    json.may = json.may.filter((v) => v !== 'contain');
    await r.fulfill({ response: answer, json });
  });
  await page.goto(`${told.url}/blocks`);
  await page.getByText('wards see devices').waitFor();
  await page.getByText('lifting and blocking is the work of others').waitFor();
  expect(!(await button('Block an address…').count()) && !(await button('Apply the zones file…').count()), 'there are buttons');
  await look('blocks-read-only');
  await page.unroute('**/api/me');
  await signOut();
});

await finish(11);
