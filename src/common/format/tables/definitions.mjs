// Reads HL7's R4 definitions and gives a plain model of them: structures (every complex type,
// resource and nested element) with their elements, as JSON spells them.
//
// The npm package adds a few elements of its own makers to some profiles. HL7's list of data
// elements, which comes in the same package, has the last word: what is not in it is dropped and
// what is missing is added; both are reported.

import { codeFinder } from './codes.mjs';
import { resources } from './files.mjs';

export const primitives = [
	'boolean', 'integer', 'unsignedInt', 'positiveInt', 'decimal', 'string', 'markdown', 'code',
	'id', 'uri', 'url', 'canonical', 'oid', 'uuid', 'base64Binary', 'instant', 'date', 'dateTime',
	'time', 'xhtml',
];

// Types that have JSON of their own: not abstract, not a profile of another one.
function concrete(definition)
{
	return definition.resourceType === 'StructureDefinition' && !definition.abstract &&
		definition.kind !== 'logical' && definition.kind !== 'primitive-type' &&
		definition.derivation !== 'constraint';
}

function typeCode(type)
{
	if (!type.code.startsWith('http://hl7.org/fhirpath/'))
		return type.code;
	const extension = (type.extension ?? [])
		.find((e) => e.url.endsWith('structuredefinition-fhir-type'));
	return extension?.valueUrl ?? extension?.valueUri ?? 'string';
}

// HL7's own list: path to element, for every element that is not only a container.
function dataElements(folder)
{
	const found = new Map();
	for (const definition of resources(folder, 'dataelements.json')) {
		const element = definition.snapshot.element[0];
		if (!found.has(element.path)) // later ones are of SimpleQuantity and its like
			found.set(element.path, element);
	}
	return found;
}

const containers = new Set(['BackboneElement', 'Element']);

function isContainer(element)
{
	return element.contentReference ||
		(element.type ?? []).some((type) => containers.has(type.code));
}

function isListed(root, official)
{
	return official.has(root + '.id') ||
		[...official.keys()].some((key) => key.startsWith(root + '.'));
}

const everywhere = /\.(id|extension|modifierExtension)$/;

// HL7's list names its entries by path and cuts the names at 64 characters, so long paths are
// missing from it. They are believed where nothing else of the definition was altered.
const longestListed = 61;

function unknown(element, official)
{
	return !isContainer(element) && !everywhere.test(element.path) && !official.has(element.path);
}

// The profile's elements, corrected by HL7's list.
function correctElements(definition, official, report)
{
	const root = definition.name;
	const all = definition.snapshot.element.filter((e) => e.path.includes('.'));
	if (!isListed(root, official)) // Age, Duration and their like: a Quantity by another name
		return all;
	const altered = all.some((e) => unknown(e, official) && e.path.length <= longestListed);
	const elements = [];
	for (const element of all) {
		if (unknown(element, official) && (altered || element.path.length <= longestListed))
			report.push(`element dropped, not in HL7's list: ${element.path}`);
		else
			elements.push(isContainer(element) ? element : official.get(element.path) ?? element);
	}
	const present = new Set(elements.map((e) => e.path));
	for (const [key, element] of official) {
		if (!key.startsWith(root + '.') || present.has(key))
			continue;
		if (!present.has(key.slice(0, key.lastIndexOf('.'))) && key.split('.').length > 2)
			throw new Error(`the parent of ${key} is unknown`);
		report.push(`element added from HL7's list: ${key}`);
		elements.push(element);
		present.add(key);
	}
	return altered ? dropHollow(elements, report) : elements;
}

// Containers of which nothing but id, extensions and pointers to other containers is left.
function dropHollow(elements, report)
{
	for (;;) {
		const hollow = elements.find((element) => isContainer(element) && !element.contentReference &&
			!elements.some((e) => e.path.startsWith(element.path + '.') && !e.contentReference &&
				!everywhere.test(e.path)));
		if (!hollow)
			break;
		report.push(`element dropped, nothing inside is in HL7's list: ${hollow.path}`);
		elements = elements.filter((e) => e !== hollow && !e.path.startsWith(hollow.path + '.'));
	}
	// What points to a container that is gone.
	const paths = new Set(elements.map((e) => e.path));
	return elements.filter((e) => !e.contentReference || paths.has(e.contentReference.slice(1)));
}

function capital(text)
{
	return text[0].toUpperCase() + text.slice(1);
}

// { name, type, many, min, group?, structure?, system?, codes? } as JSON spells it; a choice gives
// several.
function jsonElements(element, structure, codes)
{
	const last = element.path.slice(element.path.lastIndexOf('.') + 1);
	const common = { many: element.max !== '1', min: element.min };
	if (element.contentReference)
		return [{ ...common, name: last, type: 'structure',
			structure: element.contentReference.slice(1) }];
	const types = element.type ?? [];
	if (last.endsWith('[x]')) {
		const group = last.slice(0, -3);
		return types.map((type) => ({
			...common, group, ...jsonType(typeCode(type), element, codes),
			name: group + capital(typeCode(type)),
		}));
	}
	const code = element.path.split('.').length === 2 && last === 'id' && structure.resource ?
		'id' : typeCode(types[0]);
	return [{ ...common, name: last, ...jsonType(code, element, codes) }];
}

function jsonType(code, element, codes)
{
	if (containers.has(code))
		return { type: 'structure', structure: element.path };
	if (primitives.includes(code))
		return { type: code, ...(code === 'code' ? codes(element) : {}) };
	if (code === 'Resource')
		return { type: 'resource' };
	return { type: 'structure', structure: code };
}

function addStructures(model, definition, elements, codes)
{
	const isResource = definition.kind === 'resource';
	const parents = new Set([definition.name, ...elements.filter((e) => !e.contentReference &&
		isContainer(e)).map((e) => e.path)]);
	for (const parent of parents)
		model.structures.set(parent, { name: parent, resource: isResource && parent === definition.name,
			elements: [] });
	for (const element of elements) {
		const parent = element.path.slice(0, element.path.lastIndexOf('.'));
		const structure = model.structures.get(parent);
		if (!structure)
			throw new Error(`no structure for ${element.path}`);
		if (element.max !== '0')
			structure.elements.push(...jsonElements(element, structure, codes));
	}
	if (isResource)
		model.types.push(definition.name);
}

// { structures: Map(name, { name, resource, elements }), types: [sorted resource names] }
export function readModel(folder, report)
{
	const model = { structures: new Map(), types: [] };
	const official = dataElements(folder);
	const codes = codeFinder(folder, report);
	const files = ['profiles-types.json', 'profiles-resources.json'];
	const all = files.flatMap((file) => resources(folder, file));
	for (const definition of all) {
		const listed = definition.kind !== 'resource' || isListed(definition.name, official);
		if (concrete(definition) && !listed)
			report.push(`type dropped, not in HL7's list: ${definition.name}`);
		else if (concrete(definition))
			addStructures(model, definition, correctElements(definition, official, report), codes);
	}
	// What stands in `_name` beside a primitive.
	model.structures.set('Element', { name: 'Element', resource: false, elements: [
		{ name: 'id', type: 'string', min: 0, many: false },
		{ name: 'extension', type: 'structure', structure: 'Extension', min: 0, many: true },
	] });
	model.types.sort();
	checkModel(model);
	return model;
}

function checkModel(model)
{
	for (const structure of model.structures.values())
		for (const element of structure.elements)
			if (element.type === 'structure' && !model.structures.has(element.structure))
				throw new Error(`${structure.name}.${element.name}: unknown type ${element.structure}`);
}
