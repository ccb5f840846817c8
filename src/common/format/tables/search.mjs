// Compiles the FHIRPath of HL7's search parameters into paths: fixed lists of steps that lead from
// a resource to its values. Only what search parameters use is understood:
//
//   Type.field.field   (x as T)   x.as(T)   x.ofType(T)   x.where(resolve() is T)
//   x.where(field='text')   x.exists() and x != false   a | b
//
// Anything else is an error for that part, and the parameter is reported instead of guessed at.

class Unsupported extends Error {
}

function tokens(text)
{
	const found = text.match(/[A-Za-z_][A-Za-z0-9_]*|'[^']*'|!=|[.()|=[\]]|[0-9]+/g) ?? [];
	if (found.join('') !== text.replace(/'[^']*'|\s+/g, (part) => part[0] === "'" ? part : ''))
		throw new Unsupported(`cannot be read: ${text}`);
	return found;
}

// One state a way through the choices: where we are and how we came there.
class Parser {
	constructor(model, type, text)
	{
		this.model = model;
		this.type = type;
		this.tokens = tokens(text);
		this.at = 0;
	}

	peek()
	{
		return this.tokens[this.at];
	}

	take(wanted)
	{
		const token = this.tokens[this.at++];
		if (token === undefined || (wanted !== undefined && token !== wanted))
			throw new Unsupported(`${wanted ?? 'more'} expected, found ${token ?? 'the end'}`);
		return token;
	}

	chain()
	{
		let states;
		if (this.peek() === '(') {
			this.take('(');
			states = this.chain();
			if (this.peek() === 'as') {
				this.take('as');
				states = cast(states, this.take());
			}
			this.take(')');
		} else {
			const element = { type: 'structure', structure: this.take() };
			states = [{ steps: [], element, resolve: null }];
		}
		while (this.peek() === '.') {
			this.take('.');
			states = this.invocation(states);
		}
		return states;
	}

	invocation(states)
	{
		const name = this.take();
		if (this.peek() !== '(')
			return states.flatMap((state) => this.field(state, name));
		this.take('(');
		const result = this.call(states, name);
		this.take(')');
		return result;
	}

	call(states, name)
	{
		if (name === 'as' || name === 'ofType')
			return cast(states, this.take());
		if (name !== 'where')
			throw new Unsupported(`function ${name}()`);
		const first = this.take();
		if (first === 'resolve') {
			this.take('(');
			this.take(')');
			this.take('is');
			const resolve = this.take();
			return states.map((state) => ({ ...state, resolve }));
		}
		this.take('=');
		const value = this.take();
		if (value[0] !== "'")
			throw new Unsupported(`where(${first} = ${value})`);
		return states.map((state) => {
			this.field(state, first); // it must exist
			const step = { op: 'WHERE', name: first, value: value.slice(1, -1) };
			return { ...state, steps: [...state.steps, step] };
		});
	}

	field(state, name)
	{
		if (state.resolve)
			throw new Unsupported('a step behind resolve()');
		const structure = this.model.structures.get(state.element.structure);
		const elements = (structure?.elements ?? []).filter((e) => (e.group ?? e.name) === name);
		if (elements.length === 0)
			throw new Unsupported(`no element ${name}`);
		return elements.map((element) => ({
			steps: [...state.steps, { op: 'FIELD', name: element.name }], element, resolve: null,
		}));
	}
}

function typeName(element)
{
	return element.type === 'structure' ? element.structure : element.type;
}

function cast(states, type)
{
	const left = states.filter((state) => typeName(state.element) === type);
	if (left.length === 0)
		throw new Unsupported(`never of type ${type}`);
	return left;
}

// What the data at the end of a path is, by its type, for each kind of parameter.
const plain = Object.fromEntries(['code', 'string', 'id', 'uri', 'url', 'canonical', 'oid', 'uuid',
	'markdown'].map((name) => [name, 'CODE']));
const quantities = Object.fromEntries(['Quantity', 'Age', 'Duration', 'Count', 'Distance']
	.map((name) => [name, 'QUANTITY']));
const numbers = Object.fromEntries(['integer', 'unsignedInt', 'positiveInt', 'decimal']
	.map((name) => [name, 'NUMBER']));
const uris = Object.fromEntries(['uri', 'url', 'canonical', 'oid', 'uuid']
	.map((name) => [name, 'TEXT']));
const ends = {
	token: { ...plain, boolean: 'BOOLEAN', Coding: 'CODING', CodeableConcept: 'CONCEPT',
		Identifier: 'IDENTIFIER', ContactPoint: 'CONTACT' },
	string: { string: 'TEXT', markdown: 'TEXT', HumanName: 'NAME', Address: 'ADDRESS',
		CodeableConcept: 'CONCEPT' },
	date: { date: 'DATE', dateTime: 'DATE', instant: 'DATE', Period: 'PERIOD', Timing: 'TIMING' },
	reference: { Reference: 'REFERENCE', canonical: 'TEXT', uri: 'TEXT' },
	quantity: { ...quantities, Range: 'RANGE', Money: 'MONEY' },
	number: { ...numbers, Range: 'RANGE' },
	uri: uris,
};

function finish(state, kind)
{
	const data = ends[kind][typeName(state.element)];
	if (data === undefined)
		return null;
	return { steps: state.steps, data, resolve: state.resolve, system: state.element.system };
}

// `X.exists() and X != false`: one value, true or false.
function existence(model, type, text)
{
	const match = /^([A-Za-z.]+)\.exists\(\) and ([A-Za-z.]+) != false$/.exec(text);
	if (!match || match[1] !== match[2])
		return null;
	return new Parser(model, type, match[1]).chain()
		.map((state) => ({ steps: state.steps, data: 'PRESENT', resolve: null }));
}

function splitUnion(expression)
{
	const parts = [];
	let depth = 0, start = 0;
	for (let at = 0; at <= expression.length; at++) {
		depth += expression[at] === '(' ? 1 : expression[at] === ')' ? -1 : 0;
		if (at === expression.length || (expression[at] === '|' && depth === 0)) {
			parts.push(expression.slice(start, at).trim());
			start = at + 1;
		}
	}
	return parts;
}

const everyResource = ['Resource', 'DomainResource'];

function compilePart(model, type, kind, part, problems)
{
	const head = /[A-Za-z]+/.exec(part)?.[0];
	if (head !== type && !everyResource.includes(head))
		return [];
	const text = part.replace(head, type);
	const present = existence(model, type, text);
	if (present)
		return present;
	const parser = new Parser(model, type, text);
	const states = parser.chain();
	if (parser.peek() !== undefined)
		throw new Unsupported(`nothing expected at ${parser.peek()}`);
	const paths = [];
	for (const state of states) {
		const path = finish(state, kind);
		if (path)
			paths.push(path);
		else
			problems.push(`${part}: not indexed where it is ${typeName(state.element)}`);
	}
	return paths;
}

function compileOne(model, type, parameter, report)
{
	const paths = [], problems = [];
	const name = `${type}:${parameter.code} (${parameter.type})`;
	try {
		if (!ends[parameter.type])
			throw new Unsupported('kind of parameter');
		if (!parameter.expression)
			throw new Unsupported('has no expression');
		for (const part of splitUnion(parameter.expression))
			paths.push(...compilePart(model, type, parameter.type, part, problems));
		if (paths.length === 0)
			throw new Unsupported(problems[0] ?? 'no part of the expression is about this type');
	} catch (error) {
		if (!(error instanceof Unsupported))
			throw error;
		report.push(`search parameter left out: ${name}: ${error.message}`);
		return null;
	}
	report.push(...problems.map((problem) => `search parameter in part: ${name}: ${problem}`));
	return { type, name: parameter.code, kind: parameter.type, url: parameter.url, paths,
		targets: (parameter.target ?? []).filter((target) => model.types.includes(target)) };
}

// Map(type, [parameters in the order of their names])
export function compileParameters(model, parameters, report)
{
	const found = new Map(model.types.map((type) => [type, []]));
	for (const parameter of parameters) {
		const everywhere = parameter.base.some((base) => everyResource.includes(base));
		const bases = everywhere ? model.types : parameter.base;
		for (const type of bases.filter((base) => found.has(base))) {
			const compiled = compileOne(model, type, parameter, report);
			if (compiled)
				found.get(type).push(compiled);
		}
	}
	for (const list of found.values())
		list.sort((a, b) => a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
	return found;
}
