"""Several people open one record: one look at it answers for all of them."""
import time

import house as h
import pytest

from test_explained import queue

CURIOUS = ("dr.ames", "dr.bell", "dr.cole", "dr.dunn")
TODAY = time.strftime("%Y-%m-%d", time.gmtime())


@pytest.fixture(scope="module")
def ward(tmp_path_factory):
    with h.House(tmp_path_factory.mktemp("crowd"), test="turned-clock") as house:
        names = [login[3:].capitalize() for login in CURIOUS]
        house.bundle(*[h.practitioner(f"p{i}", name) for i, name in enumerate(names)],
                     h.patient("d", "Okoye", "Ada", deceasedBoolean=True))
        for i, login in enumerate(CURIOUS):
            house.account(login, "clinician", f"Practitioner/p{i}")
        house.account("ms.lane", "privacy-officer")
        for login in CURIOUS:
            client = house.sign_in(login)
            broken = client.post("/api/break-glass", {"patient": "d", "reason": "Called to this patient"})
            assert broken.status == 200 and client.get("/fhir/Patient/d").status == 200
        house.lane = house.sign_in("ms.lane")
        yield house


def test_the_day_has_one_place_and_one_person_has_it(ward):
    told = queue(ward.lane, lambda q: q["items"] and q["waiting"] == 0)
    (item,) = told["items"]
    assert item["queue"] == "worst" and item["looks"][0]["who"]["role"] == "clinician"


def test_the_next_days_place_is_the_records_for_those_who_are_left(ward):
    ward.turn(86400)
    ward.lane = ward.sign_in("ms.lane")
    told = queue(ward.lane, lambda q: any(i["queue"] == "record" for i in q["items"]), 60)
    (record,) = [i for i in told["items"] if i["queue"] == "record"]
    assert record["persons"] == 4 and record["why"][0].startswith("4 persons opened this record within a week")
    assert {look["who"]["name"] for look in record["looks"]} == {"Dr." + login[3:].capitalize() for login in CURIOUS}
    assert {look["patient"]["name"] for look in record["looks"]} == {"Ada Okoye"}
    shown = ward.cli("queue", "list").stdout
    assert "a record, 4 persons" in shown


def test_each_of_them_is_decided_about(ward):
    for login in CURIOUS:
        done = ward.lane.post("/api/queue", {"account": login, "queue": "worst", "day": TODAY, "verdict": "fine",
                                             "reason": "was asked by the coroner"})
        assert done.status == 200 and done.json["records"] == 1, done.body
    assert queue(ward.lane, lambda q: not q["items"])["items"] == []
