"""A small request that asks for much: the vault's memory has a ceiling, whoever asks."""
import re
from pathlib import Path

import pytest
from house import Client, House, observation, patient

MIB = 1 << 20


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    with House(tmp_path_factory.mktemp("memory")) as house:
        house.bundle(patient("a"))
        house.account("app", "application")
        house.app = Client(house, house.cli("account", "token", "app", "--label", "attack").stdout.strip())
        for i in range(8):
            big = {"resourceType": "Binary", "id": f"big{i}", "contentType": "image/png", "data": "QUJD" * (2 * MIB)}
            assert house.app.put(f"/fhir/Binary/big{i}", big).status == 201
        for version in range(8):
            result = observation("long", "a", value=version)
            result["note"] = [{"text": "x" * (6 * MIB)}]
            assert house.app.put("/fhir/Observation/long", result, {"Prefer": "return=minimal"}).status in (200, 201)
            result["id"] = f"long{version}"
            assert house.app.put(f"/fhir/Observation/long{version}", result, {"Prefer": "return=minimal"}).status == 201
        yield house


def peak(house):
    vault = house.pids("vault")[0]
    Path(f"/proc/{vault}/clear_refs").write_text("5")  # the peak starts anew
    def measure():
        assert house.pids("vault") == [vault], "the vault died"
        return int(re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{vault}/status").read_text()).group(1)) >> 10
    return measure


def test_the_same_record_many_times_in_a_bundle(own):
    measure = peak(own)
    for kind in ("batch", "transaction"):
        answer = own.app.post("/fhir", {"resourceType": "Bundle", "type": kind, "entry": [
            {"request": {"method": "GET", "url": f"Binary/big{i % 8}"}} for i in range(120)]})
        assert answer.status in (200, 413), answer.body[:300]
        assert measure() < 600
    assert own.app.get("/fhir/Binary/big0").status == 200


def test_a_history_of_large_versions_comes_in_pages(own):
    measure, seen, offset = peak(own), 0, 0
    for _ in range(20):
        answer = own.app.get(f"/fhir/Observation/long/_history?_offset={offset}")
        assert answer.status == 200 and answer.json["total"] == 8
        got = len(answer.json.get("entry", []))
        seen, offset = seen + got, offset + got
        if not got:
            break
    assert seen == 8 and measure() < 600


def test_a_search_of_large_records_comes_in_pages(own):
    measure, found, path = peak(own), set(), "/fhir/Observation?patient=a"
    while path:
        answer = own.app.get(path)
        assert answer.status == 200, answer.body[:300]
        found |= {e["resource"]["id"] for e in answer.json.get("entry", [])}
        following = [link["url"] for link in answer.json["link"] if link["relation"] == "next"]
        path = following[0].split("/fhir", 1)[1].join(("/fhir", "")) if following else None
    assert found == {"long"} | {f"long{i}" for i in range(8)} and measure() < 600


def test_a_sorted_search_of_large_records_is_refused_or_answered(own):
    measure = peak(own)
    answer = own.app.get("/fhir/Observation?patient=a&_sort=-date&_total=accurate")
    assert answer.status in (200, 400) and measure() < 900
