"""The description of /api: served to anybody, whole, and true of what the door answers."""
import json
import re
import time

import pytest

from house import ROOT, Client, House, encounter, patient, practitioner


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    with House(tmp_path_factory.mktemp("openapi")) as house:
        house.bundle(practitioner("p1"), patient("a"), encounter("e1", "a", "p1"))
        house.account("dr.berg", "clinician", "Practitioner/p1")
        house.account("ms.lane", "privacy-officer")
        house.account("mr.admin", "administrator")
        house.account("app", "application")
        answer = Client(house).get("/api/openapi.json")  # nobody is signed in
        assert answer.status == 200 and answer.headers["content-type"].startswith("application/json")
        house.api, house.seen = answer.json, set()
        yield house


def schema_of(api, schema):
    if "$ref" in schema:
        return api["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    return schema


def problems(api, schema, value, at="answer"):
    """Everything in which a value differs from its schema; members that nobody described, too."""
    if "allOf" in schema:
        parts = [schema_of(api, s) for s in schema["allOf"]]
        schema = {"type": "object", "properties": {k: v for p in parts for k, v in p["properties"].items()},
                  "required": [k for p in parts for k in p.get("required", [])]}
    schema = schema_of(api, schema)
    kind = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int}[schema["type"]]
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        return [f"{at} is no {schema['type']}"]
    found = []
    if schema.get("format") == "date-time" and not re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", value):
        found.append(f"{at} is no time")
    for one in value if kind is list else []:
        found += problems(api, schema["items"], one, at + "[]")
    if kind is dict and "properties" in schema:
        found += [f"{at}.{k} is missing" for k in schema.get("required", []) if k not in value]
        found += [f"{at}.{k} is not described" for k in value if k not in schema["properties"]]
        for k in value:
            if k in schema["properties"]:
                found += problems(api, schema["properties"][k], value[k], f"{at}.{k}")
    return found


def check(own, method, path, answer):
    """The answer is one of those described. Gives it back."""
    item = next(p for p in sorted(own.api["paths"], key=lambda p: p.count("{"))
                if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", p), path.split("?")[0]))
    operation = own.api["paths"][item][method.lower()]
    for name in re.findall(r"[?&]([^=]+)=", path):
        assert name in [p["name"] for p in operation["parameters"]], name
    assert str(answer.status) in operation["responses"], (path, answer.status, answer.body)
    described = operation["responses"][str(answer.status)].get("content")
    assert bool(described) == bool(answer.body), (path, answer.body)
    if described:
        assert not problems(own.api, described["application/json"]["schema"], answer.json), (path, answer.json)
    own.seen.add((method.lower(), item))
    return answer


def ask(own, client, method, path, body=None):
    if body is not None:
        item = next(p for p in sorted(own.api["paths"], key=lambda p: p.count("{"))
                    if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", p), path))
        schema = own.api["paths"][item][method.lower()]["requestBody"]["content"]["application/json"]["schema"]
        assert not problems(own.api, schema, body), (path, body)
    return check(own, method, path, client.ask(method, path, body))


def test_names_are_unique_and_nothing_of_the_house_is_told(own):
    text = json.dumps(own.api)
    names = [o["operationId"] for item in own.api["paths"].values() for o in item.values()]
    assert len(names) == len(set(names)) and own.api["openapi"] == "3.1.0"
    for secret in ("dr.berg", "Marsh", str(own.state), own.secrets["app"]["id"], "Paul"):
        assert secret not in text
    assert Client(own).ask("POST", "/api/openapi.json").status == 405


def test_the_page_for_developers_names_every_path(own):
    page = (ROOT / "docs/api.md").read_text()
    written = {re.sub(r"\b[A-Z]{2,}\b", "{}", p).rstrip("/.") for p in re.findall(r"/api/[\w./A-Z-]*[\w]", page)}
    described = {re.sub(r"\{\w+\}", "{}", p) for p in own.api["paths"]}
    assert described - written == set() and written - described == set()


def test_signing_in_is_as_described(own):
    client = Client(own)
    step = ask(own, client, "POST", "/api/sign-in",
               {"login": "dr.berg", "password": own.secrets["dr.berg"]["given"], "kind": "bearer"}).json
    ask(own, client, "POST", "/api/sign-in", {"login": "dr.berg", "password": "wrong"})
    ask(own, client, "POST", "/api/password/advice", {"ticket": step["ticket"], "password": "password"})
    assert ask(own, client, "POST", "/api/password/advice", {"password": "password"}).status == 401
    ask(own, client, "POST", "/api/sign-in/password", {"ticket": step["ticket"], "password": "password"})
    step = ask(own, client, "POST", "/api/sign-in/password",
               {"ticket": step["ticket"], "password": "nine quiet otters rowing 77"}).json
    secret = ask(own, client, "POST", "/api/sign-in/enrol", {"ticket": step["ticket"]}).json["secret"]
    own.secrets["dr.berg"].update(totp=secret, password="nine quiet otters rowing 77")
    step = ask(own, client, "POST", "/api/sign-in/enrol/confirm",
               {"ticket": step["ticket"], "code": own.code("dr.berg")}).json
    assert step["state"] == "signed-in" and len(step["recovery_codes"]) == 10
    own.berg = client
    client.token = step["token"]
    step = ask(own, Client(own), "POST", "/api/sign-in",
               {"login": "dr.berg", "password": "nine quiet otters rowing 77", "kind": "bearer"}).json
    step = ask(own, Client(own), "POST", "/api/sign-in/second-factor",
               {"ticket": step["ticket"], "code": own.code("dr.berg")}).json
    ask(own, Client(own, step["token"]), "POST", "/api/sign-out")
    ask(own, Client(own), "POST", "/api/sign-in/second-factor", {"ticket": "nothing", "code": "000000"})
    ask(own, Client(own), "GET", "/api/me")


def test_what_the_one_signed_in_asks(own):
    berg = own.berg
    ask(own, berg, "GET", "/api/me")
    assert ask(own, berg, "GET", "/api/me/patients?_count=5").json["patients"]
    ask(own, berg, "POST", "/api/me/recovery-codes")
    assert ask(own, berg, "POST", "/api/me/second-factor", {"code": "000000"}).status == 422
    ask(own, berg, "POST", "/api/me/password", {"old": "wrong", "new": "ten quiet otters rowing 77"})
    assert ask(own, berg, "POST", "/api/break-glass", {"patient": "a", "reason": "short"}).status == 422
    assert ask(own, berg, "POST", "/api/break-glass", {"patient": "a", "reason": "an emergency at night"}).status == 200
    assert ask(own, berg, "GET", "/api/break-glass").json["grants"]
    assert ask(own, berg, "GET", "/api/patients/a/seen?_count=5").json["entries"]
    assert ask(own, berg, "GET", "/api/trail").status == 403
    assert ask(own, berg, "DELETE", "/api/sessions/nothing").status == 404
    assert ask(own, berg, "POST", "/api/sign-in").status == 400


def test_what_officers_and_administrators_ask(own):
    lane, admin = own.sign_in("ms.lane"), own.sign_in("mr.admin")
    entries = ask(own, lane, "GET", "/api/trail?patient=a&_count=20").json["entries"]
    assert len(entries) >= 2
    assert ask(own, lane, "GET", "/api/trail?since=yesterday").status == 400
    time.sleep(1.5)  # a checkpoint covers it
    assert "proof" in ask(own, lane, "GET", f"/api/trail/{entries[0]['seq']}").json
    assert ask(own, lane, "GET", "/api/trail/999999").status == 404
    ask(own, lane, "GET", "/api/trail/state")
    looked = ask(own, lane, "GET", "/api/trail?who=dr.berg&action=break-glass").json["entries"][0]["seq"]
    told = ask(own, lane, "GET", f"/api/trail/{looked}/explanation")
    assert told.status == 200 and told.json["explanation"] != "unknown"
    assert ask(own, lane, "GET", "/api/trail/999999/explanation").status == 404
    assert ask(own, lane, "GET", "/api/queue").status == 200
    assert ask(own, lane, "POST", "/api/queue",
               {"account": "dr.berg", "queue": "worst", "day": "2026-01-02", "verdict": "incident"}).status == 404
    made = ask(own, admin, "POST", "/api/accounts",
               {"login": "ms.new", "name": "New", "role": "nurse", "person": ""})
    assert made.status == 201
    again = ask(own, admin, "POST", "/api/accounts", {"login": "ms.new", "name": "New", "role": "nurse"})
    assert again.status == 409
    id = made.json["id"]
    assert ask(own, admin, "PATCH", f"/api/accounts/{id}", {"state": "locked"}).json["state"] == "locked"
    assert ask(own, admin, "PATCH", f"/api/accounts/{id}", {"state": "asleep"}).status == 422
    assert ask(own, admin, "PATCH", "/api/accounts/nobody", {"name": "X"}).status == 404
    ask(own, admin, "GET", "/api/accounts?text=ms")
    ask(own, admin, "POST", f"/api/accounts/{id}/reset-password")
    ask(own, admin, "POST", f"/api/accounts/{id}/reset-second-factor")
    assert ask(own, admin, "POST", f"/api/accounts/{id}/tokens", {"label": "x"}).status == 422
    token = ask(own, admin, "POST", f"/api/accounts/{own.secrets['app']['id']}/tokens", {"label": "x"})
    assert token.status == 201
    assert ask(own, Client(own, token.json["token"]), "GET", "/api/sessions").json["sessions"]
    sessions = ask(own, admin, "GET", "/api/sessions?account=dr.berg").json["sessions"]
    assert ask(own, admin, "DELETE", f"/api/sessions/{sessions[0]['handle']}").status == 204
    ask(own, admin, "GET", "/api/status")
    ask(own, admin, "GET", "/api/activity")
    ask(own, admin, "GET", "/api/news")
    ask(own, admin, "GET", "/api/courier")
    ask(own, admin, "GET", "/api/guard")
    assert ask(own, admin, "GET", "/api/guard/series").json["every_seconds"] == 20
    ask(own, admin, "POST", "/api/guard/unblock", {"address": "192.0.2.1"})
    assert ask(own, lane, "GET", "/api/findings").json["detect"]["events"]
    assert ask(own, admin, "GET", "/api/findings").status == 403
    assert ask(own, lane, "GET", "/api/exceptions").json["exceptions"] == []
    assert ask(own, lane, "POST", "/api/exceptions", {"rule": "none", "when": "time.hour=1", "reason": "x",
                                                      "until": "2099-01-01"}).status == 404
    assert ask(own, lane, "DELETE", "/api/exceptions/none").status == 404
    assert ask(own, lane, "GET", "/api/findings/999999").status == 404
    ask(own, lane, "GET", "/api/intelligence")
    ask(own, lane, "GET", "/api/intelligence/look?value=192.0.2.1")
    assert ask(own, lane, "GET", "/api/intelligence/look").status == 422
    assert ask(own, lane, "GET", "/api/intelligence/share?identity=x").json["objects"]
    assert ask(own, lane, "GET", "/api/intelligence/share?identity=x&tlp=red").status == 422
    assert ask(own, lane, "GET", "/api/behaviour/nobody").status == 404
    assert ask(own, admin, "GET", "/api/behaviour").json["learning"] is True
    assert ask(own, lane, "GET", "/api/behaviour/dr.berg").status in (200, 404)  # when watch has come so far
    assert ask(own, lane, "GET", "/api/incidents?state=all").json["incidents"] == []
    assert ask(own, lane, "POST", "/api/incidents", {"finding": 999999}).status == 404
    assert ask(own, lane, "GET", "/api/incidents/2026-0001").status == 404
    assert ask(own, lane, "POST", "/api/incidents/2026-0001/note", {"text": "x"}).status == 404
    assert ask(own, lane, "GET", "/api/incidents/2026-0001/letters/internal").status == 404
    assert ask(own, admin, "GET", "/api/incidents").status == 403
    assert ask(own, admin, "GET", "/api/playbooks").json["problems"] == []
    assert ask(own, lane, "GET", "/api/playbooks/runs").json["runs"] == []
    assert ask(own, admin, "GET", "/api/playbooks/runs/1").status == 404
    assert ask(own, admin, "POST", "/api/playbooks/runs/1/approve", {"step": 1}).status == 404
    assert ask(own, admin, "POST", "/api/playbooks/runs/1/approve", {"step": 0}).status == 422
    assert ask(own, admin, "POST", "/api/playbooks/takeover/dry-run", {"finding": 999999}).status == 404
    assert ask(own, admin, "GET", "/api/measures").json["measures"] == []
    assert ask(own, admin, "POST", "/api/measures/none/lift").status == 404
    assert ask(own, admin, "POST", "/api/import", {"resourceType": "Bundle", "type": "collection"}).status == 403
    for path in ("/api/health", "/api/openapi.json"):
        assert Client(own).get(path).status == 200
        own.seen.add(("get", path))


def test_only_what_the_server_asks_itself_was_not_tried(own):
    every = {(m, p) for p, item in own.api["paths"].items() for m in item}
    local = {(m, p) for m, p in every if "own socket" in own.api["paths"][p][m].get("description", "")}
    assert len(local) == 8 and every - own.seen == local
    berg = own.sign_in("dr.berg")
    for method, path in local:
        assert berg.ask(method.upper(), path.replace("{id}", "a").replace("{kind}", "patient"), {"reason": "a long one, really"}).status == 404
