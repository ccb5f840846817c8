// Writes the model as constant C tables (fhir_tables.h says what they mean). Names stand in one
// pool and are pointed to by offset, so that the tables need no relocation and are shared by all
// processes.

class Pool {
	constructor()
	{
		this.offsets = new Map();
		this.size = 0;
	}

	// Offset 0 is the empty text, which also stands for "none".
	add(text)
	{
		if (!this.offsets.has(text)) {
			this.offsets.set(text, this.size);
			this.size += Buffer.byteLength(text) + 1;
		}
		return this.offsets.get(text);
	}

	lines()
	{
		return [...this.offsets.keys()].map((text) => `\t${JSON.stringify(text)} "\\0"`);
	}
}

const kindName = (name) => 'FHIR_KIND_' + name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toUpperCase();

function byName(a, b)
{
	return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

// Lists of codes, each once. Number 0 stands for "any code".
class CodeSets {
	constructor(pool)
	{
		this.pool = pool;
		this.numbers = new Map([['', 0]]);
		this.rows = ['\t{0, 0},'];
		this.codes = [];
	}

	add(codes)
	{
		const key = (codes ?? []).join(' ');
		if (!this.numbers.has(key)) {
			this.numbers.set(key, this.rows.length);
			this.rows.push(`\t{${this.codes.length}, ${codes.length}},`);
			this.codes.push(...codes.map((code) => `\t${this.pool.add(code)},`));
		}
		return this.numbers.get(key);
	}
}

// Required elements and choices get a slot each, so that one 64-bit mask can follow them.
function slotsOf(structure)
{
	const slots = new Map();
	for (const element of structure.elements) {
		const key = element.group ?? element.name;
		if ((element.group || element.min > 0) && !slots.has(key))
			slots.set(key, { number: slots.size, required: element.min > 0, choice: !!element.group });
	}
	if (slots.size > 64)
		throw new Error(`${structure.name} has too many slots`);
	return slots;
}

function mask(slots, wanted)
{
	let bits = 0n;
	for (const slot of slots.values())
		if (slot[wanted])
			bits |= 1n << BigInt(slot.number);
	return `0x${bits.toString(16)}u`;
}

function structureTables(model, pool, numbers)
{
	const structures = [], elements = [], requires = [], sets = new CodeSets(pool);
	for (const structure of model.structures.values()) {
		const slots = slotsOf(structure);
		structures.push(`\t{${pool.add(structure.name)}, ${elements.length}, ${structure.elements.length}, ` +
			`${requires.length}, ${mask(slots, 'required')}, ${mask(slots, 'choice')}},`);
		for (const [key] of slots)
			requires.push(`\t${pool.add(key)},`);
		for (const element of [...structure.elements].sort(byName))
			elements.push(elementRow(element, slots, { pool, numbers, sets }));
	}
	return { structures, elements, requires, sets };
}

function elementRow(element, slots, { pool, numbers, sets })
{
	const slot = slots.get(element.group ?? element.name)?.number ?? 'FHIR_NO_SLOT';
	const detail = element.type === 'structure' ? numbers.structure.get(element.structure) :
		sets.add(element.codes);
	return `\t{${pool.add(element.name)}, ${detail}, ${kindName(element.type)}, ${slot}, ${element.many}},`;
}

function parameterTables(model, parameters, pool, numbers)
{
	const rows = [], paths = [], steps = [], sets = new Map();
	for (const type of model.types) {
		for (const parameter of parameters.get(type)) {
			const set = parameter.targets.map((name) => numbers.type.get(name)).join();
			if (!sets.has(set))
				sets.set(set, sets.size);
			rows.push(`\t{${pool.add(parameter.name)}, ${pool.add(parameter.url)}, ${paths.length}, ` +
				`${parameter.paths.length}, FHIR_PARAM_${parameter.kind.toUpperCase()}, ` +
				`${numbers.type.get(type)}, ${sets.get(set)}},`);
			for (const path of parameter.paths)
				paths.push(pathRow(path, steps, pool, numbers));
		}
	}
	return { rows, paths, steps, sets: [...sets.keys()].map((set) => setRow(set, model.types.length)) };
}

function pathRow(path, steps, pool, numbers)
{
	const row = `\t{${steps.length}, ${pool.add(path.system ?? '')}, ${path.steps.length}, ` +
		`FHIR_DATA_${path.data}, ${path.resolve ? numbers.type.get(path.resolve) : 'FHIR_TYPE_NONE'}},`;
	for (const step of path.steps)
		steps.push(`\t{FHIR_STEP_${step.op}, ${pool.add(step.name)}, ${pool.add(step.value ?? '')}},`);
	return row;
}

function setRow(set, count)
{
	const words = Array.from({ length: Math.ceil(count / 32) }, () => 0);
	for (const number of set ? set.split(',') : [])
		words[number >> 5] = (words[number >> 5] | (1 << (number & 31))) >>> 0;
	return `\t{${words.map((word) => `0x${word.toString(16)}u`).join(', ')}},`;
}

function typeTables(model, parameters, compartment, pool, numbers)
{
	const types = [], members = [];
	let first = 0;
	for (const type of model.types) {
		const list = parameters.get(type);
		const entry = compartment.get(type) ?? { owners: [], others: [] };
		const names = [...entry.owners, ...entry.others];
		types.push(`\t{${pool.add(type)}, ${numbers.structure.get(type)}, ${first}, ${list.length}, ` +
			`${members.length}, ${names.length}, ${entry.owners.length}, ${compartment.has(type)}},`);
		for (const name of names)
			members.push(`\t${first + list.findIndex((parameter) => parameter.name === name)},`);
		first += list.length;
	}
	return { types, members };
}

function table(declaration, lines)
{
	return `${declaration} = {\n${lines.join('\n')}\n};\n`;
}

// The text of fhir_tables.c.
export function writeTables(model, parameters, compartment)
{
	const pool = new Pool();
	pool.add('');
	const numbers = {
		structure: new Map([...model.structures.keys()].map((name, number) => [name, number])),
		type: new Map(model.types.map((name, number) => [name, number])),
	};
	const { structures, elements, requires, sets: codes } = structureTables(model, pool, numbers);
	const { rows, paths, steps, sets } = parameterTables(model, parameters, pool, numbers);
	const { types, members } = typeTables(model, parameters, compartment, pool, numbers);
	const find = (name) => numbers.structure.get(name);
	return [
		'// Generated from HL7\'s FHIR R4 definitions by tables/generate.mjs. Not for editing.\n',
		'#include "common/format/fhir_tables.h"\n',
		table('const char fhir_pool[]', pool.lines()),
		table('const struct fhir_structure fhir_structures[]', structures),
		table('const struct fhir_element fhir_elements[]', elements),
		table('const uint32_t fhir_slots[]', [...requires, '\t0,']),
		table('const struct fhir_code_set fhir_code_sets[]', codes.rows),
		table('const uint32_t fhir_codes[]', codes.codes),
		table('const struct fhir_type_row fhir_types[]', types),
		table('const struct fhir_param fhir_params[]', rows),
		table('const struct fhir_path fhir_paths[]', paths),
		table('const struct fhir_step fhir_steps[]', steps),
		table(`const uint32_t fhir_target_sets[][FHIR_TARGET_WORDS]`, sets),
		table('const uint16_t fhir_members[]', [...members, '\t0,']),
		table('const struct fhir_counts fhir_counts', [
			`\t.types = ${model.types.length}, .params = ${rows.length},`,
			`\t.patient = ${numbers.type.get('Patient')}, .bundle = ${numbers.type.get('Bundle')},`,
			`\t.binary = ${numbers.type.get('Binary')}, .element = ${find('Element')},`,
			`\t.extension = ${find('Extension')}, .reference = ${find('Reference')},`,
		]),
	].join('\n');
}

