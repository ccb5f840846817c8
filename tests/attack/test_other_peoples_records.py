"""A clinician with an account of their own reaches for records of a patient they do not treat.

dr.berg treats patient a and nobody else; everything of patient b must stay closed, in content, in
errors and in numbers, and whatever does leave must name its patient on the trail.
"""
import json

from house import Client, observation, patient


def transaction(*entries):
    return {"resourceType": "Bundle", "type": "transaction", "entry": list(entries)}


def of_b(answer):
    return b"Patient/b" in answer.body or b"Quill" in answer.body or b"o2" in answer.body


def bare(*args, **more):
    made = observation(*args, **more)
    made.pop("id")
    return made


def same(one, other):
    """Nothing in the two answers tells them apart."""
    def plain(answer):
        j = answer.json
        return answer.status, [(i["code"], i["diagnostics"]) for i in j.get("issue", [])]
    assert plain(one) == plain(other), (one.body, other.body)


def test_if_none_exist_shows_nobody_elses_record(berg):
    for query in ("_id=o2", "patient=b", "subject=Patient/b&code=718-7"):
        answer = berg.post("/fhir/Observation", bare("x", "a"), {"If-None-Exist": query})
        assert not of_b(answer), (query, answer.status, answer.body)


def test_if_none_exist_does_not_tell_whether_something_is_there(berg):
    there = berg.post("/fhir/Observation", bare("x", "a"), {"If-None-Exist": "patient=b&code=718-7"})
    absent = berg.post("/fhir/Observation", bare("x", "a"), {"If-None-Exist": "patient=b&code=0000-0"})
    same(there, absent)
    there = berg.post("/fhir/Observation", bare("x", "a"), {"If-None-Exist": "_id=o2"})
    absent = berg.post("/fhir/Observation", bare("x", "a"), {"If-None-Exist": "_id=nothing"})
    same(there, absent)


def test_conditional_create_in_a_transaction_shows_nobody_elses_record(berg):
    entry = {"resource": bare("x", "a"), "request": {"method": "POST", "url": "Observation",
                                                     "ifNoneExist": "patient=b"}}
    answer = berg.post("/fhir", transaction(entry), {"Prefer": "return=representation"})
    assert not of_b(answer), answer.body


def test_a_conditional_create_that_finds_something_is_what_the_others_refer_to(house):
    house.account("feeder", "application")
    app = Client(house, house.cli("account", "token", "feeder", "--label", "attack").stdout.strip())
    person, result = patient("x"), bare("x", "a")
    person.pop("id")
    person["identifier"] = [{"system": "urn:mrn", "value": "MRN-a"}]
    result["subject"] = {"reference": "urn:uuid:9f0c7c52-3a0f-4a4e-9d0a-6b8f0c6a1d11"}
    answer = app.post("/fhir", transaction(
        {"fullUrl": "urn:uuid:9f0c7c52-3a0f-4a4e-9d0a-6b8f0c6a1d11", "resource": person,
         "request": {"method": "POST", "url": "Patient", "ifNoneExist": "identifier=urn:mrn|MRN-a"}},
        {"resource": result, "request": {"method": "POST", "url": "Observation"}}),
        {"Prefer": "return=representation"})
    assert answer.status == 200, answer.body
    assert answer.json["entry"][0]["response"]["location"].startswith("Patient/a/")
    assert answer.json["entry"][1]["resource"]["subject"]["reference"] == "Patient/a"


def test_conditional_references_do_not_tell_whether_something_is_there(berg):
    def refer(query):
        made = bare("x", "a")
        made["derivedFrom"] = [{"reference": "Observation?" + query}]
        return berg.post("/fhir", transaction({"resource": made, "request": {"method": "POST", "url": "Observation"}}),
                         {"Prefer": "return=representation"})
    there, absent = refer("patient=b&code=718-7"), refer("patient=b&code=0000-0")
    assert not of_b(there), there.body
    same(there, absent)


def test_conditional_reference_to_a_person_is_on_the_trail(house, berg, officer):
    made = {"resourceType": "Appointment", "status": "proposed",
            "participant": [{"status": "accepted", "actor": {"reference": "Patient?identifier=urn:mrn|MRN-b"}},
                            {"status": "accepted", "actor": {"reference": "Practitioner/p1"}}]}
    answer = berg.post("/fhir", transaction({"resource": made, "request": {"method": "POST", "url": "Appointment"}}))
    seen = officer.get("/api/patients/b/seen").json["entries"]
    assert [e for e in seen if e["who"].get("account") == house.secrets["dr.berg"]["id"] and
            "MRN-b" in e.get("query", "")], (answer.body, seen[:3])


def test_history_past_its_end_is_no_way_around(berg):
    there = berg.get("/fhir/Observation/o2/_history?_offset=99")
    absent = berg.get("/fhir/Observation/nothing/_history?_offset=99")
    assert there.status == 403, there.body
    same(there, absent)


def test_versions_that_belonged_to_another_patient_stay_with_them(house, berg, officer):
    house.account("moving", "application")
    app = Client(house, house.cli("account", "token", "moving", "--label", "attack").stdout.strip())
    assert app.put("/fhir/Observation/moved", observation("moved", "b", value=66.6)).status == 201
    assert app.put("/fhir/Observation/moved", observation("moved", "a", value=7.7)).status == 200
    answer = berg.get("/fhir/Observation/moved/_history")
    assert b"66.6" not in answer.body and not of_b(answer), answer.body
    assert b"7.7" in answer.body
    assert berg.get("/fhir/Observation/moved/_history/1").status == 403
    # Who may see all of it is on the trail of both.
    assert b"66.6" in app.get("/fhir/Observation/moved/_history").body
    seen = officer.get("/api/patients/b/seen").json["entries"]
    assert [e for e in seen if e["action"] == "history" and e["resource"] == "Observation/moved"], seen[:5]


def test_a_deleted_record_cannot_be_revived_under_another_patient(house, berg):
    house.account("dr.stone", "clinician", "Practitioner/p2")
    house.bundle(patient("c", "Rook", "Ann"), {
        "resourceType": "Encounter", "id": "e9", "status": "in-progress",
        "class": {"code": "AMB"}, "subject": {"reference": "Patient/c"},
        "participant": [{"individual": {"reference": "Practitioner/p2"}}]},
        observation("gone", "c", value=55.5))
    stone = house.sign_in("dr.stone")
    assert stone.delete("/fhir/Observation/gone").status == 204
    answer = berg.put("/fhir/Observation/gone", observation("gone", "a"))
    assert answer.status == 403, answer.body
    assert b"55.5" not in berg.get("/fhir/Observation/gone/_history").body


def test_totals_and_further_pages_do_not_tell_what_was_held_back(berg):
    there = berg.get("/fhir/Observation?_id=o2&_total=accurate")
    absent = berg.get("/fhir/Observation?_id=nothing&_total=accurate")
    shape = lambda a: (a.status, a.json.get("total"), a.json.get("entry"), len(a.json.get("link", [])))
    assert shape(there) == shape(absent), (there.body, absent.body)
    there = berg.get("/fhir/Observation?_id=o2,o1&_count=1&_total=accurate")
    absent = berg.get("/fhir/Observation?_id=nothing,o1&_count=1&_total=accurate")
    assert len(there.json["link"]) == len(absent.json["link"]), (there.body, absent.body)


def test_counting_persons_names_them(house, berg, officer):
    answer = berg.get("/fhir/Patient?_id=b&birthdate=1970-03-04&_count=0&_total=accurate")
    seen = json.dumps(officer.get("/api/patients/b/seen?_count=200").json)
    assert answer.json.get("total") is None or "birthdate=1970-03-04&_count=0" in seen, answer.body


def joint(id, *patients):
    return {"resourceType": "Appointment", "id": id, "status": "booked", "description": "for two",
            "participant": [{"status": "accepted", "actor": {"reference": f"Patient/{p}", "display": "Quill"}}
                            for p in patients]}


def seen(officer, patient_id, resource):
    entries = officer.get(f"/api/patients/{patient_id}/seen?_count=200").json["entries"]
    return [e["action"] for e in entries if e.get("resource") == resource]


def test_what_belongs_to_two_patients_is_not_everybodys(house, berg, officer):
    house.account("planner", "application")
    app = Client(house, house.cli("account", "token", "planner", "--label", "attack").stdout.strip())
    house.bundle(patient("d", "Finch", "Eva"))
    assert app.put("/fhir/Appointment/both", joint("both", "b", "d")).status == 201
    for path in ("Appointment/both", "Appointment/both/_history", "Appointment/both/_history/1"):
        answer = berg.get("/fhir/" + path)
        assert answer.status == 403 and not of_b(answer), (path, answer.body)
    assert not of_b(berg.get("/fhir/Appointment?_id=both"))
    answer = berg.post("/fhir", {"resourceType": "Bundle", "type": "batch", "entry": [
        {"request": {"method": "GET", "url": "Appointment/both"}}]})
    assert not of_b(answer), answer.body
    assert berg.put("/fhir/Appointment/both", joint("both", "a")).status == 403
    assert berg.delete("/fhir/Appointment/both").status == 403
    assert app.get("/fhir/Appointment/both").status == 200
    assert app.get("/fhir/Appointment?_id=both").json["entry"]
    for person in ("b", "d"):
        actions = seen(officer, person, "Appointment/both")
        assert "read" in actions and "create" in actions or "update" in actions, actions


def test_one_cannot_write_for_two_when_one_treats_only_one(berg):
    assert berg.put("/fhir/Appointment/mixed", joint("mixed", "a", "b")).status == 403


def test_those_who_treat_one_of_two_see_what_both_share(house, berg, officer):
    house.account("planner2", "application")
    app = Client(house, house.cli("account", "token", "planner2", "--label", "attack").stdout.strip())
    assert app.put("/fhir/Appointment/shared", joint("shared", "a", "b")).status == 201
    assert berg.get("/fhir/Appointment/shared").status == 200
    assert "read" in seen(officer, "b", "Appointment/shared")
    assert "read" in seen(officer, "a", "Appointment/shared")


def test_a_patient_named_in_a_roundabout_way_is_not_nobody(house, berg):
    house.account("roundabout", "application")
    app = Client(house, house.cli("account", "token", "roundabout", "--label", "attack").stdout.strip())
    ways = [{"reference": f"https://127.0.0.1:{house.port}/fhir/Patient/b"}, {"reference": "#p"},
            {"reference": "urn:uuid:9f0c7c52-3a0f-4a4e-9d0a-6b8f0c6a1d11"},
            {"identifier": {"system": "urn:mrn", "value": "MRN-b"}}]
    for i, subject in enumerate(ways):
        result = observation(f"way{i}", "b", value=99.9)
        result["subject"] = subject
        if subject.get("reference") == "#p":
            result["contained"] = [{"resourceType": "Patient", "id": "p", "name": [{"family": "Quill"}]}]
        stored = app.put(f"/fhir/Observation/way{i}", result)
        if stored.status == 201:
            answer = berg.get(f"/fhir/Observation/way{i}")
            assert answer.status == 403 and b"99.9" not in answer.body, (subject, answer.body)
            assert b"99.9" not in berg.get(f"/fhir/Observation?_id=way{i}").body
        else:
            assert stored.status == 422, stored.body
    result = observation("group", "b", value=1)
    result["subject"] = {"reference": "Group/1"}
    assert app.put("/fhir/Observation/group", result).status == 201
    assert berg.get("/fhir/Observation/group").status == 200


def test_writing_to_a_guessed_id_does_not_tell_whether_it_is_taken(house, berg):
    for headers in ({}, {"If-None-Match": "*"}, {"If-Match": 'W/"1"'}, {"If-Match": 'W/"7"'}):
        there = berg.put("/fhir/Observation/o2", observation("o2", "a"), headers)
        absent = berg.put("/fhir/Observation/guessed", observation("guessed", "a"), headers)
        assert there.status == 403, there.body
        same(there, absent)
    entry = {"resource": observation("guessed", "a"), "request": {"method": "PUT", "url": "Observation/guessed"}}
    assert berg.post("/fhir", transaction(entry)).status == 403
    # One's own records are written to as ever, and an application names what it brings.
    assert berg.put("/fhir/Observation/o1", observation("o1", "a")).status == 200
    house.account("naming", "application")
    app = Client(house, house.cli("account", "token", "naming", "--label", "attack").stdout.strip())
    assert app.put("/fhir/Observation/guessed", observation("guessed", "a")).status == 201
