"""taxii: a small TAXII 2.1 server, and a feed of MISP, for tests.

    with Taxii(authority.context("localhost"), user="hospital", password="secret") as taxii:
        taxii.add(indicator("[ipv4-addr:value = '192.0.2.7']"))

Objects come in pages of `page`, sorted by when they were added; added_after, limit and next as the
specification has them. A wrong Accept header gets 406, wrong credentials 401.
"""
import base64
import datetime
import json
import urllib.parse
import uuid

from courier import Web

ACCEPT = "application/taxii+json;version=2.1"
COLLECTION = "91a7b528-80eb-42ed-a74d-c6fbd5a26116"


def now():
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def indicator(pattern, id=None, **more):
    return {"type": "indicator", "spec_version": "2.1", "id": id or f"indicator--{uuid.uuid4()}",
            "created": now(), "modified": now(), "pattern": pattern, "pattern_type": "stix",
            "valid_from": now(), **more}


class Taxii(Web):
    def __init__(self, context, user=None, password=None, page=2):
        self.objects, self.page, self.broken = [], page, None
        self.wanted = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode() if user else None
        super().__init__(context, answer=self.answer)

    @property
    def url(self):
        return f"https://localhost:{self.port}/api/collections/{COLLECTION}/objects/"

    def add(self, *objects):
        self.objects += [(now(), o) for o in objects]

    def answer(self, request):
        path, _, query = request["path"].partition("?")
        asked = dict(urllib.parse.parse_qsl(query))
        if self.wanted and request["headers"].get("authorization") != self.wanted:
            return 401, {}, b"{}"
        if request["headers"].get("accept") != ACCEPT:
            return 406, {}, b"{}"
        if path != f"/api/collections/{COLLECTION}/objects/":
            return 404, {}, b"{}"
        if self.broken is not None:
            return 200, {"Content-Type": ACCEPT}, self.broken
        at = int(asked.get("next", "0"))
        since = asked.get("added_after", "")
        fitting = [(t, o) for t, o in self.objects if t > since]
        count = min(int(asked.get("limit", "1000")), self.page)
        some = fitting[at:at + count]
        envelope = {"objects": [o for _, o in some]} if some else {}
        if at + count < len(fitting):
            envelope |= {"more": True, "next": str(at + count)}
        headers = {"Content-Type": ACCEPT}
        if some:
            headers |= {"X-TAXII-Date-Added-First": some[0][0], "X-TAXII-Date-Added-Last": some[-1][0]}
        return 200, headers, json.dumps(envelope).encode()


class Misp(Web):
    """A feed as MISP writes it into a folder: manifest.json, and each event by its uuid."""

    def __init__(self, context):
        self.events = {}
        super().__init__(context, answer=self.answer)

    def add(self, timestamp, *attributes, tags=()):
        id = str(uuid.uuid4())
        self.events[id] = (timestamp, {"Event": {
            "uuid": id, "info": "A campaign", "Orgc": {"name": "CERT Example"}, "Tag": [{"name": t} for t in tags],
            "Attribute": [{"uuid": str(uuid.uuid4()), "type": kind, "value": value, "to_ids": True,
                           "timestamp": str(timestamp)} for kind, value in attributes]}})
        return id

    def answer(self, request):
        name = request["path"].rsplit("/", 1)[-1]
        if name == "manifest.json":
            rows = {id: {"timestamp": str(t), "info": "A campaign"} for id, (t, _) in self.events.items()}
            return 200, {}, json.dumps(rows).encode()
        found = self.events.get(name.removesuffix(".json"))
        return (200, {}, json.dumps(found[1]).encode()) if found else (404, {}, b"")
