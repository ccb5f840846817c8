"""data: invented records for the benchmarks, the same at every run; about 2 KB each.

Patients are p0, p1 …; patient N has the observations oN-1, oN-2 …
"""
import json
import random

SIZE, BUNDLE = 2048, 500
STARTS = ("Ab Ba Beck Ber Bra Bru Dor Eb Eng Fal Fi Frie Ger Gra Gro Haa Hart Hof Jan Kai Kel Klo Koch "
          "Kra Kro Lan Lin Lo Mar Mey Mo Neu Ot Pe Rich Ro Sau Schm Schul Schw Sei Ste Tho Ul Vo Wag "
          "Wei Wolf Zim Zo").split()
MIDDLES = "a e i o u ai ei au en er il on".split()
ENDS = "bach berg dorf dt feld ger hagen kamp ke ler mann meier ner rich sen ski stein thal wald wig".split()


def name(dice):
    return dice.choice(STARTS) + dice.choice(MIDDLES) + dice.choice(ENDS)


LETTERS = "".join(random.Random(0).choices("abcdefghijklmnopqrstuvwxyz,", k=1 << 20))


def fill(resource, dice):
    """Words that no index wants, until the resource has its size."""
    words = {"url": "urn:words", "valueString": ""}
    resource["extension"] = [words]
    missing = SIZE - len(json.dumps(resource, separators=(",", ":")))
    at = dice.randrange(len(LETTERS) - SIZE)
    words["valueString"] = LETTERS[at:at + missing]
    return resource


def patient(number, dice):
    return fill({
        "resourceType": "Patient", "id": f"p{number}", "active": True,
        "identifier": [{"system": "urn:mrn", "value": str(number)}],
        "name": [{"family": name(dice), "given": [name(dice)]}],
        "birthDate": f"19{dice.randrange(100):02}-{1 + dice.randrange(12):02}-{1 + dice.randrange(28):02}",
        "address": [{"line": [f"{name(dice)} Street {dice.randrange(1, 99)}"]}]}, dice)


def observation(number, which, dice):
    return fill({
        "resourceType": "Observation", "id": f"o{number}-{which}", "status": "final",
        "code": {"coding": [{"system": "http://loinc.org",
                             "code": f"{dice.randrange(1000, 1500)}-{dice.randrange(10)}"}]},
        "subject": {"reference": f"Patient/p{number}"},
        "effectiveDateTime": f"2025-0{1 + dice.randrange(9)}-1{dice.randrange(10)}T08:00:00Z",
        "valueQuantity": {"value": dice.randrange(1000), "unit": "mg"}}, dice)


def resources(patients, each, dice):
    for number in range(patients):
        yield patient(number, dice)
        for which in range(1, each):
            yield observation(number, which, dice)


def write_bundles(folder, patients, each, progress):
    """Bundles of BUNDLE resources, `each` resources for every patient."""
    dice, entries, count = random.Random(1), [], 0
    for resource in resources(patients, each, dice):
        entries.append({"fullUrl": f"{resource['resourceType']}/{resource['id']}", "resource": resource})
        if len(entries) == BUNDLE or len(entries) + count == patients * each:
            bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
            path = folder / f"{count // BUNDLE:06}.json"
            path.write_text(json.dumps(bundle, separators=(",", ":")))
            count += len(entries)
            entries = []
            progress(count / (patients * each))


def write_prefixes(path, count=2000):
    """Searches as they are typed: three to five letters of a name."""
    dice = random.Random(2)
    with open(path, "w") as file:
        for _ in range(count):
            letters = name(dice).lower()[:dice.randrange(3, 6)]
            file.write(f"/fhir/Patient?name={letters}&_count=30\n")


def write_reads(path, patients, count=50000):
    dice = random.Random(3)
    with open(path, "w") as file:
        for _ in range(count):
            file.write(f"/fhir/Observation/o{dice.randrange(patients)}-1\n")
