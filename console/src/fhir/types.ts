// The parts of FHIR R4 that the console reads.
export interface Coding { system?: string; code?: string; display?: string }
export interface Concept { coding?: Coding[]; text?: string }
export interface Reference { reference?: string; display?: string }
export interface Period { start?: string; end?: string }
export interface Quantity { value?: number; unit?: string; code?: string; comparator?: string }
export interface Range { low?: Quantity; high?: Quantity; text?: string }
export interface HumanName { use?: string; text?: string; family?: string; given?: string[]; prefix?: string[]; suffix?: string[] }
export interface Identifier { system?: string; value?: string; type?: Concept; use?: string }
export interface Attachment { contentType?: string; data?: string; title?: string; creation?: string; size?: number }
export interface Annotation { text?: string; time?: string }

export interface Resource { resourceType: string; id: string; meta?: { versionId?: string; lastUpdated?: string; tag?: Coding[] } }

export interface Patient extends Resource {
  name?: HumanName[];
  gender?: string;
  birthDate?: string;
  deceasedBoolean?: boolean;
  deceasedDateTime?: string;
  identifier?: Identifier[];
  telecom?: { system?: string; value?: string; use?: string }[];
  address?: { line?: string[]; city?: string; postalCode?: string; state?: string; country?: string; text?: string }[];
  maritalStatus?: Concept;
  communication?: { language?: Concept; preferred?: boolean }[];
  contact?: { relationship?: Concept[]; name?: HumanName; telecom?: { system?: string; value?: string }[] }[];
  generalPractitioner?: Reference[];
}
export interface Condition extends Resource {
  clinicalStatus?: Concept; verificationStatus?: Concept; category?: Concept[]; severity?: Concept; code?: Concept;
  onsetDateTime?: string; onsetPeriod?: Period; abatementDateTime?: string; recordedDate?: string; note?: Annotation[];
}
export interface Timing { repeat?: { frequency?: number; period?: number; periodUnit?: string }; code?: Concept }
export interface Dosage { text?: string; doseAndRate?: { doseQuantity?: Quantity }[]; timing?: Timing; asNeededBoolean?: boolean; route?: Concept }
export interface Medication extends Resource {
  status?: string; intent?: string; medicationCodeableConcept?: Concept; medicationReference?: Reference;
  authoredOn?: string; effectiveDateTime?: string; effectivePeriod?: Period; requester?: Reference; dosageInstruction?: Dosage[]; dosage?: Dosage[]; reasonCode?: Concept[];
}
export interface Component { code?: Concept; valueQuantity?: Quantity; valueCodeableConcept?: Concept; valueString?: string; referenceRange?: Range[]; interpretation?: Concept[] }
export interface Observation extends Resource, Component {
  status?: string; category?: Concept[]; effectiveDateTime?: string; effectivePeriod?: Period; issued?: string;
  valueInteger?: number; valueBoolean?: boolean; valueDateTime?: string; component?: Component[]; dataAbsentReason?: Concept; note?: Annotation[];
}
export interface Encounter extends Resource {
  status?: string; class?: Coding; type?: Concept[]; period?: Period; reasonCode?: Concept[]; serviceType?: Concept;
  participant?: { individual?: Reference; type?: Concept[] }[]; serviceProvider?: Reference; location?: { location?: Reference }[];
}
export interface Report extends Resource {
  status?: string; category?: Concept[]; code?: Concept; effectiveDateTime?: string; effectivePeriod?: Period; issued?: string;
  conclusion?: string; presentedForm?: Attachment[]; result?: Reference[]; performer?: Reference[];
}
export interface DocumentReference extends Resource {
  status?: string; type?: Concept; category?: Concept[]; date?: string; description?: string; author?: Reference[];
  content?: { attachment?: Attachment }[];
}
export interface Immunization extends Resource { status?: string; vaccineCode?: Concept; occurrenceDateTime?: string; occurrenceString?: string; lotNumber?: string; doseQuantity?: Quantity }
export interface Allergy extends Resource {
  clinicalStatus?: Concept; verificationStatus?: Concept; type?: string; category?: string[]; criticality?: string; code?: Concept;
  onsetDateTime?: string; recordedDate?: string; reaction?: { manifestation?: Concept[]; severity?: string; description?: string }[];
}
export interface Procedure extends Resource { status?: string; code?: Concept; performedDateTime?: string; performedPeriod?: Period; reasonCode?: Concept[] }
export interface Appointment extends Resource { status?: string; start?: string; end?: string; description?: string; serviceType?: Concept[]; appointmentType?: Concept; participant?: { actor?: Reference; status?: string }[] }
export interface Practitioner extends Resource { name?: HumanName[] | string }

export interface Bundle<T> { resourceType: 'Bundle'; total?: number; link?: { relation: string; url: string }[]; entry?: { resource?: T; search?: { mode?: string } }[] }
