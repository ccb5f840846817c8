"""No patient information in clear on any disk: database, journal, index, trail, temporary file, log."""
import base64
import json
import os
import time
from pathlib import Path

from house import Client, House, observation, patient, wait_for

SECRETS = ["Zyxwander", "Quillfeather", "MRN-zq81742", "1931-07-19", "schlafkrankheit",
           "zebra in the emergency room", "pat-unusual-id-77"]


def written_forms(word):
    raw = word.encode()
    yield raw
    yield raw.lower()
    yield word.encode("utf-16-le")
    for shift in range(3):  # inside of base64, at any offset
        yield base64.b64encode(b"\0" * shift + raw)[4 * (shift > 0) + 0:-4]


def find_plain(folder):
    found = []
    for path in Path(folder).rglob("*"):
        if not path.is_file() or path.name == "log":
            continue
        data = path.read_bytes()
        found += [(str(path), w) for w in SECRETS for form in written_forms(w) if len(form) > 6 and form in data]
    return found


def use(house):
    house.bundle(patient("pat-unusual-id-77", "Zyxwander", "Quillfeather", "1931-07-19",
                         identifier=[{"value": "MRN-zq81742"}]),
                 {**observation("o", "pat-unusual-id-77"), "note": [{"text": "schlafkrankheit"}]})
    house.account("dr.berg", "clinician", "Practitioner/p1")
    berg = house.sign_in("dr.berg")
    assert berg.get("/fhir/Patient?name=zyxw&birthdate=1931-07-19").json["entry"]
    assert berg.get("/fhir/Patient/pat-unusual-id-77").status == 403
    berg.post("/api/break-glass", {"patient": "pat-unusual-id-77", "reason": "zebra in the emergency room"})
    assert berg.get("/fhir/Patient/pat-unusual-id-77").status == 200
    assert berg.get("/fhir/Observation?patient=pat-unusual-id-77").json["entry"]
    big = {"resourceType": "Bundle", "type": "transaction", "entry": [
        {"resource": {**observation("x", "pat-unusual-id-77"), "note": [{"text": "schlafkrankheit " * 20}]},
         "request": {"method": "POST", "url": "Observation"}} for _ in range(2000)]}
    assert berg.post("/fhir", big).status in (200, 413, 422)
    assert berg.get("/fhir/Patient/Zyxwander%20Quillfeather").status in (400, 404)


def work_on_it(house):
    """What officers write about a case, and what watch keeps of it."""
    house.account("ms.lane", "privacy-officer", "")
    lane, berg = house.sign_in("ms.lane"), house.sign_in("dr.berg")
    house.bundle(*[patient(f"q{i}", f"Zyxwander{i}") for i in range(4)])
    for i in range(4):
        assert berg.post("/api/break-glass", {"patient": f"q{i}", "reason": "zebra in the emergency room"}).status == 200

    def findings():
        answer = lane.get("/api/findings")
        return answer.json["findings"] if answer.status == 200 else []
    found = wait_for(findings)[0]
    made = lane.post("/api/exceptions", {"rule": "26526089-b6db-5d2f-9528-e601ed860345", "until": "2099-01-31",
                                         "when": "patient.uid=pat-unusual-id-77", "reason": "Quillfeather is a zebra"})
    assert made.status == 201, made.body
    answer = lane.post("/api/incidents", {"finding": found["id"]})
    assert answer.status in (200, 201), answer.body  # one may have been opened already
    number = answer.json["number"]
    for act, words in (("note", "Zyxwander Quillfeather, MRN-zq81742"), ("task", "ask about schlafkrankheit")):
        done = lane.post(f"/api/incidents/{number}/{act}", {"text": words})
        assert done.status == 200 and words in done.body.decode(), done.body
    assert lane.get(f"/api/incidents/{number}/letters/authority").status == 200
    time.sleep(2.5)  # what watch keeps is saved every two seconds


def test_nothing_is_readable_on_disk(tmp_path):
    with House(tmp_path) as house:
        use(house)
        work_on_it(house)
        assert find_plain(house.state) == []
        for pid in house.pids():
            for fd in Path(f"/proc/{pid}/fd").iterdir():
                try:
                    target = os.readlink(fd)
                except OSError:
                    continue
                if "(deleted)" in target and target.startswith("/") and "memfd" not in target:
                    data = Path(fd).read_bytes() if Path(fd).exists() else b""
                    assert not any(w.encode() in data for w in SECRETS), target
            limits = Path(f"/proc/{pid}/limits").read_text()
            core = next(line for line in limits.splitlines() if line.startswith("Max core file size"))
            assert core.split()[4] == "0" or "nginx: master" in Path(f"/proc/{pid}/cmdline").read_text(), core
    assert find_plain(house.state) == []
    log = (tmp_path / "log").read_text(errors="replace")
    assert not any(w in log for w in SECRETS)


def test_control_the_search_finds_what_is_there(tmp_path):
    (tmp_path / "leak").write_text(json.dumps({"family": "Zyxwander"}))
    (tmp_path / "leak64").write_bytes(base64.b64encode(b"ab schlafkrankheit cd"))
    assert len({path for path, _ in find_plain(tmp_path)}) == 2
