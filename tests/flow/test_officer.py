"""Who has seen this record, and is the trail whole?"""
import json
import subprocess
import time

from house import encounter, patient


def test_who_has_seen_a_record_in_plain_words(berg, officer):
    berg.get("/fhir/Patient/a")
    entries = officer.get("/api/patients/a/seen").json["entries"]
    assert any("Dr.Berg (clinician) read the personal details of Paul Marsh" in e["sentence"] and
               e["relationship"] == {"kind": "encounter", "evidence": "Encounter/e1"} for e in entries)


def test_a_search_names_every_patient_it_returned(berg, officer):
    berg.get("/fhir/Patient?name=mar")
    entry = officer.get("/api/trail?action=search&who=dr.berg").json["entries"][0]
    assert "a" in [p["id"] for p in entry["patients"]] and entry["query"] == "name=mar"


def test_looking_at_the_trail_is_on_the_trail(officer):
    officer.get("/api/trail?patient=b")
    entry = officer.get("/api/trail?action=trail-search&who=ms.lane").json["entries"][0]
    assert entry["query"] == "patient=b"


def test_denials_are_recorded(berg, officer, house):
    desk = house.sign_in("ms.desk")
    assert desk.get("/fhir/Observation/o1").status == 403
    entry = officer.get("/api/trail?outcome=denied&who=ms.desk").json["entries"][0]
    assert entry["resource"] == "Observation/o1" and entry["rule"] == "deny by default"


def test_administrators_cannot_read_records(house):
    admin = house.sign_in("mr.admin")
    assert admin.get("/fhir/Patient/a").status == 403
    assert admin.get("/fhir/Patient?name=mar").status == 403
    assert admin.get("/api/trail").status == 403
    assert admin.get("/api/accounts").status == 200


def test_patients_see_their_own_record_and_who_read_it(house, berg):
    berg.get("/fhir/Observation/o1")
    step = berg.__class__(house)
    secret = house.secrets["paul"]
    answer = step.post("/api/sign-in", {"login": "paul", "password": secret["given"], "kind": "bearer"}).json
    answer = step.post("/api/sign-in/password",
                       {"ticket": answer["ticket"], "password": "a long phrase about herons at dusk"}).json
    assert answer["state"] == "signed-in", answer
    step.token = answer["token"]
    assert step.get("/fhir/Patient/a").status == 200
    assert step.get("/fhir/Observation/o2").status == 403
    assert any("Dr.Berg" in e["sentence"] for e in step.get("/api/patients/a/seen").json["entries"])
    assert step.get("/api/patients/b/seen").status == 403


def test_nobody_learns_whether_something_exists(berg, house):
    desk = house.sign_in("ms.desk")
    for client in (desk, berg):
        there, absent = client.get("/fhir/Observation/o2b"), client.get("/fhir/Observation/nothing-here")
        assert (there.status, there.body) == (absent.status, absent.body)
    there, absent = desk.get("/fhir/Observation/o2"), desk.get("/fhir/Observation/nothing-here")
    assert (there.status, there.body) == (absent.status, absent.body)


def test_an_entry_has_a_proof_and_the_trail_is_whole(officer, house):
    time.sleep(1.5)
    entry = officer.get("/api/trail?_count=50").json["entries"][-1]
    proof = officer.get(f"/api/trail/{entry['seq']}").json["proof"]
    assert proof["index"] == entry["seq"] and len(proof["leaf"]) == 64
    key = officer.get("/api/trail/state").json["key"]
    done = house.cli("trail", "verify", "--key", key, "--json")
    assert json.loads(done.stdout)["whole"]
    kept = house.folder / "key"
    kept.write_text(house.cli("trail", "key").stdout)  # the key is the first line
    assert json.loads(house.cli("trail", "verify", "--key", kept, "--json").stdout)["whole"]
    kept.write_text("nothing\n")
    assert house.cli("trail", "verify", "--key", kept, check=False).returncode == 2
    assert house.cli("trail", "verify", "--key", house.folder / "absent", check=False).returncode == 2


def test_the_command_line_searches_the_trail(house):
    done = house.cli("trail", "search", "--patient", "a", "--who", "dr.berg")
    assert "dr.berg" in done.stdout.lower()
    assert subprocess.run(["grep", "-q", "Marsh", str(house.folder / "log")]).returncode == 1


def test_nobody_is_accused_whose_care_is_known(house, berg, officer):
    house.bundle(patient("n1", "Larkin", "Ada"), patient("n2", "Larkin", "Bo"), patient("n3", "Larkin", "Cy"),
                 encounter("ne1", "n1", "p1"), encounter("ne2", "n2", "p1"))

    def last(path):
        assert berg.get(path).status == 200, path
        entry = officer.get("/api/trail?who=dr.berg&_count=1").json["entries"][0]
        return entry["relationship"]["kind"], entry["relationship"]["evidence"], entry["sentence"]
    kind, evidence, sentence = last("/api/me/patients")
    assert kind == "all" and "all of them in their care" in sentence, (evidence, sentence)
    kind, evidence, sentence = last("/fhir/Patient?name=larkin")
    assert (kind, evidence) == ("some", "2 of 3") and "2 of them in their care" in sentence, sentence
    kind, evidence, sentence = last("/fhir/Patient?name=larkin&given=ada")
    assert (kind, evidence) == ("encounter", "Encounter/ne1") and "who is in their care" in sentence, sentence
    kind, evidence, sentence = last("/fhir/Patient?name=larkin&given=cy")
    assert kind == "none" and "without a known care relationship" in sentence, sentence
    kind, evidence, sentence = last("/fhir/Patient?_id=n3,b")
    assert (kind, evidence) == ("none", "0 of 2") and "without a known care relationship" in sentence, sentence


def test_the_front_desk_is_not_said_to_lack_a_care_relationship(house, officer):
    desk = house.sign_in("ms.desk")
    assert desk.get("/fhir/Patient/a").status == 200
    entry = officer.get("/api/trail?who=ms.desk&_count=1").json["entries"][0]
    assert entry["action"] == "read" and "care relationship" not in entry["sentence"], entry
    assert "as the front desk does" in entry["sentence"], entry
    seen = officer.get("/api/patients/a/seen?_count=20").json["entries"]
    assert all("care relationship" not in e["sentence"] for e in seen if e["who"].get("role") == "front-desk"), seen


def test_refused_work_says_what_was_tried(house, officer):
    desk = house.sign_in("ms.desk")

    def last():
        return officer.get("/api/trail?who=ms.desk&outcome=denied&_count=1").json["entries"][0]
    assert desk.post("/api/accounts", {"login": "x9", "name": "X", "role": "nurse"}).status == 403
    entry = last()
    assert (entry["kind"], entry["action"]) == ("account", "work"), entry
    assert "POST /api/accounts" in entry["sentence"] and "search the trail" not in entry["sentence"], entry
    assert desk.get("/api/status").status == 403
    assert "status-view" in last()["sentence"] and "search the trail" not in last()["sentence"], last()
    assert desk.get("/api/trail?who=dr.berg").status == 403
    entry = last()
    assert "tried to search the trail" in entry["sentence"] and entry["query"] == "who=dr.berg", entry
