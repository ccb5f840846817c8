"""FHIR R4 as an application expects it: bundles, dates, conditions, formats."""
import re
import time
from datetime import datetime, timedelta, timezone

import pytest

from house import Client, observation, patient


@pytest.fixture(scope="module")
def app(house):
    house.account("feeder", "application")
    return Client(house, house.cli("account", "token", "feeder", "--label", "feeder").stdout.strip())


def bundle(kind, *entries):
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}


def bare(resource):
    return {k: v for k, v in resource.items() if k != "id"}


def post(resource, url=None):
    made = {"resource": bare(resource), "request": {"method": "POST", "url": resource["resourceType"]}}
    return {"fullUrl": url, **made} if url else made


def get(url):
    return {"request": {"method": "GET", "url": url}}


def ids(answer):
    assert answer.status == 200, answer.body
    return [e["resource"]["id"] for e in answer.json.get("entry", [])]


def test_a_relative_reference_is_resolved_from_its_own_entry(app):
    def base(n):
        return f"http://{n}.example/fhir/"
    entries = []
    for n in ("one", "two"):
        entries.append(post(patient("1", given=n), base(n) + "Patient/1"))
        entries.append(post(observation("2", "1"), base(n) + "Observation/2"))
    answer = app.post("/fhir", bundle("transaction", *entries), {"Prefer": "return=representation"})
    assert answer.status == 200, answer.body
    made = [e["resource"] for e in answer.json["entry"]]
    assert made[0]["id"] != made[2]["id"]
    assert made[1]["subject"]["reference"] == "Patient/" + made[0]["id"]
    assert made[3]["subject"]["reference"] == "Patient/" + made[2]["id"]


def test_a_relative_reference_without_a_base_stays(app):
    answer = app.post("/fhir", bundle("transaction", post(patient("a"), "http://one.example/fhir/Patient/a"),
                                      post(observation("2", "a"))), {"Prefer": "return=representation"})
    assert answer.json["entry"][1]["resource"]["subject"]["reference"] == "Patient/a"


def test_the_same_resource_twice_in_a_transaction_is_refused(app):
    put = {"resource": patient("twice"), "request": {"method": "PUT", "url": "Patient/twice"}}
    answer = app.post("/fhir", bundle("transaction", put, put))
    assert answer.status == 400, answer.body
    assert app.get("/fhir/Patient/twice").status == 404
    remove = {"request": {"method": "DELETE", "url": "Patient/twice"}}
    assert app.post("/fhir", bundle("transaction", put, remove)).status == 400


def test_entries_of_a_batch_fail_alone(app):
    wrong = post({**observation("x", "a"), "status": "no-such-status"})
    answer = app.post("/fhir", bundle("batch", post(observation("x", "a")), wrong,
                                      {"request": {"method": "GET", "url": "Nonsense/1"}},
                                      {"resource": patient("z"), "request": {"method": "PATCH", "url": "Patient/z"}},
                                      get("Patient/a"), post(observation("y", "a"))))
    assert answer.status == 200, answer.body
    entries = [e["response"] for e in answer.json["entry"]]
    assert [e["status"][:3] for e in entries] == ["201", "422", "400", "400", "200", "201"], entries
    assert all(e["outcome"]["resourceType"] == "OperationOutcome" for e in entries[1:4]), entries
    assert "status" in str(entries[1]["outcome"])
    # A bundle that is none is still refused whole.
    assert app.post("/fhir", {**bundle("batch", get("Patient/a")), "nonsense": 1}).status == 422
    assert app.post("/fhir", bundle("transaction", post(observation("x", "a")), wrong)).status == 422


def test_searches_in_batches_and_transactions(app):
    for kind in ("batch", "transaction"):
        answer = app.post("/fhir", bundle(kind, get("Observation?patient=a&code=718-7&_count=1&_total=accurate"),
                                          post(observation("x", "a", code="1111-%d" % len(kind))),
                                          get("Observation?patient=a&code=1111-%d" % len(kind))))
        assert answer.status == 200, answer.body
        first, _, last = answer.json["entry"]
        assert first["response"]["status"] == "200 OK"
        assert first["resource"]["type"] == "searchset" and first["resource"]["total"] >= 1, first
        assert "code=718-7" in first["resource"]["link"][0]["url"]
        assert len(last["resource"]["entry"]) == 1, last
    answer = app.post("/fhir", bundle("batch", get("Observation?code=718-7"), get("Patient/a")))
    assert [e["response"]["status"][:3] for e in answer.json["entry"]] == ["400", "200"]


def test_searches_in_a_bundle_are_decided_and_on_the_trail(berg, officer):
    answer = berg.post("/fhir", bundle("batch", get("Observation?patient=b"), get("Patient?name=quill")))
    shown = answer.json["entry"]
    assert shown[0]["response"]["status"].startswith("403"), shown
    assert shown[1]["resource"]["entry"][0]["resource"]["meta"]["tag"][0]["code"] == "SUBSETTED"
    seen = officer.get("/api/patients/b/seen").json["entries"]
    assert [e for e in seen if e.get("query") == "name=quill"], seen[:3]


def test_last_updated_is_as_precise_as_it_is_written(app):
    made = app.post("/fhir/Observation", bare(observation("x", "a", code="7777-7"))).json
    at = made["meta"]["lastUpdated"]
    when = datetime.fromisoformat(at.replace("Z", "+00:00"))
    second = at[:19] + "Z"
    before = (when - timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    after = (when + timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%SZ")

    def found(*wanted):
        return ids(app.get("/fhir/Observation?patient=a&code=7777-7" + "".join("&_lastUpdated=" + w for w in wanted)))
    for wanted in (at, second, at[:16] + "Z", at[:10], at[:7], at[:4], "eq" + at, "ge" + at[:7], "le" + second,
                   "ge" + second, "le" + at, "ge" + at, "ge" + at[:16] + "Z", "lt" + after, "gt" + before,
                   "le" + at[:4], "sa" + before, "eb" + after):
        assert found(wanted) == [made["id"]], wanted
    for wanted in ("lt" + at, "gt" + at, "lt" + second, "gt" + second, "gt" + at[:4], "lt" + at[:7], before, after,
                   "eb" + at[:10], "sa" + at[:10], "lt1970"):
        assert found(wanted) == [], wanted
    assert found("ge" + before, "ge2020", "lt" + after, "le2999") == [made["id"]]
    for wanted in ("2026-13", "yesterday", "ap2026", "ge", "2026-11-25T"):
        assert app.get("/fhir/Observation?patient=a&_lastUpdated=" + wanted).status == 400, wanted


def next_page(answer):
    url = next((link["url"] for link in answer.json["link"] if link["relation"] == "next"), None)
    return url and "/fhir" + url.split("/fhir", 1)[1]


def test_a_page_tells_nobody_what_it_is_sorted_by(house, app):
    house.bundle(patient("s1", family="Marshal"), patient("s2", family="Quillon"))
    answer = app.get("/fhir/Patient?identifier=urn:mrn|MRN-s1,urn:mrn|MRN-s2&_sort=family&_count=1")
    page = next_page(answer)
    assert ids(answer) == ["s1"] and ids(app.get(page)) == ["s2"]
    token = page.split("_page=")[1]
    assert re.fullmatch(r"[A-Za-z0-9_-]+", token) and "arsh" not in token
    for wrong in (token[:-4] + "AAAA", token[:8], "1.2", "", "x" * 4000):
        answer = app.get(page.replace(token, wrong))
        assert answer.status == 400, (wrong[:20], answer.body)
    assert app.get(page.replace("_sort=family", "_sort=-family")).status == 400


def test_the_total_of_persons_over_several_pages(house, app, officer):
    house.bundle(*[patient(f"many{i}", family="Manifold") for i in range(5)])
    answer = app.get("/fhir/Patient?family=manifold&_count=2&_total=accurate")
    assert answer.json["total"] == 5 and len(answer.json["entry"]) == 2, answer.body
    assert app.get(next_page(answer)).json["total"] == 5
    assert app.get("/fhir/Patient?family=manifold&_count=0&_total=accurate").json["total"] == 5
    # Who was counted without being shown is named, too.
    seen = officer.get("/api/patients/many4/seen").json["entries"]
    assert [e for e in seen if e["action"] == "search" and "_count=2" in e["query"]], seen


def test_if_none_match_keeps_what_is_there(app, berg):
    path, made = "/fhir/Observation/kept", observation("kept", "a", value=1.5)
    assert app.put(path, made, {"If-None-Match": "*"}).status == 201
    answer = app.put(path, {**made, "status": "amended"}, {"If-None-Match": "*"})
    assert answer.status == 412, answer.body
    assert app.get(path).json["status"] == "final"
    entry = {"resource": {**made, "status": "amended"},
             "request": {"method": "PUT", "url": "Observation/kept", "ifNoneMatch": "*"}}
    assert app.post("/fhir", bundle("batch", entry)).json["entry"][0]["response"]["status"].startswith("412")
    assert berg.delete(path).status == 204
    assert app.put(path, made, {"If-None-Match": "*"}).status == 200


def test_only_json_is_given(app):
    for path, headers in (("/fhir/Patient/a", {"Accept": "application/fhir+xml"}),
                          ("/fhir/Patient/a?_format=xml", {}), ("/fhir/Patient?name=mar&_format=xml", {}),
                          ("/fhir/metadata", {"Accept": "application/xml, text/xml"}),
                          ("/fhir/Patient/a?_format=application/fhir%2Bxml", {"Accept": "application/fhir+json"})):
        answer = app.get(path, headers=headers)
        assert answer.status == 406 and answer.json["resourceType"] == "OperationOutcome", (path, answer.body)
    for path, accept in (("/fhir/Patient/a", "application/fhir+json"), ("/fhir/Patient/a", "text/html, */*;q=0.8"),
                         ("/fhir/Patient/a?_format=json", "application/fhir+xml"),
                         ("/fhir/Patient/a?_format=application/fhir+json", "")):
        assert app.get(path, headers={"Accept": accept}).status == 200, (path, accept)


def test_a_history_comes_in_pages_and_shows_a_deletion(app, berg):
    path, made = "/fhir/Observation/aged", observation("aged", "a")
    for value in range(4):
        assert app.put(path, {**made, "valueQuantity": {"value": value}}).status in (200, 201)
    assert berg.delete(path).status == 204
    url, seen = path + "/_history?_count=2", []
    while url:
        answer = app.get(url)
        assert answer.json["total"] == 5, answer.body
        assert answer.json["link"][0]["relation"] == "self"
        seen += answer.json["entry"]
        url = next_page(answer)
    assert [e["response"]["status"] for e in seen] == ["204", "200", "200", "200", "201"]
    assert [e["request"]["method"] for e in seen] == ["DELETE", "PUT", "PUT", "PUT", "POST"]
    assert "resource" not in seen[0] and [e["resource"]["valueQuantity"]["value"] for e in seen[1:]] == [3, 2, 1, 0]


def test_what_nginx_refuses_itself_is_an_outcome(app):
    connection = app.house.connect()
    for body, headers, expected in ((b" " * (17 << 20), {}, 413), (None, {"X-Long": "x" * 20000}, 431)):
        connection = app.house.connect()
        try:
            connection.request("POST" if body else "GET", "/fhir/Patient", body,
                               {"Authorization": "Bearer " + app.token, "Content-Type": "application/fhir+json",
                                **headers})
        except OSError:
            pass  # refused before all of it was sent
        response = connection.getresponse()
        text = response.read()
        assert response.status == expected, (response.status, text)
        assert b'"resourceType":"OperationOutcome"' in text, text


def test_persons_are_found_by_when_they_were_born(app, officer):
    for number, born in enumerate(("1911", "1911-05", "1911-05-17", "1920-12-31")):
        assert app.put(f"/fhir/Patient/born{number}", patient(f"born{number}", "Range", born=born)).status in (200, 201)

    def born(query):
        answer = app.get("/fhir/Patient?" + query)
        assert answer.status == 200, answer.body
        return [e["resource"]["id"][4:] for e in answer.json.get("entry", [])]
    assert born("birthdate=1911") == ["0", "1", "2"]
    assert born("birthdate=1911-05") == ["1", "2"]
    assert born("birthdate=ge1911-01-01&birthdate=lt1921-01-01") == ["0", "1", "2", "3"]
    assert born("birthdate=ge1911-06-01&birthdate=lt1921-01-01&_sort=-birthdate") == ["3", "0"]
    page = app.get("/fhir/Patient?birthdate=ge1911&birthdate=lt1921&_count=3").json
    assert [link for link in page["link"] if link["relation"] == "next"], page
    app.get("/fhir/Patient?birthdate=1911-05")
    entry = officer.get("/api/trail?action=search&_count=1").json["entries"][0]
    assert sorted(p["id"] for p in entry["patients"]) == ["born1", "born2"], entry
    for wide in ("birthdate=lt1970", "birthdate=ge1900&birthdate=lt1990"):
        answer = app.get("/fhir/Patient?" + wide)
        assert answer.status == 400 and answer.json["issue"][0]["code"] == "too-costly", answer.body
        assert "11 years" in answer.words, answer.words


def test_persons_are_found_by_when_they_were_written(app, officer):
    since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    made = [f"late{n}" for n in range(5)]
    for id in made:
        assert app.put(f"/fhir/Patient/{id}", patient(id, "Late")).status in (200, 201)
    found, url = [], f"/fhir/Patient?_lastUpdated=ge{since}&_count=2"
    while url:
        page = app.get(url)
        assert page.status == 200, page.body
        found += [e["resource"]["id"] for e in page.json.get("entry", [])]
        url = next((u["url"] for u in page.json["link"] if u["relation"] == "next"), None)
        url = url and "/fhir/" + url.split("/fhir/", 1)[1]
    assert [f for f in found if f in made] == made, found
    newest = app.get(f"/fhir/Patient?_lastUpdated=ge{since}&_sort=-_lastUpdated&_count=2").json["entry"]
    assert [e["resource"]["id"] for e in newest] == ["late4", "late3"]
    assert app.get("/fhir/Patient").status == 400  # everybody at once is nobody's wish
