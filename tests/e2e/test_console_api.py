"""docs/openapi.yml and the program say the same: every route, who may ask it, and what it answers."""
import pathlib
import re

import jsonschema
import pytest
import yaml

from console_rig import Console

ROOT = pathlib.Path(__file__).resolve().parents[2]
ROUTE = re.compile(r'\{"([A-Z]+)",\s*"(/[^"]*)",\s*HF_ACCESS_([A-Z]+),\s*((?:"[^"]*"\s*)+|\w+)', re.S)
NAMED = re.compile(r'static const char (\w+_members)\[\] =\s*((?:"[^"]*"\s*)+);')


@pytest.fixture(scope="module", name="document")
def read_document():
    return yaml.safe_load((ROOT / "docs" / "openapi.yml").read_text(encoding="utf-8"))


def program_routes():
    """(method, path) -> (access, body), from the tables of the program; a body is what is not JSON, or
    its members and their types."""
    routes = {}
    for source in (ROOT / "src" / "console").glob("*.c"):
        text = source.read_text(encoding="utf-8")
        named = dict(NAMED.findall(text))
        for method, path, access, body in ROUTE.findall(text):
            shape = "".join(re.findall('"([^"]*)"', named.get(body, body)))
            routes[method, path] = access.lower(), body if body.startswith("HF_BODY") else dict(
                member.split(":") for member in shape.split())
    return routes


def is_page(path):
    return not path.startswith("/api/") and path not in ("/healthz", "/readyz", "/metrics")


def documented(document):
    return {(method.upper(), path): operation
            for path, item in document["paths"].items()
            for method, operation in item.items() if method != "parameters"}


def test_every_route_is_documented_with_its_access(document):
    """Both ways: nothing is undocumented, nothing is promised that there is not."""
    program = {key: access for key, (access, _) in program_routes().items() if not is_page(key[1])}
    assert len(program) > 15
    assert program == {key: operation["x-access"]
                       for key, operation in documented(document).items()}


def test_every_route_that_takes_a_body_is_documented_with_it(document):
    program = {key for key, (_, body) in program_routes().items() if body != "HF_BODY_NONE"}
    assert program == {key for key, operation in documented(document).items()
                       if "requestBody" in operation}


TYPES = {"string": "text", "integer": "number", "boolean": "switch", "object": "object"}


def documented_members(document, operation):
    content = resolve(document, operation["requestBody"])["content"]
    schema = resolve(document, content["application/json"]["schema"])
    parts = [schema] + [resolve(document, part) for part in schema.get("allOf", [])]
    return {name: resolve(document, node)
            for part in parts for name, node in part.get("properties", {}).items()}


def type_of(node):
    """The one type of a member that may be null besides; "any" when there are several."""
    values = node.get("enum", [node["const"]] if "const" in node else [])
    types = {"boolean" if isinstance(value, bool) else "string" for value in values}
    types |= {node["type"]} if isinstance(node.get("type"), str) else set(node.get("type", [])) - {"null"}
    return TYPES[types.pop()] if len(types) == 1 else "any"


def test_every_body_has_the_documented_members_and_no_others(document):
    for key, (_, body) in program_routes().items():
        if isinstance(body, dict):
            members = documented_members(document, documented(document)[key])
            assert body == {name: type_of(node) for name, node in members.items()}, key


def test_a_member_of_another_name_or_type_is_not_passed_over(holdfast, db, document):
    console = Console(holdfast, "--db", db, "-r", "repo").start()
    try:
        client = console.client()
        client.set_up()
        tried = 0
        for (method, path), (_, body) in program_routes().items():
            for name, kind in {**body, "Point": "unknown"}.items() if isinstance(body, dict) else ():
                if kind == "any":
                    continue
                path = re.sub(r"{database}", "app", path)
                wrong = {name: [1]}
                error = client.ask(method, re.sub(r"{\w+}", "1", path), wrong).error
                assert error["code"] == "usage" and f"'{name}'" in error["text"], (method, path, error)
                tried += 1
        assert tried > 100
    finally:
        console.stop()


def resolve(document, node):
    while "$ref" in node:
        found = document
        for name in node["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        node = found
    return node


def check(document, operation, answer):
    """The answer has a documented status, and the documented shape; what goes wrong in a way of every
    operation's has the shape that the document gives for all of them."""
    status = str(answer.status)
    assert status in operation["responses"] or 400 <= answer.status < 500, answer.bytes
    response = resolve(document, operation["responses"].get(
        status, {"$ref": "#/components/responses/error"}))
    schema = response.get("content", {}).get("application/json", {}).get("schema")
    if schema:
        jsonschema.Draft202012Validator(
            {**schema, "components": document["components"]}).validate(answer.json)


def test_what_is_asked_for_has_the_documented_shape(holdfast, db, document):
    console = Console(holdfast, "--db", db, "-r", "repo", "--sync-interval", "100ms").start()
    try:
        client = console.client()
        client.set_up()
        point = client.job("/api/v1/databases/app/points", {"label": "one"})["point"]
        client.job("/api/v1/databases/app/test-restores", {"point": point})
        preview = client.job("/api/v1/databases/app/restore-plans", {"point": point})
        jsonschema.Draft202012Validator(
            {"$ref": "#/components/schemas/restore_preview",
             "components": document["components"]}).validate(preview)
        job = client.get("/api/v1/jobs")["jobs"][0]["id"]
        browser = client.post("/api/v1/databases/app/browsers", {"point": "now"})["browser"]
        table = client.get(f"/api/v1/browsers/{browser}/tables")["tables"][0]["name"]
        values = {"database": "app", "point": point, "job": job, "browser": browser,
                  "table": table}
        asked = 0
        for (method, path), operation in documented(document).items():
            names = re.findall(r"{(\w+)}", path)
            if method != "GET" or path.endswith("/events") or not all(n in values for n in names):
                continue
            check(document, operation, client.ask("GET", path.format(**values)))
            asked += 1
        assert asked >= 20
        check(document, documented(document)["GET", "/api/v1/jobs/{job}"],
              client.ask("GET", "/api/v1/jobs/none"))
    finally:
        console.stop()


LAST = ("/api/v1/session", "/api/v1/sessions", "/api/v1/password")  # signed out afterwards


@pytest.mark.parametrize("known", [True, False], ids=["of what is there", "of what is not"])
def test_every_operation_answers_in_the_documented_shape(holdfast, db, document, known):
    """As the owner, without a body that anybody would send: none fails in a way that is not told."""
    console = Console(holdfast, "--db", db, "-r", "repo", "--sync-interval", "100ms").start()
    try:
        client = console.client()
        client.set_up()
        client.job("/api/v1/databases/app/points", {"label": "one"})
        values = {"database": "app" if known else "none", "point": 1 if known else 999}
        operations = [(key, operation) for key, operation in documented(document).items()
                      if not key[1].endswith("/events")]
        for (method, path), operation in sorted(
                operations, key=lambda one: one[0][1].startswith(LAST) and one[0][0] != "GET"):
            filled = re.sub(r"{(\w+)}", lambda name: str(values.get(name[1], "none")), path)
            answer = client.ask(method, filled, None if method == "GET" else {})
            try:
                check(document, operation, answer)
            except (AssertionError, jsonschema.ValidationError) as error:
                raise AssertionError(f"{method} {filled}: {answer.status} {answer.bytes}") from error
    finally:
        console.stop()


def test_null_is_as_good_as_none(holdfast, db):
    console = Console(holdfast, "--db", db, "-r", "repo", verb="serve").start()
    try:
        client = console.client()
        client.set_up()
        database = "/api/v1/databases/app"
        point = client.job(f"{database}/points", {"label": None, "pin": None})["point"]
        client.job(f"{database}/restore-plans", {"point": point, "at": None, "undo": None})
        encrypted = {"passphrase": None, "recipient": None, "compression": None}
        client.job(f"{database}/downloads", {"what": "portable", **encrypted})
        client.job(f"{database}/downloads", {"what": "portable", **encrypted, "passphrase": "a secret"})
        for key in ("passphrase", "recipient"):  # empty is not the same: nobody wants it plain then
            assert client.ask("POST", f"{database}/downloads",
                              {"what": "portable", key: ""}).status == 400
    finally:
        console.stop()
