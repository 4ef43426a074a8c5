"""What was chosen in the Setup Wizard stays on the server: a page that is loaded again goes on with
it, what was not tried is not saved by accident, and what could not be restored is kept."""
import json
import threading

from console_rig import PASSWORD, descendants, locked, stopped, wait_for
from test_console_setup import (  # pylint: disable=unused-import
    SECRET, begin, begin_setup, looked, make_backup, restored, run_console, run_services, sent)
from test_profile import FILLED, MIDDLE, MOVIE, lists, make, rows

TYPED = "canary-typed-20c4"


def uploads(tmp_path):
    return list((tmp_path / "dev.db-holdfast-console" / "uploads").iterdir())


def choice(client):
    return client.get("/api/v1/setup")["choice"]


def entered(client, source, **fields):
    return client.post("/api/v1/setup/choice", {"source": source["source"], "fields": fields},
                       method="PATCH")


def working(services):
    """Each service of the application, and the settings that lead there."""
    jellyfin = services(lambda path, _: (200, {"ServerName": "films", "Version": "10"}))
    seerr = services(lambda path, headers: (200, {"version": "2"}) if path == "/api/v1/status" else
                     (200, {"id": 1}) if headers.get("X-Api-Key") == SECRET else (401, {}))
    return {"jellyfinUrl": jellyfin, "jellyseerrUrl": seerr}


def refused(client, source, **more):
    answer = client.ask("POST", "/api/v1/setup/restores", {"source": source["source"], **more})
    assert answer.status == 409, answer.bytes
    assert answer.error["code"] == "untested"
    return {test["test"]: test["reason"] for test in answer.error["tests"]}


def test_what_was_not_seen_to_work_is_saved_only_when_that_is_accepted(client, backup, services):
    source = looked(client, backup.read_bytes())
    assert refused(client, source) == {"jellyfin": "not_run", "jellyseerr": "not_run",
                                       "gemini": "not_run"}
    entered(client, source, **working(services))
    for test, works in (("jellyfin", True), ("jellyseerr", True), ("gemini", False)):
        result = client.job("/api/v1/setup/tests", {"test": test, "source": source["source"]})
        assert result["ok"] == works
    assert refused(client, source) == {"gemini": "missing_value"}
    # A change asks again for what it concerns, and for nothing else.
    assert refused(client, source, fields={"jellyseerrApiKey": TYPED}) == {
        "jellyseerr": "not_run", "gemini": "missing_value"}
    assert client.get("/api/v1/setup")["restore"] is None
    answer = client.ask("POST", "/api/v1/setup/restores",
                        {"source": source["source"], "accept_failed_tests": True})
    assert answer.status == 202


def test_connections_are_tested_without_reading_the_backup_again(client, backup, services, tmp_path):
    source = looked(client, backup.read_bytes())
    for path in uploads(tmp_path):
        path.unlink()
    entered(client, source, **working(services))
    for test in ("jellyfin", "jellyseerr"):  # the second with a key that only the backup has
        assert client.job("/api/v1/setup/tests", {"test": test, "source": source["source"]})["ok"]
    answer = client.job("/api/v1/setup/tests", {"test": "none", "source": source["source"]},
                        state="failed")
    assert answer["code"] == "not_found"


def test_a_choice_is_found_again_without_its_secrets(client, backup):
    assert choice(client) is None
    source = looked(client, backup.read_bytes())
    found = choice(client)
    assert found["looked"] == source and found["source"] == source["source"]
    assert not found["has_settings"] and list(found["asked"]) == ["upload"]
    told = entered(client, source, jellyfinUrl="http://new.example", geminiApiKey=TYPED)
    assert told["fields"] == {"jellyfinUrl": "http://new.example"}
    assert told["entered"] == ["geminiApiKey"] and told["has_settings"]
    assert choice(client) == told
    assert TYPED not in json.dumps(told) and SECRET not in json.dumps(told)
    told = entered(client, source, jellyfinUrl=None)
    assert told["fields"] == {}
    assert client.ask("DELETE", "/api/v1/setup/choice").status == 204
    assert choice(client) is None
    assert client.ask("PATCH", "/api/v1/setup/choice",
                      {"source": source["source"], "fields": {}}).status == 404


def test_what_was_entered_is_what_is_written(client, backup, tmp_path):
    source = looked(client, backup.read_bytes())
    entered(client, source, jellyfinUrl="http://new.example", geminiApiKey=TYPED)
    restored(client, source, jellyfinUrl="http://newer.example")
    assert rows(tmp_path / "dev.db", "select jellyfinUrl, jellyseerrApiKey, geminiApiKey"
                " from SystemConfig") == [("http://newer.example", SECRET, TYPED)]


def test_a_choice_is_nobody_elses(console, client, backup):
    source = looked(client, backup.read_bytes())
    other = begin(console)
    assert choice(other) is None
    for method, path, more in (("PATCH", "choice", {}), ("POST", "tests", {"test": "jellyfin"}),
                               ("POST", "restores", {})):
        assert other.ask(method, f"/api/v1/setup/{path}",
                         {"source": source["source"], **more}).status == 404
    assert other.ask("DELETE", "/api/v1/setup/choice").status == 204
    assert choice(client)


def test_a_setting_that_is_none_is_refused(client, backup):
    source = looked(client, backup.read_bytes())
    for fields in ({"nothing": "x"}, {"jellyfinUrl": 7}, ["jellyfinUrl"]):
        assert client.ask("PATCH", "/api/v1/setup/choice", {
            "source": source["source"], "fields": fields}).status == 400


def test_a_backup_that_wants_a_key_is_found_again_too(client, holdfast, tmp_path):
    path = make(tmp_path / "lost.db", MIDDLE, *FILLED)
    holdfast("backup", "--db", path, "-r", tmp_path / "far", env={"HOLDFAST_PASSPHRASE": "of it"})
    place = {"repository": str(tmp_path / "far")}
    client.job("/api/v1/setup/sources", {**place, "recovery_key": "hf-wrong"}, state="failed")
    found = choice(client)
    assert found["asked"] == place and found["looked"] is None and "hf-wrong" not in str(found)
    assert client.get("/api/v1/jobs/" + found["look"])["state"] == "failed"


def test_what_could_not_be_restored_can_be_had_after_the_wizard(console, client):
    unresolved = client.get("/api/v1/setup/unresolved")
    assert unresolved["total"] == 0 and unresolved["titles"] == []
    copy = {"username": "carl", "data": {"movies": [MOVIE, "Nobody knows it", {"title": "Nor this"}],
                                         "series": []}}
    source = looked(client, json.dumps(copy, indent=1).encode())
    restored(client, source)
    client.post("/api/v1/setup/password", {"password": PASSWORD})
    console.stop()
    console.start()
    later = console.client()
    later.sign_in()
    answer = later.ask("GET", "/api/v1/setup/unresolved")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="unresolved-titles.json"'
    kept = answer.json
    assert kept["database"] == "dev" and kept["restored_ms"] and kept["total"] == 2
    assert [(title["user"], title["title"]) for title in kept["titles"]] == [
        ("carl", "Nobody knows it"), ("carl", "Nor this")]
    assert all(title["reason"] and title["place"] and title["line"] for title in kept["titles"])
    # The next restore has a list of its own.
    copy["data"]["movies"] = [MOVIE]
    restored(later, looked(later, json.dumps(copy).encode()))
    assert later.get("/api/v1/setup/unresolved")["total"] == 0


def test_a_restore_that_runs_keeps_its_file(client, backup, tmp_path):
    source = looked(client, backup.read_bytes())
    sent_file, = (tmp_path / "dev.db-holdfast-console" / "uploads").iterdir()
    with locked(tmp_path / "dev.db"):
        job = client.post("/api/v1/setup/restores",
                          {"source": source["source"], "accept_failed_tests": True}, 202)["job"]
        assert client.ask("DELETE", "/api/v1/setup/choice").status == 409
        assert sent_file.exists()
        assert client.get(f"/api/v1/jobs/{job}")["state"] == "running"
    ended = wait_for(lambda: (now := client.get(f"/api/v1/jobs/{job}"))["state"] != "running" and
                     now, "the restore")
    assert ended["state"] == "done"
    assert client.ask("DELETE", "/api/v1/setup/choice").status == 204
    assert not sent_file.exists()


def test_what_was_brought_does_not_outlive_the_sign_out(console, client, backup, tmp_path):
    client.set_up()
    looked(client, backup.read_bytes())
    other = console.client()
    other.sign_in()
    looked(other, backup.read_bytes())
    assert len(uploads(tmp_path)) == 2
    assert client.ask("DELETE", "/api/v1/session").status == 204
    wait_for(lambda: len(uploads(tmp_path)) == 1, "the end of what it brought")
    assert choice(other)
    mine, = [one["session"] for one in other.get("/api/v1/sessions")["sessions"]]
    assert other.ask("DELETE", f"/api/v1/sessions/{mine}").status == 204
    wait_for(lambda: not uploads(tmp_path), "the end of what the other brought")


def test_what_was_brought_does_not_outlive_a_reset_of_the_password(client, holdfast, backup, tmp_path):
    client.set_up()
    looked(client, backup.read_bytes())
    holdfast("console", "reset-password", "--db", tmp_path / "dev.db")
    wait_for(lambda: not uploads(tmp_path), "its end")


def test_who_is_signed_in_restores_with_the_password(client, backup, tmp_path):
    client.set_up()
    source = looked(client, backup.read_bytes())
    wanted = {"source": source["source"], "accept_failed_tests": True}
    for password, status in ((None, 400), ("not the password", 403)):
        given = {} if password is None else {"password": password}
        answer = client.ask("POST", "/api/v1/setup/restores", {**wanted, **given})
        assert answer.status == status, answer.bytes
    assert not lists(tmp_path / "dev.db")
    assert client.job("/api/v1/setup/restores", {**wanted, "password": PASSWORD})["import"]
    assert len(lists(tmp_path / "dev.db")) == 5


def test_what_is_forgotten_while_the_password_is_looked_at_is_not_restored(
        console, client, backup, tmp_path):
    client.set_up()
    source = looked(client, backup.read_bytes())
    wanted = {"source": source["source"], "password": PASSWORD, "accept_failed_tests": True}
    answers = []
    with stopped(descendants(console.serving())):  # among them who looks at the password
        asking = threading.Thread(
            target=lambda: answers.append(client.ask("POST", "/api/v1/setup/restores", wanted)))
        asking.start()
        asking.join(0.5)
        assert not answers
        assert client.ask("DELETE", "/api/v1/setup/choice").status == 204
    asking.join()
    assert answers[0].status == 404, answers[0].bytes
    assert not lists(tmp_path / "dev.db")


def test_a_restore_goes_on_when_who_began_it_signs_out(console, client, backup, tmp_path):
    client.set_up()
    source = looked(client, backup.read_bytes())
    with locked(tmp_path / "dev.db"):
        job = client.post("/api/v1/setup/restores", {
            "source": source["source"], "accept_failed_tests": True, "password": PASSWORD}, 202)["job"]
        client.ask("DELETE", "/api/v1/session")
        wait_for(lambda: not uploads(tmp_path), "the end of what it brought")
    other = console.client()
    other.sign_in()
    ended = wait_for(lambda: (now := other.get(f"/api/v1/jobs/{job}"))["state"] != "running" and
                     now, "the restore")
    assert ended["state"] == "done"
