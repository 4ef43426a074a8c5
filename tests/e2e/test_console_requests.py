"""Requests that are not what a route expects, for every route: each is answered, none as the console's own fault, and the
console goes on. What random bytes do is in test_console_security.py."""
import http.client
import itertools
import json
import re

import pytest

from console_rig import PASSWORD, Client, wait_for
from test_console_api import documented, program_routes, read_document, resolve  # pylint: disable=unused-import

BROKEN = (b"", b"{", b"}", b"null", b"[]", b"1", b'"x"', b"{}{}", b"{'a': 1}", b'{"a": NaN}', b'{"a": 1e999}',
          b'{"a": "\xff"}', b'{"a": "\xc0\xae"}', b'{"a": "\\ud800"}', b'{"a\\u0000": 1}', b"\0", b"\xef\xbb\xbf{}",
          b'{"a": 1, "a": 2}', b"[" * 30000, b'{"a":' * 10000,
          b'{"a": "' + b"x" * 2_000_000 + b'"}', b'{"a": ' + b"9" * 50000 + b"}")
DEEP = json.loads('{"a":' * 900 + "1" + "}" * 900)
STRANGE = (None, True, 0, -1, 2**63 - 1, 1.5, "", "x" * 50000, "\0", "../../etc/passwd", [], [[]], {}, DEEP)
TRICKS = ("..%2f..%2fetc%2fpasswd", "%2e%2e", "..", "%00", "app%00", "%c0%ae%c0%ae%2f", "%e0%80%ae", "%f0%80%80%ae",
          "%ff", "%", "%zz", "%u002e", "%5c..%5c", "%0d%0aX:1", ";", "x" * 20000, "%2f" * 500, "-1", "0", "1e9",
          "99999999999999999999", "%20", "%ed%a0%80")
# Five of the longest at once: what leaves no room for an answer in a connection's memory is hung up on.
VALUES = ("", "-1", "0", "abc", "1e9", "99999999999999999999", "9223372036854775807", "%00", "%ff", "%", "%zz", "[]",
          "%7b%22a%22:[", "[" * 2000, "x" * 2500, "now", "null", "%22note%22", "';drop", "body", "-0", "%F0%9F%98%80")
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "get", "X" * 500)
# The owner's own session would end with it.
LEAVING = ("DELETE", "/api/v1/session")
TYPES = {"string": str, "integer": int, "number": (int, float), "boolean": bool, "object": dict, "array": list,
         "null": type(None)}


@pytest.fixture(name="tried")
def try_requests(console, client):
    """`tried(method, path, raw=..., by=...)`: the answer, which there is, and which is no fault of the console's.
    That has gone on by the end."""
    def tried(method, path, raw=None, by=client, headers=None):
        sent = {"Content-Type": "application/json"} if raw is not None else {}
        about = (method, path[:200], raw and raw[:200])
        try:
            answer = by.ask(method, path, raw=raw, headers={**sent, **(headers or {})})
        except (OSError, http.client.HTTPException) as error:
            raise AssertionError(f"{about}: no answer") from error
        assert answer.status < 500 or answer.status in (501, 503), (about, answer.status, answer.bytes)
        return answer
    serving = console.serving()
    yield tried
    assert console.serving() == serving
    assert client.get("/api/v1/overview")
    for job in client.get("/api/v1/jobs")["jobs"]:
        assert "ended before" not in json.dumps(job["error"]), job


def filled(path, value="none"):
    return re.sub(r"{\w+}", value, path)


def routes():
    return sorted(route for route in program_routes() if route != LEAVING)


def with_body(document):
    """(method, path, schema of the body)"""
    for (method, path), operation in sorted(documented(document).items()):
        content = operation.get("requestBody", {}).get("content", {})
        if "application/json" in content:
            yield method, path, whole(document, content["application/json"]["schema"])


def whole(document, schema):
    """What it refers to, and all that it consists of, is in it."""
    schema = dict(resolve(document, schema))
    for part in schema.get("allOf", []):
        part = whole(document, part)
        schema["required"] = [*schema.get("required", []), *part.get("required", [])]
        schema["properties"] = {**schema.get("properties", {}), **part.get("properties", {})}
    return schema


def sample(document, name, schema):
    """A value of the type, of nothing that there is."""
    schema = resolve(document, schema)
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type", "object")
    kind = kind if isinstance(kind, str) else kind[0]
    if kind == "string":
        return PASSWORD if name == "password" else "none"
    return {"integer": 1, "number": 1, "boolean": True, "array": [], "null": None}.get(kind, {})


def fits(document, schema, value):
    """Whether it has the type that the member is documented with."""
    schema = resolve(document, schema)
    if "type" not in schema:
        return "enum" not in schema
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return any(isinstance(value, TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool))
               for kind in kinds)


def settle(client):
    wait_for(lambda: all(job["state"] != "running" for job in client.get("/api/v1/jobs")["jobs"]), "the jobs")


def test_a_body_that_is_no_object_is_refused_by_every_route_that_takes_one(document, tried):
    for (method, path, _), raw in itertools.product(with_body(document), BROKEN):
        answer = tried(method, filled(path), raw)
        assert 400 <= answer.status < 500, (method, path, raw[:50], answer.status)
        assert answer.json["error"]["text"]


def test_a_member_of_another_type_is_no_fault_of_the_consoles(client, document, tried):
    """What a route needs is refused when it is of another type; none takes it for something else."""
    for method, path, schema in with_body(document):
        members = schema.get("properties", {})
        good = {name: sample(document, name, one) for name, one in members.items()}
        for name, value in itertools.product(members, STRANGE):
            answer = tried(method, filled(path, "app"), json.dumps({**good, name: value}).encode())
            if name in schema.get("required", []) and not fits(document, members[name], value):
                assert 400 <= answer.status < 500, (method, path, name, value)
        settle(client)


def test_a_path_that_is_made_to_lead_elsewhere_leads_nowhere(tried):
    for method, path in routes():
        for trick in TRICKS if "{" in path else ():
            answer = tried(method, filled(path, trick), b"{}" if method != "GET" else None)
            assert 400 <= answer.status < 500, (method, path, trick)
        if not path.startswith("/api/"):
            continue
        for other in (f"/{filled(path)}", filled(path).replace("/v1/", "//v1//"), f"{filled(path)}/",
                      f"{filled(path)}/..", f"{filled(path)}%00", f"/x/..{filled(path)}", f"{filled(path)}%2f",
                      filled(path).replace("/api/", "/%61pi/").replace("/v1", "/V1")):
            answer = tried(method, other, b"{}" if method != "GET" else None)
            assert 400 <= answer.status < 500, (method, other, answer.status)


def test_a_method_that_a_path_does_not_have_is_refused(tried):
    by_path = {}
    for method, path in program_routes():
        by_path.setdefault(path, set()).add(method)
    for (path, methods), method in itertools.product(sorted(by_path.items()), METHODS):
        if method in methods or (method == "HEAD" and "GET" in methods):
            continue
        answer = tried(method, filled(path), None if method == "HEAD" else b"{}")
        assert answer.status in (400, 404, 405, 501), (method, path, answer.status)


def test_more_than_a_route_takes_is_refused_before_it_is_sent(document, tried):
    for method, path, _ in with_body(document):
        for length in ("99999999999", "18446744073709551616", "-1", "1e3", "0x10", ""):
            answer = tried(method, filled(path), None, headers={"Content-Length": length,
                                                                "Content-Type": "application/json"})
            assert 400 <= answer.status < 500, (method, path, length)


def test_who_is_nobody_learns_nothing_from_what_is_broken(console, document, tried):
    stranger = Client(console.port)
    access = {key: operation["x-access"] for key, operation in documented(document).items()}
    for (method, path, _), raw in itertools.product(with_body(document), BROKEN):
        answer = tried(method, filled(path), raw, by=stranger)
        if access[method, path] != "anyone":
            assert answer.status in (401, 403, 413), (method, path, raw[:50], answer.status)


def queries(document):
    """(path, names of what may be asked for in the query)"""
    for path, item in sorted(document["paths"].items()):
        known = [resolve(document, one) for one in
                 [*item.get("parameters", []), *item.get("get", {}).get("parameters", [])]]
        names = [one["name"] for one in known if one["in"] == "query"]
        if names:
            yield path, names


def test_a_query_of_nonsense_is_no_fault_of_the_consoles(client, document, tried):
    """Of a table that there is, so that it is asked for."""
    client.job("/api/v1/databases/app/points")
    browser = client.post("/api/v1/databases/app/browsers", {"point": "now"})["browser"]
    there = {"{database}": "app", "{browser}": browser, "{table}": "note", "{point}": "1"}
    asked = 0
    for path, names in queries(document):
        path = re.sub(r"{\w+}", lambda name: there[name[0]], path)
        for name, value in itertools.product(names, VALUES):
            tried("GET", f"{path}?{name}={value}&{name}={value}")
            tried("GET", f"{path}?" + "&".join(f"{one}={value}" for one in names))
            asked += 1
    assert asked > 100
