// What officers do with the watch, in a browser: blocks, findings, how awake it is. Made by ./run, in
// a network of its own, where guard may do what it does.
import { button, code, context, expect, field, finish, look, page, signIn, signOut, test, told } from './hands.mjs';

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
  await page.getByText('2 zones, 1 flow,').waitFor();
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
  await page.getByText(/Watch (keeps up|is about .* behind|is .* entr(y|ies) behind)\./).waitFor();
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
await test('what a playbook may not do alone waits for approval, with a number in the menu', async () => {
  await signIn('ms.holt');
  const item = menu().getByRole('link', { name: /Approvals/ });
  await item.getByText('1 waiting').waitFor();
  await item.click();
  const run = card('Waiting').getByRole('article', { name: /^honey, run/ });
  await run.getByText(/If nobody answers within .*, it is left out and the rest goes on/).waitFor();
  await run.getByText(/revoke the application’s token \(refused by the system\)/).waitFor();
  await look('approvals', true);
  await run.getByRole('button', { name: 'Approve: End their sessions' }).click();
  await field('Why?').fill('she is at home today');
  await look('approve');
  await button('Approve: do it now').click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  // Then it wants to lock the account; when nobody answers, another role is asked.
  await page.waitForFunction(() => { [...document.querySelectorAll('button')].find((b) => b.textContent === 'Refresh')?.click(); return document.body.innerText.includes('Lock the account'); }, null, { polling: 1000 });
  await run.getByText(/the next role is asked/).waitFor();
  await run.getByRole('button', { name: 'Approve: Lock the account' }).click();
  await page.getByText('Who treats patients still signs in and breaks the glass.').waitFor();
  await field('Why?').fill('until we have spoken to her');
  await button('Approve: do it now').click();
  await card('Waiting').getByText('Nothing waits for anybody.').waitFor();
  const held = card('What holds now').locator('tr', { hasText: 'dr.nosy' });
  await page.waitForFunction(() => { [...document.querySelectorAll('button')].find((b) => b.textContent === 'Refresh')?.click(); return document.body.innerText.includes('dr.nosy'); }, null, { polling: 1000 });
  await held.getByText(/3 h \d+ min/).waitFor();
  await look('held', true);
  expect(!(await menu().getByText('1 waiting').count()), 'the number stays');
  await card('Done, and can be taken back').getByRole('button', { name: 'Take back: Lock the account' }).click();
  await field('Why?').fill('she has explained it');
  await button('Take it back').click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.waitForFunction(() => { [...document.querySelectorAll('button')].find((b) => b.textContent === 'Refresh')?.click(); return document.body.innerText.includes('hold nothing against anybody'); }, null, { polling: 1000 });
  await signOut();
});
await test('an incident says in a paragraph who, what, since when, what is contained, and what is next', async () => {
  await signIn('ms.lane');
  await menu().getByRole('link', { name: 'Incidents' }).click();
  await page.locator('.table tr', { hasText: 'Nobody has it' }).waitFor();
  await look('incidents');
  await page.locator('.table').getByRole('link').first().click();
  const short = page.getByRole('region', { name: 'In short' });
  for (const text of [/Dr\.Nosy/, /invented patient/, /Since/, /\d patients? concerned/, 'Next:'])
    await short.getByText(text).first().waitFor();
  await short.getByText('Take it, or give it to somebody: nobody has it yet.').waitFor();
  await short.getByText('Their sessions were ended').waitFor();
  await page.getByRole('list', { name: 'Clocks' }).getByText('Notify the data protection authority').waitFor();
  await card('Patients concerned').getByRole('link', { name: 'Paul Marsh', exact: true }).waitFor();
  await look('incident', true);
});
await test('it is taken, noted, given a task, and every act stands in its timeline', async () => {
  const short = page.getByRole('region', { name: 'In short' });
  await button('I take it').click();
  await short.getByText('Then say what it was.').waitFor();
  await field('A note').fill('Spoke to the ward: nobody sent for her.');
  await button('Note it').click();
  await page.getByText('Maria Lane noted: “Spoke to the ward: nobody sent for her.”').waitFor();
  await field('A task').fill('Ask for the roster of that night');
  await button('Add it').click();
  await button('Done: Ask for the roster of that night').click();
  await card('What happened').getByText('Maria Lane did a task: Ask for the roster of that night').waitFor();
  await button('It is contained…').click();
  await field('How?').fill('she was sent home');
  await page.getByRole('dialog').getByRole('button', { name: 'Note it' }).click();
  await short.getByText('Maria Lane says that it is contained: “she was sent home”').waitFor();
});
await test('what somebody else does shows by itself, and what one is writing stays', async () => {
  const other = await context.newPage();
  await other.goto(page.url());
  await field('A note').fill('half a sentence');
  await other.getByLabel('A note', { exact: true }).fill('Written at another desk.');
  await other.getByRole('button', { name: 'Note it', exact: true }).click();
  await page.getByText('Maria Lane noted: “Written at another desk.”').waitFor({ timeout: 15000 });
  expect((await field('A note').inputValue()) === 'half a sentence', 'what was being written is gone');
  await field('A note').fill('');
  await other.close();
});
await test('a verdict, an assessment that moves the clocks, and the letter to print', async () => {
  const short = page.getByRole('region', { name: 'In short' });
  await button('Say what it was…').click();
  await page.getByRole('radio', { name: /It happened/ }).check();
  await look('verdict');
  await button('Keep the verdict').click();
  await short.getByText('Say whether it is a breach').waitFor();
  await page.getByText(/^Assessment: 0 of/).click();
  await button('Answer: How high is the risk to those concerned?').click();
  await field('Answer').selectOption('high');
  await button('Keep it').click();
  await page.getByRole('list', { name: 'Clocks' }).getByText(/due without undue delay/).waitFor();
  await button('Answer: When did the hospital become aware of it, for the 72 hours?').click();
  await field('Answer').fill('2026-01-02T08:00');
  await look('answer');
  await button('Keep it').click();
  await short.getByText(/Notify the data protection authority \(Art\. 33\): overdue by/).waitFor();
  await look('incident-overdue', true);
  await page.getByRole('link', { name: 'To the data protection authority (Art. 33)' }).click();
  await page.getByText(/blanks are still to be filled in/).waitFor();
  await page.locator('.letter mark', { hasText: 'TO FILL IN' }).first().waitFor();
  await look('letter');
  await page.goBack();
  await page.getByRole('link', { name: 'Letter to Paul Marsh' }).click();
  await page.locator('.letter').getByText('Dear Paul Marsh').waitFor();
});
await test('a false alarm stops the clocks and proposes an exception; then it is closed', async () => {
  await page.goBack();
  await button('Change the verdict…').click();
  await page.getByRole('radio', { name: /False alarm/ }).check();
  await button('Keep the verdict').click();
  await card('So that it does not come again').getByText(/false alarm, incident/).first().waitFor();
  await card('So that it does not come again').getByRole('button', { name: 'Make the exception: Glass broken for several patients within an hour' }).click();
  await card('So that it does not come again').getByText('Made').waitFor();
  await button('Close it…').click();
  await button('Close it').click();
  await page.getByText('It was closed: false alarm.').waitFor();
  await look('incident-closed');
  await page.goto(`${told.url}/findings`);
  await card('Rules').locator('th', { hasText: 'False' }).waitFor();
});
await test('an exception is listed with its reason, its end and its use, and is taken back', async () => {
  const list = card('Exceptions');
  await list.locator('tr', { hasText: 'Dr.Nosy' }).getByText(/false alarm, incident/).waitFor();
  await look('exceptions', true);
  await list.getByRole('button', { name: /^Take back: / }).click();
  await button('Take it back').click();
  await list.getByText('There are none').waitFor();
  await page.getByRole('article', { name: 'Glass broken for several' }).first().getByRole('button', { name: 'This is fine…' }).click();
  await field('Why is it fine?').fill('she covers the night alone');
  await look('fine');
  await button('Make the exception').click();
  await page.reload();
  await list.getByText('she covers the night alone').waitFor();
});
await test('an incident is opened from a finding, once', async () => {
  await page.goto(`${told.url}/findings`);
  await page.getByRole('article').first().getByRole('button', { name: 'Open an incident' }).click();
  await page.getByRole('alert').getByText(/incident/).first().waitFor();
});
await test('a person’s ordinary day is set against today', async () => {
  await page.getByRole('article').first().getByRole('link', { name: 'Their ordinary day' }).click();
  await page.getByRole('heading', { level: 1, name: /Dr\.Nosy: an ordinary day, and today/ }).waitFor();
  await page.getByText(/Too few days are known of this person|Records opened/).first().waitFor();
  await look('ordinary');
  // What weeks of work look like: as the server would tell it.
  await page.route('**/api/behaviour/*', async (r) => {
    const answer = await r.fetch();
    const json = await answer.json();
    json.days = 64;
    json.peer_days = 1900;
    json.found_today = true;
    json.usual_hours = json.usual_hours.map((_, h) => (h > 6 && h < 17 ? 80 : h === 17 ? 30 : 2));
    json.features = json.features.map((f, i) => ({ ...f, today: i ? 3 : 240, median: 9, p90: 21, most: 31, days: 64, peers_median: 11, peers_p90: 24, peers_p99: 40, unusual: !i }));
    await r.fulfill({ response: answer, json });
  });
  await page.reload();
  await page.getByText('Unlike them today: 240 records opened.').waitFor();
  await page.getByText('half up to 9, nine of ten up to 21, never more than 31').first().waitFor();
  await look('ordinary-out', true);
  await page.unroute('**/api/behaviour/*');
});
await test('what others know of attacks is looked up', async () => {
  await menu().getByText('More').click();
  await menu().getByRole('link', { name: 'Known attacks' }).click();
  await card('Sources').locator('tr', { hasText: 'known' }).waitFor();
  await field('An address, domain, URL, hash or user agent').fill('d'.repeat(64));
  await button('Look').click();
  await page.getByText('is known: 1 list names it.').waitFor();
  await look('intelligence', true);
  await field('An address, domain, URL, hash or user agent').fill('e'.repeat(64));
  await button('Look').click();
  await page.getByText(/^No list names e/).waitFor();
  await signOut();
});
await test('where the policy wants a fresh code, it is asked for in place, and the work goes on', async () => {
  await signIn('dr.nosy');
  let given = false;
  await page.route('**/fhir/Patient?**', (r) => (given ? r.continue() : r.fulfill({ status: 403, contentType: 'application/fhir+json', body: '{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"login","details":{"coding":[{"code":"fresh-factor-required"}]},"diagnostics":"Give a new code of your second factor."}]}' })));
  page.on('response', (r) => { given ||= r.url().endsWith('/api/me/second-factor') && r.ok(); });
  await page.goto(told.url);
  await page.getByRole('combobox').fill('marsh');
  const dialog = page.getByRole('dialog', { name: 'Show once more that it is you' });
  await dialog.waitFor();
  await look('fresh-factor');
  await field('Code').fill('000000');
  await button('Go on').click();
  await dialog.getByRole('alert').waitFor();
  await field('Code').fill(await code('dr.nosy'));
  await button('Go on').click();
  await dialog.waitFor({ state: 'detached' });
  expect(given, 'the code was not taken');
  await page.unroute('**/fhir/Patient?**');
  // Who cannot give one now still breaks the glass.
  await page.route('**/fhir/Patient/pat4', (r) => r.fulfill({ status: 403, contentType: 'application/fhir+json', body: '{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"login","details":{"coding":[{"code":"fresh-factor-required"}]},"diagnostics":"Give a new code of your second factor; breaking the glass opens it at once."}]}' }));
  await page.goto(`${told.url}/patient/pat4`);
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await page.getByText('only broken glass opens records to you').waitFor();
  await button('Break the glass…').waitFor();
  await look('waits-for-a-code');
  await page.unroute('**/fhir/Patient/pat4');
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

await finish(22);
