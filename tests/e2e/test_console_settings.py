"""Settings, upkeep and who may come in: what the console's settings page asks for."""
import json
import sys

import pytest

import conftest
from console_rig import PASSWORD, Console

OTHER = "another battery staple"


def setting(client, name):
    return next(one for one in client.get("/api/v1/settings")["settings"]
                if one["setting"] == name)


def test_each_setting_says_where_it_is_from(client):
    assert setting(client, "repository") == {
        "setting": "repository", "secret": False, "set": True, "value": "repo",
        "source": "--repository", "source_kind": "flag", "locked": True}
    code = setting(client, "setup-code-file")
    assert code["secret"] and code["set"] and code["value"] is None
    assert code["source_kind"] == "variable" and code["locked"]
    assert not setting(client, "gentle")["locked"]
    retention = client.get("/api/v1/settings")["retention"]
    assert retention["rule"] == "standard" and not retention["locked"]
    assert [one["name"] for one in retention["presets"]] == ["light", "standard", "long"]


def test_a_rule_is_previewed_and_kept_for_everybody(holdfast, db, client):
    for step in range(3):
        conftest.execute(db, f"update note set body = 'x{step}' where id = 1")
        client.job("/api/v1/databases/app/points", {})
    shown = client.job("/api/v1/settings/retention/preview", {"rule": "last:1"})
    assert shown["points"] > shown["kept"] >= 1
    assert shown["databases"][0]["dry_run"] and shown["databases"][0]["first_gone"]
    assert client.get("/api/v1/settings")["retention"]["rule"] == "standard"
    for wrong in ("", "nonsense", "1h:all 30m:1m"):
        assert client.ask("PUT", "/api/v1/settings/retention", {"rule": wrong}).status == 400
        assert client.ask("POST", "/api/v1/settings/retention/preview",
                          {"rule": wrong}).status == 400
    kept = client.post("/api/v1/settings/retention", {"rule": "24h:all"}, method="PUT")
    assert (kept["rule"], kept["source"], kept["locked"]) == ("24h:all", "the console", False)
    plan = holdfast.json("prune", "--db", str(db), "-r", "repo", "--dry-run")
    assert plan["databases"][0]["rule"] == "24h:all"
    checked = holdfast.json("config", "check", "--db", str(db), "-r", "repo")["settings"]
    keep = next(one for one in checked if one["setting"] == "keep")
    assert (keep["value"], keep["source"]) == ("24h:all", "the console")
    # What a command line says wins.
    plan = holdfast.json("prune", "--db", str(db), "-r", "repo", "--dry-run", "--keep", "long")
    assert plan["databases"][0]["rule"] != "24h:all"


def test_a_rule_that_a_flag_fixes_cannot_be_changed(holdfast, db):
    console = Console(holdfast, "--db", db, "-r", "repo", "--keep", "light").start()
    try:
        client = console.client()
        client.set_up()
        shown = client.get("/api/v1/settings")["retention"]
        assert (shown["rule"], shown["source"], shown["locked"]) == ("light", "--keep", True)
        refused = client.ask("PUT", "/api/v1/settings/retention", {"rule": "long"})
        assert refused.status == 403 and "--keep" in refused.error["text"]
    finally:
        console.stop()


def test_the_repository_is_tested_anew(holdfast, client, tmp_path):
    shown = client.job("/api/v1/settings/repository/tests")
    assert shown["ok"] and [one["check"] for one in shown["checks"]] == [
        "reachable", "key", "writable"]
    (tmp_path / "repo").rename(tmp_path / "away")
    shown = client.job("/api/v1/settings/repository/tests")
    assert not shown["ok"] and shown["checks"][0]["check"] == "reachable"
    assert shown["checks"][0]["text"] and len(shown["checks"]) == 1
    (tmp_path / "away").rename(tmp_path / "repo")


def test_a_check_tells_of_a_repository_that_has_lost_much(client, tmp_path):
    """So much that a list of all of it would be no answer that anybody reads."""
    made = client.job("/api/v1/databases/app/points", {"label": "one"})["point"]
    client.post(f"/api/v1/databases/app/points/{made}", {"pinned": True}, method="PATCH")
    point, = (tmp_path / "repo").glob("databases/*/points/*")
    for number in range(1000):
        (point.parent / f"{number + 2:016x}").write_bytes(b"no point")
    checked = client.job("/api/v1/jobs", {"kind": "check"})
    assert not checked["whole"] and checked["findings_total"] >= 1000
    assert len(checked["findings"]) == 500


def test_upkeep_runs_as_jobs(client):
    client.job("/api/v1/databases/app/points", {})
    checked = client.job("/api/v1/jobs", {"kind": "check", "read_data": True})
    assert checked["whole"] and checked["findings"] == []
    assert client.job("/api/v1/jobs", {"kind": "prune"})["kept"] >= 1
    assert client.ask("POST", "/api/v1/jobs", {"kind": "format"}).status == 400


def test_tokens_are_told_once_and_may_what_they_may(console, client):
    viewer = client.post("/api/v1/tokens", {"name": "grafana", "access": "viewer"})
    operator = client.post("/api/v1/tokens", {"name": "cron", "access": "operator"})
    listed = client.get("/api/v1/tokens")["tokens"]
    assert {one["name"] for one in listed} == {"grafana", "cron"}
    assert viewer["text"] not in json.dumps(listed)
    for wrong in ({"name": "", "access": "viewer"}, {"name": "x", "access": "owner"},
                  {"name": "a\nb", "access": "viewer"}, {"name": "x" * 65, "access": "viewer"}):
        assert client.ask("POST", "/api/v1/tokens", wrong).status == 400
    assert client.ask("POST", "/api/v1/tokens",
                      {"name": "cron", "access": "viewer"}).status == 409
    machine = console.client()
    machine.token = viewer["text"]
    assert machine.get("/api/v1/overview")
    assert machine.ask("POST", "/api/v1/jobs", {"kind": "check"}).status == 403
    machine.token = operator["text"]
    assert machine.job("/api/v1/jobs", {"kind": "check"})["whole"]
    assert machine.ask("POST", "/api/v1/jobs", {"kind": "prune"}).status == 403
    assert machine.ask("GET", "/api/v1/settings").status == 403
    assert client.ask("DELETE", f"/api/v1/tokens/{operator['token']}").status == 204
    assert machine.ask("GET", "/api/v1/overview").status == 401


def test_sessions_are_listed_and_ended(console, client):
    others = [console.client() for _ in range(2)]
    for other in others:
        other.sign_in()
    listed = client.get("/api/v1/sessions")["sessions"]
    assert len(listed) == 3 and sum(one["is_current"] for one in listed) == 1
    theirs = [one["session"] for one in others[0].get("/api/v1/sessions")["sessions"]
              if one["is_current"]][0]
    assert client.ask("DELETE", f"/api/v1/sessions/{theirs}").status == 204
    assert others[0].ask("GET", "/api/v1/overview").status == 401
    assert client.ask("DELETE", "/api/v1/sessions").status == 204
    assert others[1].ask("GET", "/api/v1/overview").status == 401
    assert client.get("/api/v1/overview")


def test_a_new_password_needs_the_old_one_and_ends_others(console, client):
    other = console.client()
    other.sign_in()
    wish = {"old": "not the password", "new": OTHER}
    assert client.ask("PUT", "/api/v1/password", wish).status == 403
    assert client.ask("PUT", "/api/v1/password", {"old": PASSWORD, "new": "short"}).status == 400
    assert client.ask("PUT", "/api/v1/password", {"old": PASSWORD, "new": OTHER}).status == 204
    assert client.get("/api/v1/overview")
    assert other.ask("GET", "/api/v1/overview").status == 401
    assert other.ask("POST", "/api/v1/session", {"password": PASSWORD}).status == 403
    assert other.sign_in(OTHER)["state"] == "signed_in"


def test_the_recovery_kit_is_told_to_who_knows_the_password(holdfast, db, client):
    assert client.ask("POST", "/api/v1/kit", {"password": "not the password"}).status == 403
    kit = client.post("/api/v1/kit", {"password": PASSWORD})
    printed = holdfast("key", "kit", "--db", str(db), "-r", "repo").out
    assert kit["page"] == printed and kit["recovery_key"] in printed
    assert client.get("/api/v1/settings")["kit_saved"] is None
    assert client.post("/api/v1/kit/saved")["kit_saved_ms"] > 0
    assert client.get("/api/v1/settings")["kit_saved"]


# An application that ends well when it is asked to.
PATIENT = "import signal, sys; signal.signal(signal.SIGTERM, lambda *_: sys.exit(0)); signal.pause()"


@pytest.mark.parametrize("verb, command", [
    ("serve", ()), ("run", ("--on-unprotected", "start", "--", sys.executable, "-c", PATIENT))])
def test_the_recovery_kit_is_told_as_soon_as_the_repository_is_back(holdfast, db, tmp_path, verb,
                                                                    command):
    holdfast("backup", "--db", db, "-r", "repo")
    printed = holdfast("key", "kit", "--db", str(db), "-r", "repo").out
    (tmp_path / "repo").rename(tmp_path / "away")
    console = Console(holdfast, "--db", db, "-r", "repo", verb=verb, command=command).start()
    try:
        client = console.client()
        client.set_up()
        answer = client.ask("POST", "/api/v1/kit", {"password": PASSWORD})
        assert answer.status == 503 and answer.error["code"] == "unreachable"
        (tmp_path / "away").rename(tmp_path / "repo")
        assert client.post("/api/v1/kit", {"password": PASSWORD})["page"] == printed
    finally:
        console.stop()
