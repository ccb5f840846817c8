// Reads the files of the definitions.

import fs from 'node:fs';
import path from 'node:path';

export function readJson(folder, name)
{
	return JSON.parse(fs.readFileSync(path.join(folder, name), 'utf8'));
}

// The resources of a Bundle.
export function resources(folder, name)
{
	return readJson(folder, name).entry.map((entry) => entry.resource);
}
