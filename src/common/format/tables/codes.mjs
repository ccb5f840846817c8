// The codes that an element of type code may have, where HL7 binds it to a value set that can be
// listed: one that takes in whole code systems or names its codes, without filters.

import { resources } from './files.mjs';

class Unlisted extends Error {
}

function conceptCodes(concepts)
{
	return (concepts ?? []).flatMap((concept) => [concept.code, ...conceptCodes(concept.concept)]);
}

class Expander {
	constructor(folder)
	{
		this.sets = new Map();
		this.systems = new Map();
		for (const file of ['valuesets.json', 'v3-codesystems.json', 'v2-tables.json'])
			for (const resource of resources(folder, file))
				this.add(resource);
	}

	add(resource)
	{
		if (resource.resourceType === 'ValueSet')
			this.sets.set(resource.url, resource);
		else if (resource.resourceType === 'CodeSystem' && resource.content === 'complete')
			this.systems.set(resource.url, resource);
	}

	set(url)
	{
		const set = this.sets.get(url.split('|')[0]);
		if (!set)
			throw new Unlisted(`value set ${url} is not here`);
		if (set.compose?.exclude || !set.compose?.include)
			throw new Unlisted(`value set ${url} is not a plain list`);
		return set.compose.include.flatMap((include) => this.include(include));
	}

	include(include)
	{
		if (include.filter)
			throw new Unlisted(`a part of ${include.system} by a filter`);
		if (include.valueSet) {
			if (include.system || include.valueSet.length > 1)
				throw new Unlisted('an intersection of value sets');
			return this.set(include.valueSet[0]);
		}
		if (include.concept)
			return include.concept.map((concept) => concept.code);
		const system = this.systems.get(include.system);
		if (!system)
			throw new Unlisted(`code system ${include.system} is not here`);
		return conceptCodes(system.concept);
	}

	// The one code system that all codes of the set belong to.
	system(url)
	{
		const include = this.sets.get(url.split('|')[0])?.compose?.include ?? [];
		return include.length === 1 ? include[0].system : undefined;
	}
}

// element => { system?, codes? }
export function codeFinder(folder, report)
{
	const expander = new Expander(folder);
	const known = new Map();
	return (element) => {
		const url = element.binding?.strength === 'required' ? element.binding.valueSet : undefined;
		if (!url)
			return {};
		if (!known.has(url))
			known.set(url, { system: expander.system(url), codes: listed(expander, url, report) });
		return known.get(url);
	};
}

function listed(expander, url, report)
{
	try {
		return [...new Set(expander.set(url))].sort();
	} catch (error) {
		if (!(error instanceof Unlisted))
			throw error;
		report.push(`codes not checked: ${url}: ${error.message}`);
		return undefined;
	}
}
