// The pages of those who look after the trail, the watch and the accounts: a file of its own, so that
// whoever treats patients does not wait for it.
export { Accounts } from './accounts';
export { Approvals } from './approvals';
export { Blocks } from './blocks';
export { Detection } from './detection';
export { FindingPage, FindingsPage } from './findings';
export { Health } from './health';
export { IncidentsPage } from './incidents';
export { IntelligencePage } from './intelligence';
export { LetterPage } from './incident/letter';
export { Room } from './incident/room';
export { Ordinary } from './ordinary';
export { QueuePage } from './queue';
export { Trail } from './trail';
