// The console as people use it: node browser.mjs TOLD.json (made by ./run). Each step is named in the
// words of a user; the first that fails is shown, and the rest is still tried where it can be.
import { button, context, expect, field, finish, look, openRecord, page, secrets, settle, signIn, signOut, test, told } from './hands.mjs';

const search = () => page.getByRole('combobox');
const tab = (name) => page.getByRole('navigation', { name: 'Parts of the record' }).getByRole('link', { name, exact: true });

await test('a wrong password is refused without saying which part was wrong', async () => {
  await page.goto(told.url);
  await field('Login').fill('dr.berg');
  await field('Password').fill('this is not it at all');
  await page.keyboard.press('Enter');
  await page.getByRole('alert').getByText('does not match').waitFor();
});
await test('a clinician changes the password given out, enrols a phone and is in', () => signIn('dr.berg', true));
await test('the clinician’s own patients come first', async () => {
  await page.getByRole('heading', { name: 'In your care' }).waitFor();
  await page.locator('.hit', { hasText: 'Marsh, Paul' }).waitFor();
  await look('patients');
});
await test('a patient is found as one types, with the keyboard alone', async () => {
  await page.locator('h1').click();
  await page.keyboard.press('/');
  expect(await search().evaluate((el) => el === document.activeElement), '/ does not lead to the search');
  await page.keyboard.type('mars', { delay: 30 });
  await page.locator('.hit', { hasText: 'Marshall, Ruth' }).waitFor();
  await look('found');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowUp');
  expect((await page.locator('.hit.chosen').innerText()).includes('Marsh, Paul'), 'one’s own patient is not first');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'Paul Henry Marsh' }).waitFor();
  expect(new URL(page.url()).pathname === '/patient/pat0', `the address is ${page.url()}`);
});
await test('by given and family name in any order, and is told when that is too little', async () => {
  for (const typed of ['Paul Marsh', 'marsh  paul', 'Dr. Paul Henry Marsh', 'marsh, pau', 'paul marsh 1961-04-02']) {
    await page.goto(told.url);
    await search().fill(typed);
    await page.getByRole('listbox', { name: 'Patients found' }).locator('.hit', { hasText: 'Marsh, Paul' }).waitFor();
  }
  await search().fill('ma');
  await page.getByText('Go on typing: three letters of a name').waitFor();
  await page.waitForTimeout(400);
  expect(!(await page.locator('.box.bad').count()), 'two letters are an error');
});
await test('by birth date and by number, too', async () => {
  for (const [typed, found] of [['1947-02-08', 'Lindqvist'], ['02.04.1961', 'Marsh'], ['MRN-100401', 'Okafor']]) {
    await page.goto(told.url);
    await search().fill(typed);
    await page.getByRole('listbox', { name: 'Patients found' }).locator('.hit', { hasText: found }).waitFor();
  }
});
await test('the record’s summary says whose it is and what matters', async () => {
  await openRecord('/patient/pat0');
  await page.getByText('Penicillin').waitFor();
  for (const text of ['Type 2 diabetes mellitus', 'Metformin 850 mg tablets', 'Blood pressure check']) await page.getByText(text).first().waitFor();
  expect((await page.locator('.banner').innerText()).includes('MRN-100400'), 'no record number');
  await look('record', true);
});
await test('each part of the record can be read', async () => {
  for (const [name, text] of [['Problems', 'Acute bronchitis'], ['Medicines', '1 tablet at night'], ['Visits', 'Acute visit'], ['Documents', 'Yearly diabetes review'], ['Vaccines', 'Influenza'], ['Details', 'Mill Lane 3'], ['Appointments', 'Blood pressure check']]) {
    await tab(name).click();
    await page.getByText(text).first().waitFor();
    await look(name.toLowerCase());
  }
});
await test('a document opens in its place', async () => {
  await tab('Documents').click();
  await page.getByRole('button', { name: 'Show details' }).first().click();
  await page.getByText('Foot examination without findings').waitFor();
});
await test('a result is plotted over time, with its range', async () => {
  await tab('Results').click();
  await page.getByRole('button', { name: 'Haemoglobin A1c' }).click();
  await page.getByRole('figure', { name: /Haemoglobin A1c over time, 14 values/ }).locator('canvas').waitFor();
  await settle();
  const inked = await page.locator('.plot canvas').evaluate((c) => c.getContext('2d').getImageData(0, 0, c.width, c.height).data.filter((v, i) => i % 4 === 3 && v > 0).length);
  expect(inked > 2000, `the plot has ${inked} points of ink`);
  await look('results');
  await page.getByRole('button', { name: 'Blood pressure' }).click();
  await page.getByText('Diastolic').waitFor();
  await look('blood-pressure');
});
await test('a stranger’s record is closed, and the glass can be broken with a reason', async () => {
  await openRecord('/patient/pat5');
  await page.getByRole('heading', { name: 'This record is not open to you' }).waitFor();
  expect(!(await page.content()).includes('Ruth'), 'the name is shown');
  await look('closed');
  await button('Break the glass…').click();
  const dialog = page.getByRole('dialog', { name: 'Break the glass' });
  await dialog.waitFor();
  expect(await dialog.getByLabel('Why do you need this record?').evaluate((el) => el === document.activeElement), 'the reason has not the focus');
  await page.keyboard.type('short');
  expect(await button('Open the record').isDisabled(), 'a short reason is enough');
  for (let i = 0; i < 14; i++) {
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement === document.body || !!document.activeElement.closest('dialog')), 'the focus leaves the dialog');
  }
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  expect(await button('Break the glass…').evaluate((el) => el === document.activeElement), 'the focus does not come back');
  await page.keyboard.press('Enter');
  await dialog.getByLabel('Why do you need this record?').fill('Collapsed in the waiting room, cannot answer');
  await look('break-glass');
  await button('Open the record').click();
  await page.getByRole('heading', { level: 1, name: 'Ruth Marshall' }).waitFor();
  await page.getByText('You broke the glass for this record.').waitFor();
  const left = await page.locator('.glass-banner .count').innerText();
  await page.waitForTimeout(1300);
  expect(left !== (await page.locator('.glass-banner .count').innerText()), 'the time does not run');
  await page.getByText('Type 2 diabetes mellitus').first().waitFor();
  await look('broken');
});
await test('who has seen a record is told in plain words', async () => {
  await openRecord('/patient/pat0/seen');
  await page.locator('.seen-item', { hasText: 'Dr Anna Berg' }).first().waitFor();
  await page.getByText('took part in a visit or stay').first().waitFor();
  await page.locator('.seen-item summary').first().click();
  await look('seen');
});
await test('there is a way round the page by keyboard: skip link, order, shortcuts', async () => {
  await openRecord('/patient/pat0');
  await page.locator('.tabs').waitFor();
  // From the very beginning of the page, wherever the browser thought one was.
  await page.evaluate(() => {
    document.body.tabIndex = -1;
    document.body.focus();
    document.body.removeAttribute('tabindex');
  });
  await page.keyboard.press('Tab');
  expect((await page.evaluate(() => document.activeElement.textContent)) === 'Skip to the content', 'the skip link is not first');
  await page.keyboard.press('Enter');
  expect(await page.evaluate(() => document.activeElement.id === 'main'), 'it does not skip');
  const order = [];
  for (let i = 0; i < 6; i++) {
    await page.keyboard.press('Tab');
    order.push(await page.evaluate(() => document.activeElement.textContent.trim()));
    const ring = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
    expect(ring !== 'none', `no ring around ${order[order.length - 1]}`);
  }
  expect(order[0] === 'Summary' && order[1] === 'Problems', `the order is ${order.join(', ')}`);
  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
  await look('shortcuts');
  await page.keyboard.press('Escape');
  await page.keyboard.press('g');
  await page.keyboard.press('s');
  await page.getByRole('heading', { level: 1, name: 'Sessions' }).waitFor();
});
await test('nothing about patients stays in the browser', async () => {
  await page.evaluate(() => localStorage.setItem('theme', 'dark'));
  const kept = await page.evaluate(async () => ({ local: Object.keys(localStorage), session: Object.keys(sessionStorage), databases: (await indexedDB.databases()).length, caches: (await caches.keys()).length, cookie: document.cookie }));
  expect(JSON.stringify(kept) === JSON.stringify({ local: ['theme'], session: [], databases: 0, caches: 0, cookie: '' }), JSON.stringify(kept));
  await page.evaluate(() => localStorage.removeItem('theme'));
});
await test('one’s sessions are listed', async () => {
  await page.goto(`${told.url}/sessions`);
  await page.getByText('this one').waitFor();
  await look('sessions');
  await page.goto(`${told.url}/me`);
  await field('Present password').waitFor();
  await look('me');
  await page.goto(`${told.url}/about`);
  await look('about');
});
await test('pages of other roles are neither in the menu nor open', async () => {
  expect((await page.getByRole('navigation', { name: 'Main' }).innerText()).replace(/\s+/g, ' ') === 'Patients Sessions About', 'the menu shows more');
  await page.goto(`${told.url}/trail`);
  await page.getByText('There is no such page').waitFor();
});
await test('a mail, its pictures and its links read no record in one’s name', async () => {
  const asked = [];
  const hear = (r) => { if (/\/fhir\/|\/api\/patients/.test(r.url())) asked.push([new URL(r.url()).pathname, r.status()]); };
  const mail = context.pages()[1] ?? (await context.newPage());
  mail.on('response', hear);
  await mail.route('https://webmail.example/**', (r) => r.fulfill({ contentType: 'text/html', body: `<img src="${told.url}/fhir/Patient/pat0"><img src="${told.url}/fhir/Observation?patient=pat0"><a id="raw" href="${told.url}/fhir/Patient/pat0">Invoice</a><a id="page" href="${told.url}/patient/pat0">Results</a>` }));
  await mail.goto('https://webmail.example/');
  await mail.waitForTimeout(500);
  await mail.locator('#raw').click();
  await mail.waitForURL('**/fhir/Patient/pat0');
  expect(!(await mail.locator('body').innerText()).includes('Marsh'), 'the link shows the record');
  await mail.goto(`${told.url}/fhir/Patient/pat0`); // as a mail program opens it: nobody's page asks
  expect(!(await mail.locator('body').innerText()).includes('Marsh'), 'the address shows the record');
  expect(asked.length >= 2 && asked.every(([, status]) => status === 401 || status === 403), `answers: ${JSON.stringify(asked)}`);
  asked.length = 0;
  await mail.goto(`${told.url}/patient/pat0`);
  await mail.getByRole('heading', { level: 1, name: 'Open this record?' }).waitFor();
  await mail.waitForTimeout(500);
  expect(!asked.length, `a link to the page asks for ${JSON.stringify(asked)}`);
  await mail.getByRole('button', { name: 'Open the record' }).click();
  await mail.getByText('Penicillin').waitFor();
  await mail.reload(); // what was opened stays so
  await mail.getByText('Penicillin').waitFor();
  await mail.close();
  await page.goto(`${told.url}/patient/pat0`);
  await look('from-outside');
});
await test('what stands in a record does nothing to the page', async () => {
  const bad = '<img src=x onerror="window.owned=1"><script>window.owned=1</script>';
  await page.route('**/fhir/Patient/pat0', async (r) => {
    const answer = await r.fetch();
    const json = await answer.json();
    json.name = [{ family: bad, given: ['javascript:window.owned=1'] }];
    json.text = { status: 'generated', div: `<div xmlns="http://www.w3.org/1999/xhtml">${bad}</div>` };
    await r.fulfill({ response: answer, json });
  });
  await openRecord('/patient/pat0');
  await page.locator('.banner h1', { hasText: 'onerror' }).waitFor();
  await page.waitForTimeout(300);
  expect(!(await page.evaluate(() => window.owned)), 'it ran');
  expect(!(await page.locator('main img').count()), 'it became a picture');
  await page.unroute('**/fhir/Patient/pat0');
});
await test('a session that ended asks to sign in again and keeps the place', async () => {
  await openRecord('/patient/pat0/results');
  await page.getByText('Creatinine').first().waitFor();
  const cookies = await context.cookies();
  const end = await page.evaluate(() => fetch('/api/sign-out', { method: 'POST', headers: { 'X-Hospitaller': 'console' } }).then((r) => r.status));
  expect(end === 200, `signing out answered ${end}, ${cookies.length} cookies`);
  await tab('Problems').click();
  await page.getByText('Your session has ended').waitFor();
  expect(!(await page.locator('body').innerText()).includes('Marsh'), 'the record still shows');
  await field('Login').fill('dr.berg');
  await field('Password').fill(secrets['dr.berg'].password);
  await page.keyboard.press('Enter');
  await field('Code').waitFor();
  await look('second-factor');
  await page.getByRole('button', { name: /recovery code/ }).click();
  await field('Recovery code').fill(secrets['dr.berg'].recovery[0]);
  await button('Go on').click();
  await page.getByText('Acute bronchitis').waitFor();
});
await test('when the vault is away the page says so, tries again and recovers', async () => {
  await openRecord('/patient/pat0');
  await page.getByText('Type 2 diabetes mellitus').first().waitFor();
  let away = true;
  await page.route('**/fhir/Condition**', (r) => (away ? r.fulfill({ status: 503, headers: { 'Retry-After': '1' }, contentType: 'application/fhir+json', body: '{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"transient","diagnostics":"The records cannot be reached now."}]}' }) : r.continue()));
  await tab('Problems').click();
  await page.getByText('Trying again by itself').waitFor();
  await look('away');
  away = false;
  await page.getByText('Acute bronchitis').waitFor({ timeout: 20000 });
  await page.getByText('Trying again by itself').waitFor({ state: 'detached' });
  await page.unroute('**/fhir/Condition**');
  await signOut();
});
await test('the privacy officer signs in and searches the trail', async () => {
  await signIn('ms.lane');
  await page.goto(`${told.url}/trail`);
  await page.getByText('The trail is whole').waitFor();
  await field('Who').fill('dr.berg');
  await page.getByLabel('What', { exact: true }).selectOption('break-glass');
  await button('Search').click();
  await page.getByText('broke the glass for').first().waitFor();
  await look('trail');
  await field('Patient').fill('mars');
  await button('Search').click();
  const which = page.getByRole('group', { name: 'Which patient?' });
  await which.getByRole('button', { name: /Marsh, Paul/ }).waitFor();
  await look('trail-who');
  await field('Patient').fill('ruth marshall');
  await button('Search').click();
  await page.getByText('broke the glass for Ruth Marshall').first().waitFor();
});
await test('an entry is proved in the browser, down to the signature', async () => {
  await page.getByRole('button', { name: 'Show details' }).first().click();
  await page.getByText('Collapsed in the waiting room').first().waitFor();
  await button('Prove this entry').click();
  await page.getByText('Proved here, in your browser.').waitFor();
  await page.getByText('signature is that of the trail’s key').waitFor();
  await page.getByText('The proof itself (RFC 6962)').click();
  await look('proof', true);
});
await test('what explains an access is drawn as a path', async () => {
  await page.goto(`${told.url}/trail`);
  await field('Who').fill('dr.berg');
  await field('Patient').fill('pat0');
  await page.getByLabel('What', { exact: true }).selectOption('read');
  await Promise.all([page.waitForResponse(/\/api\/trail\?.*action=read/), button('Search').click()]);
  await page.getByText('read the personal details of Paul Marsh').first().waitFor();
  await page.getByRole('button', { name: 'Show details' }).first().click();
  await button('What explains it?').click();
  await page.getByText(/took part in a visit, strength \d+ of 100/).waitFor();
  const path = page.getByRole('list', { name: 'The path from the person to the patient' });
  expect((await path.innerText()).includes('Practitioner'), 'no path');
  await path.getByRole('link', { name: 'Paul Marsh' }).waitFor();
  await look('explanation', true);
});
await test('the queue says whose accesses nothing explains, and why', async () => {
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Queue' }).click();
  const item = page.getByRole('article', { name: 'Dr Anna Berg' }).first();
  await item.waitFor();
  await item.getByText(/without an explanation/).waitFor();
  await item.getByRole('button', { name: 'Show the explanation' }).first().click();
  await item.getByText('nothing leads from this person to this patient').waitFor();
  await look('queue', true);
});
await test('what the queue shows is decided: fine with a reason, or an incident with its proofs', async () => {
  const item = page.getByRole('article', { name: 'Dr Anna Berg' }).first();
  await item.getByRole('button', { name: 'This is fine: Dr Anna Berg' }).click();
  const dialog = page.getByRole('dialog');
  expect(await dialog.getByRole('button', { name: 'It is fine' }).isDisabled(), 'it is fine without a reason');
  await look('queue-fine');
  await field('Why is it fine?').fill('a mistake');
  await dialog.getByRole('button', { name: 'It is fine' }).click();
  await page.getByText('Dr Anna Berg: it was fine.').waitFor();
  await page.getByText('Nobody waits for a decision.').first().waitFor();
  await look('queue-settled');
  await button('Take it back').click();
  await item.waitFor();
  // By keyboard alone.
  await item.getByRole('button', { name: 'Make it an incident: Dr Anna Berg' }).focus();
  await page.keyboard.press('Enter');
  await dialog.getByText('The accesses become a finding').waitFor();
  await look('queue-incident');
  await page.keyboard.type('nobody had sent for her');
  await page.keyboard.press('Enter');
  await page.getByRole('region', { name: 'In short' }).getByText(/looked for|without anything that explains it/).first().waitFor();
  await page.getByText('Maria Lane opened it: “nobody had sent for her”').waitFor();
  await page.getByRole('list', { name: 'Clocks' }).waitFor();
  await look('queue-became-incident', true);
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Queue' }).click();
  await page.getByText('Nobody waits for a decision.').first().waitFor();
  expect(!(await page.getByRole('article', { name: 'Dr Anna Berg' }).count()), 'it is still in the queue');
});
await test('a proof that was tampered with does not hold', async () => {
  await page.route(/\/api\/trail\/\d+$/, async (r) => {
    const answer = await r.fetch();
    const json = await answer.json();
    const leaf = json.proof?.leaf;
    if (leaf) json.proof.leaf = (leaf[0] === '0' ? '1' : '0') + leaf.slice(1);
    await r.fulfill({ response: answer, json });
  });
  await page.waitForTimeout(2000); // what is proved has to be signed, which is done every second
  await page.goto(`${told.url}/trail`);
  await page.getByRole('button', { name: 'Show details' }).nth(1).click(); // the first is this look
  await button('Prove this entry').click();
  await page.getByText('The proof does not hold.').waitFor();
  await page.unroute(/\/api\/trail\/\d+$/);
});
await test('the privacy officer sees who has seen a record, and looks inside only with a reason', async () => {
  await openRecord('/patient/pat5/seen');
  await page.getByText('Broken glass').first().waitFor();
  await look('seen-officer');
  await tab('Problems').click();
  await page.getByText('This part is not open to you.').waitFor();
  await look('part-closed');
  await signOut();
});
await test('the administrator makes an account, hands over its password, locks it', async () => {
  await signIn('mr.ward');
  await page.goto(`${told.url}/accounts`);
  await look('accounts');
  await button('New account').click();
  await field('Name').fill('Sister Joan Hale');
  await field('Login').fill('joan.hale');
  await field('Role').selectOption('nurse');
  await look('new-account');
  await button('Make the account').click();
  const given = await page.locator('.secret code').innerText();
  expect(given.length > 10, 'no password');
  await look('one-time');
  await button('I have passed it on').click();
  await page.getByLabel('Search accounts').fill('joan');
  await page.getByRole('button', { name: 'Manage Sister Joan Hale' }).click();
  await look('manage');
  await button('Lock').click();
  await page.locator('.table').getByText('Locked').waitFor();
});
await test('health shows each role as the kernel reports it', async () => {
  await page.goto(`${told.url}/health`);
  for (const name of ['vault', 'gate', 'watch']) await page.getByRole('region', { name, exact: true }).waitFor();
  await page.locator('.plot canvas').first().waitFor();
  await look('health', true);
  await signOut();
});
await test('the front desk sees who somebody is, and no diagnoses', async () => {
  await signIn('mr.desk');
  await openRecord('/patient/pat0');
  await page.getByText('Mill Lane 3').waitFor();
  expect((await page.locator('.tabs').innerText()).replace(/\s+/g, ' ') === 'Details Appointments', 'there is more to see');
  expect(!(await page.locator('.banner').innerText()).includes('llergies'), 'allergies');
  await look('front-desk');
});
await test('a patient lands on their own record, and sees who has seen it', async () => {
  await signOut();
  await signIn('p.marsh');
  await page.getByRole('heading', { level: 1, name: 'Paul Henry Marsh' }).waitFor();
  expect(new URL(page.url()).pathname === '/patient/pat0', `the address is ${page.url()}`);
  await page.getByText('Metformin 850 mg tablets').first().waitFor();
  const menu = (await page.getByRole('navigation', { name: 'Main' }).innerText()).replace(/\s+/g, ' ');
  expect(menu === 'My record Who saw it Sessions About', `the menu shows ${menu}`);
  await look('own-record', true);
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Who saw it' }).click();
  await page.getByRole('heading', { name: 'Who has seen your record' }).waitFor();
  await page.locator('.seen-item', { hasText: 'Dr Anna Berg' }).first().waitFor();
  await look('own-seen');
  await page.goto(`${told.url}/`);
  await page.getByRole('heading', { level: 1, name: 'Paul Henry Marsh' }).waitFor();
  expect(!(await page.content()).includes('Type to find a patient'), 'a patient is told to find one');
});
await finish(25);
