"""A clinician's day, in the words of the interface."""
from house import observation, patient


def test_reads_the_record_of_an_own_patient(berg):
    answer = berg.get("/fhir/Patient/a")
    assert answer.status == 200
    assert answer.json["name"][0]["family"] == "Marsh"
    assert answer.headers["etag"] == 'W/"1"'
    assert berg.get("/fhir/Patient/a", headers={"If-None-Match": 'W/"1"'}).status == 304


def test_a_decimal_keeps_its_digits(berg):
    answer = berg.post("/fhir/Observation", b'{"resourceType":"Observation","status":"final","code":{"text":"x"},'
                       b'"subject":{"reference":"Patient/a"},"valueQuantity":{"value":1.50}}')
    assert answer.status == 201, answer.body
    assert b'"value":1.50' in berg.get("/fhir/Observation/" + answer.json["id"]).body


def test_finds_a_person_by_the_first_letters(berg):
    for query in ("name=mar", "family=MARSH", "identifier=urn:mrn|MRN-a", "birthdate=1970-03-04&name=pau"):
        entries = berg.get("/fhir/Patient?" + query).json["entry"]
        assert "a" in [e["resource"]["id"] for e in entries], query
    assert berg.get("/fhir/Patient?name=m").status == 400


def test_finds_a_person_by_the_words_of_the_name_in_any_order(berg, house):
    house.bundle(patient("berg2", "van der Berg", "Anna-Maria"))
    for query in ("name=van&name=der&name=berg", "name=anna&name=berg", "name=BERG&name=maria", "name=berg&name=de",
                  "family=berg&given=mar", "family=van%20der", "name=berg&birthdate=1970-03-04"):
        found = berg.get("/fhir/Patient?" + query).json.get("entry", [])
        assert "berg2" in [e["resource"]["id"] for e in found], query
    for query in ("name=erg&name=anna", "name=anna&name=stone"):
        assert "berg2" not in berg.get("/fhir/Patient?" + query).body.decode(), query


def test_does_not_find_what_nobody_is_called(berg):
    assert berg.get("/fhir/Patient?name=zzzz").json.get("entry") is None


def test_sees_only_personal_details_of_a_patient_who_is_not_theirs(berg):
    entry = berg.get("/fhir/Patient?name=quill").json["entry"][0]["resource"]
    assert entry["meta"]["tag"][0]["code"] == "SUBSETTED"
    assert berg.get("/fhir/Patient/b").status == 403


def test_searches_within_a_patient(berg):
    found = berg.get("/fhir/Observation?patient=a&code=http://loinc.org|718-7&_sort=-date&_total=accurate").json
    assert [e["resource"]["id"] for e in found["entry"]] == ["o1"]
    assert found["total"] == 1
    assert berg.get("/fhir/Observation?patient=a&date=lt2026-01-01").json.get("entry") is None
    assert berg.get("/fhir/Observation?code=718-7").status == 400
    assert berg.get("/fhir/Observation?patient=a&nonsense=1").status == 400


def test_pages_are_stable(berg, house):
    house.bundle(*[observation(f"page{i}", "a", when="2025-01-0%d" % (i + 1)) for i in range(5)])
    seen, url = [], "/fhir/Observation?patient=a&date=ge2025-01-01&date=lt2025-02-01&_sort=date&_count=2"
    while url:
        page = berg.get(url).json
        seen += [e["resource"]["id"] for e in page.get("entry", [])]
        url = next((l["url"].split("/fhir", 1)[1] for l in page["link"] if l["relation"] == "next"), None)
        url = url and "/fhir" + url
    assert seen == [f"page{i}" for i in range(5)]


def test_updates_with_if_match_and_reads_the_history(berg):
    made = berg.post("/fhir/Observation", observation("x", "a")).json
    path = "/fhir/Observation/" + made["id"]
    made["status"] = "amended"
    assert berg.put(path, made, headers={"If-Match": 'W/"1"'}).status == 200
    assert berg.put(path, made, headers={"If-Match": 'W/"1"'}).status == 412
    assert berg.get(path + "/_history/1").json["status"] == "final"
    history = berg.get(path + "/_history").json
    assert [e["resource"]["status"] for e in history["entry"]] == ["amended", "final"]
    assert berg.delete(path).status == 204
    assert berg.get(path).status == 410


def test_a_transaction_is_stored_whole_with_its_references(berg):
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [
        {"fullUrl": "urn:uuid:11111111-1111-4111-8111-111111111111",
         "resource": {"resourceType": "Condition", "subject": {"reference": "Patient/a"},
                      "code": {"text": "cough"}}, "request": {"method": "POST", "url": "Condition"}},
        {"resource": {**observation("y", "a"),
                      "focus": [{"reference": "urn:uuid:11111111-1111-4111-8111-111111111111"}]},
         "request": {"method": "POST", "url": "Observation"}}]}
    answer = berg.post("/fhir", bundle)
    assert answer.status == 200, answer.body
    condition, result = [e["response"]["location"].split("/_history")[0] for e in answer.json["entry"]]
    assert berg.get("/fhir/" + result).json["focus"][0]["reference"] == condition

    bundle["entry"].append({"resource": {**patient("b"), "id": "b"}, "request": {"method": "PUT", "url": "Patient/b"}})
    before = berg.get("/fhir/Condition?patient=a&_total=accurate").json["total"]
    assert berg.post("/fhir", bundle).status == 403
    assert berg.get("/fhir/Condition?patient=a&_total=accurate").json["total"] == before


def test_breaks_the_glass(berg, officer):
    assert berg.get("/fhir/Observation/o2").status == 403
    assert berg.post("/api/break-glass", {"patient": "b", "reason": "short"}).status == 422
    answer = berg.post("/api/break-glass", {"patient": "b", "reason": "unconscious in the emergency room"})
    assert answer.status == 200, answer.body
    assert berg.get("/fhir/Observation/o2").status == 200
    entries = officer.get("/api/trail?patient=b&action=read").json["entries"]
    assert entries[0]["purpose"] == "BTG"
    assert entries[0]["reason"] == "unconscious in the emergency room"


def test_worklist_names_the_relationship(berg):
    patients = berg.get("/api/me/patients").json["patients"]
    assert [(p["patient"]["id"], p["relationship"], p["evidence"]) for p in patients] == \
        [("a", "encounter", "Encounter/e1")]


def test_metadata_lists_what_is_served(berg):
    statement = berg.get("/fhir/metadata").json
    types = {r["type"]: r for r in statement["rest"][0]["resource"]}
    assert len(types) > 140 and statement["fhirVersion"] == "4.0.1"
    assert "birthdate" in [p["name"] for p in types["Patient"]["searchParam"]]
