"""A few people with enough in their records to fill every page. All of them are invented."""
import base64
import math

LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"


def concept(system, code, text):
    return {"coding": [{"system": system, "code": code, "display": text}], "text": text}


def state(kind, code):
    return {"coding": [{"system": f"http://terminology.hl7.org/CodeSystem/{kind}", "code": code}]}


def person(kind, id, family, given, **more):
    return {"resourceType": kind, "id": id, "name": [{"use": "official", "family": family, "given": given, **more.pop("name", {})}], **more}


def patient(number, family, given, born, gender, **more):
    return person("Patient", f"pat{number}", family, given, birthDate=born, gender=gender, identifier=[
        {"type": state("v2-0203", "MR"), "system": "https://st-anna.example/mrn", "value": f"MRN-{100400 + number}"}], **more)


PEOPLE = [("Marsh", ["Paul", "Henry"], "1961-04-02", "male"), ("Okafor", ["Ngozi"], "1984-11-19", "female"),
          ("Lindqvist", ["Elsa"], "1947-02-08", "female"), ("Haddad", ["Samir"], "1990-06-30", "male"),
          ("Novak", ["Jana"], "2021-09-12", "female"), ("Marshall", ["Ruth"], "1955-01-25", "female"),
          ("Ferreira", ["Tiago"], "1978-08-03", "male"), ("Weiss", ["Clara"], "1969-12-14", "female")]
# name, code, unit, category, low, high, middle, swing
MEASURED = [("Haemoglobin A1c", "4548-4", "%", "laboratory", 4.0, 6.0, 6.9, 0.8),
            ("Creatinine", "2160-0", "mg/dL", "laboratory", 0.7, 1.3, 1.15, 0.25),
            ("Glomerular filtration rate", "98979-8", "mL/min/{1.73_m2}", "laboratory", 60, None, 71, 6),
            ("Haemoglobin", "718-7", "g/dL", "laboratory", 13.5, 17.5, 13.9, 0.9),
            ("Potassium", "2823-3", "mmol/L", "laboratory", 3.5, 5.1, 4.4, 0.5),
            ("LDL cholesterol", "13457-7", "mmol/L", "laboratory", None, 3.0, 3.1, 0.7),
            ("C-reactive protein", "1988-5", "mg/L", "laboratory", None, 5.0, 6.0, 5.0),
            ("Body weight", "29463-7", "kg", "vital-signs", None, None, 84.0, 3.0),
            ("Heart rate", "8867-4", "/min", "vital-signs", 60, 100, 78, 12)]


def results(who):
    for i, (name, code, unit, category, low, high, middle, swing) in enumerate(MEASURED):
        for n in range(14):
            year, month = 2022 + n // 3, 1 + (n % 3) * 4 + i % 3
            value = round(middle + swing * math.sin(n * 0.9 + i) + swing * 0.3 * math.cos(n * 2.3), 2)
            limits = {k: {"value": v, "unit": unit} for k, v in (("low", low), ("high", high)) if v is not None}
            yield {"resourceType": "Observation", "id": f"{who}-o{i}-{n}", "status": "final",
                   "category": [state("observation-category", category)], "code": concept(LOINC, code, name),
                   "subject": {"reference": f"Patient/{who}"}, "effectiveDateTime": f"{year}-{month:02}-14T08:{10 + n:02}:00+01:00",
                   "valueQuantity": {"value": value, "unit": unit, "system": "http://unitsofmeasure.org"},
                   **({"referenceRange": [limits]} if limits else {})}
    for n in range(16):
        yield {"resourceType": "Observation", "id": f"{who}-bp{n}", "status": "final",
               "category": [state("observation-category", "vital-signs")], "code": concept(LOINC, "85354-9", "Blood pressure"),
               "subject": {"reference": f"Patient/{who}"}, "effectiveDateTime": f"{2022 + n // 4}-{1 + 3 * (n % 4):02}-20T09:00:00+01:00",
               "component": [{"code": concept(LOINC, "8480-6", "Systolic"), "valueQuantity": {"value": 138 + round(12 * math.sin(n)), "unit": "mmHg"}},
                             {"code": concept(LOINC, "8462-4", "Diastolic"), "valueQuantity": {"value": 84 + round(7 * math.cos(n)), "unit": "mmHg"}}]}


def clinical(who, by):
    subject = {"reference": f"Patient/{who}"}
    for n, (code, text, status, since, until) in enumerate([
            ("44054006", "Type 2 diabetes mellitus", "active", "2014-05-11", None), ("38341003", "Hypertension", "active", "2011-02-01", None),
            ("431855005", "Chronic kidney disease, stage 2", "active", "2023-09-04", None), ("195967001", "Asthma", "remission", "1998-03-01", None),
            ("10509002", "Acute bronchitis", "resolved", "2024-11-02", "2024-11-20")]):
        yield {"resourceType": "Condition", "id": f"{who}-c{n}", "clinicalStatus": state("condition-clinical", status),
               "verificationStatus": state("condition-ver-status", "confirmed"), "code": concept(SNOMED, code, text), "subject": subject,
               "onsetDateTime": since, **({"abatementDateTime": until} if until else {})}
    for n, (text, dose, status, when) in enumerate([
            ("Metformin 850 mg tablets", "1 tablet twice a day with meals", "active", "2025-03-10"), ("Lisinopril 10 mg tablets", "1 tablet in the morning", "active", "2025-03-10"),
            ("Atorvastatin 20 mg tablets", "1 tablet at night", "active", "2024-10-02"), ("Amoxicillin 500 mg capsules", "1 capsule three times a day for 7 days", "completed", "2024-11-02")]):
        yield {"resourceType": "MedicationRequest", "id": f"{who}-m{n}", "status": status, "intent": "order", "medicationCodeableConcept": {"text": text},
               "subject": subject, "authoredOn": when, "requester": {"reference": f"Practitioner/{by}"}, "dosageInstruction": [{"text": dose}]}
    yield {"resourceType": "MedicationRequest", "id": f"{who}-m9", "status": "active", "intent": "order", "medicationCodeableConcept": {"text": "Paracetamol 500 mg tablets"},
           "subject": subject, "authoredOn": "2025-02-01", "requester": {"reference": f"Practitioner/{by}"}, "dosageInstruction": [
               {"timing": {"repeat": {"frequency": 1, "period": 6, "periodUnit": "h"}}, "asNeededBoolean": True, "doseAndRate": [{"doseQuantity": {"value": 1}}]}]}
    for n, (text, risk) in enumerate([("Penicillin", "high"), ("Grass pollen", "low")]):
        yield {"resourceType": "AllergyIntolerance", "id": f"{who}-a{n}", "clinicalStatus": state("allergyintolerance-clinical", "active"),
               "verificationStatus": state("allergyintolerance-verification", "confirmed"), "criticality": risk, "code": {"text": text}, "patient": subject}
    note = "Seen for his yearly review.\n\nBlood pressure above target at home. Lisinopril unchanged,\ncheck again in six weeks. Foot examination without findings.\n"
    yield {"resourceType": "DocumentReference", "id": f"{who}-d0", "status": "current", "type": concept(LOINC, "11506-3", "Progress note"), "subject": subject,
           "date": "2025-03-10T10:40:00+01:00", "author": [{"reference": f"Practitioner/{by}"}], "description": "Yearly diabetes review",
           "content": [{"attachment": {"contentType": "text/plain", "data": base64.b64encode(note.encode()).decode()}}]}
    yield {"resourceType": "DiagnosticReport", "id": f"{who}-r0", "status": "final", "category": [state("v2-0074", "LAB")], "code": concept(LOINC, "51990-0", "Basic metabolic panel"),
           "subject": subject, "effectiveDateTime": "2025-03-09T08:20:00+01:00", "conclusion": "Creatinine at the upper limit; otherwise as before.", "result": [{"reference": f"Observation/{who}-o1-9"}]}
    for n, text in enumerate(["Influenza, seasonal", "Tetanus and diphtheria", "COVID-19, mRNA"]):
        yield {"resourceType": "Immunization", "id": f"{who}-i{n}", "status": "completed", "vaccineCode": {"text": text}, "patient": subject,
               "occurrenceDateTime": f"{2025 - n}-10-0{n + 1}", "lotNumber": f"B{4471 + n}"}


def encounter(id, who, by, when, text, status="finished"):
    return {"resourceType": "Encounter", "id": id, "status": status, "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
            "type": [{"text": text}], "subject": {"reference": f"Patient/{who}"}, "participant": [{"individual": {"reference": f"Practitioner/{by}"}}],
            "period": {"start": f"{when}T09:00:00+01:00", "end": f"{when}T09:35:00+01:00"}, "reasonCode": [{"text": "Diabetes, blood pressure"}]}


def everybody():
    yield person("Practitioner", "p1", "Berg", ["Anna"], name={"prefix": ["Dr"]})
    yield person("Practitioner", "p2", "Stone", ["Karl"], name={"prefix": ["Dr"]})
    for n, (family, given, born, gender) in enumerate(PEOPLE):
        yield patient(n, family, given, born, gender, telecom=[{"system": "phone", "use": "mobile", "value": f"+46 70 555 01{n:02}"}],
                      maritalStatus={"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-MaritalStatus", "code": "S"}], "text": "S"},
                      address=[{"line": [f"Mill Lane {n + 3}"], "city": "Ashford", "postalCode": "TN23 4RT"}])
    # Dr Berg treats the first five; nobody she knows treats the others.
    for n in range(len(PEOPLE)):
        yield encounter(f"e{n}", f"pat{n}", "p1" if n < 5 else "p2", f"2025-03-{10 + n}", "Yearly review")
    yield encounter("e90", "pat0", "p1", "2024-11-02", "Acute visit")
    for who, by in (("pat0", "p1"), ("pat5", "p2")):
        yield from clinical(who, by)
        yield from results(who)
    yield {"resourceType": "Appointment", "id": "ap0", "status": "booked", "description": "Blood pressure check", "start": "2031-04-21T10:00:00+02:00",
           "end": "2031-04-21T10:20:00+02:00", "participant": [{"actor": {"reference": "Patient/pat0"}, "status": "accepted"}, {"actor": {"reference": "Practitioner/p1"}, "status": "accepted"}]}
