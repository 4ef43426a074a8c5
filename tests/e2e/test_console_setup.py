"""The Setup Wizard's API: a backup is brought in any shape, looked at without writing anything, its
settings tried against real services, and carried out."""
import datetime
import gzip
import http.server
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time

import pytest
import zstandard

from console_rig import PASSWORD, Console, wait_for
from test_profile import FILLED, MIDDLE, MOVIE, NEW, exported, lists, make, rows

SECRET = "canary-api-key-5f1a"
SETTINGS = ("insert into SystemConfig(jellyfinUrl, jellyseerrUrl, jellyseerrApiKey, isConfigured)"
            f" values ('http://films.example:8096', 'http://seerr.example:5055', '{SECRET}', 1)")


@pytest.fixture(name="services")
def run_services():
    """Small services on loopback: `serve(answers)` gives an address. An answer is (status, body)."""
    running = []

    def serve(answers):
        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_GET(self):  # pylint: disable=invalid-name
                status, body = answers(self.path, self.headers)
                raw = json.dumps(body).encode()
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", body)
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        running.append(server)
        return f"http://127.0.0.1:{server.server_port}"
    yield serve
    for server in running:
        server.shutdown()
        server.server_close()


@pytest.fixture(name="backup")
def make_backup(holdfast, tmp_path):
    """A portable copy of the application's, with users, lists and settings."""
    folder = tmp_path / "old"
    folder.mkdir()
    return exported(holdfast, make(folder / "dev.db", MIDDLE, *FILLED, SETTINGS))


@pytest.fixture(name="console")
def run_console(holdfast, tmp_path):
    """An application of today whose database is new."""
    make(tmp_path / "dev.db", NEW)
    console = Console(holdfast, "--db", tmp_path / "dev.db", "-r", "repo", "--sync-interval",
                      "100ms").start()
    yield console
    console.stop()


def begin(console):
    client = console.client()
    client.session(client.post("/api/v1/setup/session", {"code": "test-setup-code"}))
    return client


@pytest.fixture(name="client")
def begin_setup(console):
    return begin(console)


def sent(client, raw):
    answer = client.ask("POST", "/api/v1/setup/uploads", raw=raw)
    assert answer.status == 201, answer.bytes
    return answer.json["upload"]


def looked(client, raw, **more):
    return client.job("/api/v1/setup/sources", {"upload": sent(client, raw), **more})


def restored(client, source, **fields):
    """Carried out, though no service was there to try the settings with."""
    return client.job("/api/v1/setup/restores", {"source": source["source"], "fields": fields,
                                                 "accept_failed_tests": True, "password": PASSWORD})


def field(source, name):
    return next(one for one in source["fields"] if one["name"] == name)


def test_a_copy_is_summed_up_and_nothing_is_written(client, backup, tmp_path):
    source = looked(client, backup.read_bytes())
    assert source["application"] == "Jellyfin AI Recommender"
    assert source["kind"] == "application_copy" and source["exported_at"]
    assert [user["user"] for user in source["users"]] == ["ann", "bo"]
    assert source["users"][0]["items"] == {"movies": 1, "series": 1, "watchlist": 1, "blocked": 0,
                                           "taste": 0}
    assert field(source, "jellyfinUrl")["value"] == "http://films.example:8096"
    secret = field(source, "jellyseerrApiKey")
    assert secret["secret"] and secret["set"] and "value" not in secret
    assert [test["name"] for test in source["tests"]] == ["jellyfin", "jellyseerr", "gemini"]
    assert rows(tmp_path / "dev.db", "select count(*) from User") == [(0,)]


def test_settings_that_differ_from_what_the_database_has_are_marked(client, backup, tmp_path):
    with sqlite3.connect(tmp_path / "dev.db") as database:
        database.execute(
            "insert into SystemConfig(jellyfinUrl, jellyseerrUrl, jellyseerrApiKey) values"
            " ('http://films.example:8096', 'http://other.example', 'canary-now-19')")
    source = looked(client, backup.read_bytes())
    assert not field(source, "jellyfinUrl")["changed"]
    assert field(source, "jellyseerrUrl")["changed"]
    assert field(source, "jellyseerrApiKey")["changed"]
    assert "canary-now-19" not in json.dumps(source)
    own = client.job("/api/v1/setup/sources", {})
    assert not any(one["changed"] for one in own["fields"])


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstandard.ZstdCompressor().compress],
                         ids=["json", "gzip", "zstd"])
def test_a_backup_becomes_the_database_with_what_was_changed(client, backup, tmp_path, pack):
    source = looked(client, pack(backup.read_bytes()))
    done = restored(client, source, jellyfinUrl="http://new.example:8096")
    assert done["import"] and done["point_before"]
    assert len(lists(tmp_path / "dev.db")) == 5
    assert rows(tmp_path / "dev.db", "select jellyfinUrl, jellyseerrApiKey from SystemConfig") == [
        ("http://new.example:8096", SECRET)]


def test_a_sqlite_file_and_an_old_shape_are_taken_too(client, tmp_path):
    old = make(tmp_path / "older.db", MIDDLE, *FILLED)
    rows(old, "pragma wal_checkpoint(truncate)")
    source = looked(client, old.read_bytes())
    assert source["kind"] == "database" and len(source["users"]) == 2
    legacy = json.dumps({"username": "carl", "data": {"movies": [MOVIE], "series": []}}).encode()
    source = looked(client, legacy)
    assert [user["user"] for user in source["users"]] == ["carl"] and source["missing"]
    restored(client, source)
    assert [row[0] for row in lists(tmp_path / "dev.db")] == ["carl"]


def test_a_copy_with_thousands_of_users_has_a_record_of_bounded_length(client, tmp_path):
    many = {"users": [{"username": f"user{n}", "data": {"movies": [MOVIE], "series": []}}
                      for n in range(5000)]}
    source = looked(client, json.dumps(many).encode())
    job = client.post("/api/v1/setup/restores",
                      {"source": source["source"], "accept_failed_tests": True}, 202)["job"]
    ended = wait_for(lambda: (now := client.get(f"/api/v1/jobs/{job}"))["state"] != "running" and now,
                     "the restore")
    assert ended["state"] == "done", ended["error"]
    assert len(ended["stages"]) < 100
    assert len(ended["result"]["import"]["users"]) == 5000
    assert rows(tmp_path / "dev.db", "select count(*) from User") == [(5000,)]


def test_an_encrypted_copy_asks_for_its_key(client, holdfast, tmp_path):
    path = make(tmp_path / "secret.db", MIDDLE, *FILLED)
    keys = subprocess.run(["age-keygen"], capture_output=True, text=True, check=True).stdout
    recipient = next(line.split()[-1] for line in keys.splitlines() if "public key" in line)
    plain = exported(holdfast, path)
    sealed = subprocess.run(["age", "-r", recipient], input=plain.read_bytes(), capture_output=True,
                            check=True).stdout
    upload = sent(client, sealed)
    refused = client.job("/api/v1/setup/sources", {"upload": upload}, state="failed")
    assert refused["code"] == "wrong_key"
    source = client.job("/api/v1/setup/sources", {"upload": upload, "identity": keys})
    assert len(source["users"]) == 2


def test_a_file_that_asks_for_all_memory_gets_none_of_it(client, holdfast, tmp_path):
    """A passphrase's work factor is the file's own word: 2^22 is 4 GiB. Nobody gets that much."""
    (tmp_path / "pw").write_text("open sesame", encoding="ascii")
    path = make(tmp_path / "dear.db", MIDDLE, *FILLED)
    holdfast("export", "--db", path, "--to", "dear.age", "--encrypt", "--copy-passphrase-file", "pw")
    sealed = (tmp_path / "dear.age").read_bytes()
    head, rest = sealed.split(b"\n", 2)[1], sealed.split(b"\n", 2)[2]
    assert head.startswith(b"-> scrypt ") and head.endswith(b" 16")
    greedy = sealed.split(b"\n", 1)[0] + b"\n" + head[:-2] + b"22\n" + rest
    refused = client.job("/api/v1/setup/sources",
                         {"upload": sent(client, greedy), "passphrase": "open sesame"},
                         state="failed")
    assert refused["code"] == "no_memory"
    source = client.job("/api/v1/setup/sources",
                        {"upload": sent(client, sealed), "passphrase": "open sesame"})
    assert len(source["users"]) == 2


def test_an_invalid_file_says_what_is_wrong_and_where(client):
    refused = client.job("/api/v1/setup/sources",
                         {"upload": sent(client, b'{"users": [\n {"username": }\n]}')},
                         state="failed")
    assert refused["code"] == "corrupt" and "line 2" in refused["text"]
    for raw in (b"\x00\x01 nothing", b"PK\x03\x04 an archive", b"a letter"):
        refused = client.job("/api/v1/setup/sources", {"upload": sent(client, raw)}, state="failed")
        assert refused["code"] == "corrupt" and "neither a portable copy nor" in refused["text"]
    assert client.ask("POST", "/api/v1/setup/uploads", raw=b"").status == 400


def test_a_file_that_is_too_large_is_refused_at_its_head(client, tmp_path):
    for length in (5 << 30, min(shutil.disk_usage(tmp_path).free, 4 << 30) + 1):
        answer = client.ask("POST", "/api/v1/setup/uploads", headers={"Content-Length": str(length)})
        assert answer.status == 413 and "too large" in answer.error["text"]
    assert not list((tmp_path / "dev.db-holdfast-console" / "uploads").iterdir())


def test_files_of_the_data_directory_are_offered_by_id(client, holdfast, tmp_path):
    copy = exported(holdfast, make(tmp_path / "older.db", MIDDLE, *FILLED))
    (tmp_path / "link.json").symlink_to("/etc/passwd")
    found = client.job("/api/v1/setup/candidates")["candidates"]
    names = {one["name"]: one["id"] for one in found}
    assert copy.name in names and "link.json" not in names
    source = client.job("/api/v1/setup/sources", {"candidate": names[copy.name]})
    assert len(source["users"]) == 2
    for wrong in ("../../etc/passwd", "0" * 32, ""):
        answer = client.ask("POST", "/api/v1/setup/sources", {"candidate": wrong})
        if answer.status == 202:
            job = answer.json["job"]
            ended = wait_for(lambda j=job: (now := client.get(f"/api/v1/jobs/{j}"))["state"] !=
                             "running" and now, "the job")
            assert ended["state"] == "failed"
        else:
            assert answer.status == 400


def test_a_repository_with_its_recovery_key_is_a_source(client, holdfast, tmp_path):
    path = make(tmp_path / "lost.db", MIDDLE, *FILLED)
    passphrase = {"HOLDFAST_PASSPHRASE": "of the repository"}
    holdfast("backup", "--db", path, "-r", tmp_path / "far", env=passphrase)
    kit = holdfast.json("key", "kit", "-r", tmp_path / "far", env=passphrase)
    place = {"repository": str(tmp_path / "far")}
    refused = client.job("/api/v1/setup/sources", place, state="failed")
    assert refused["code"] == "wrong_key"
    source = client.job("/api/v1/setup/sources", {**place, "recovery_key": kit["recovery_key"]})
    assert source["kind"] == "repository" and source["databases"][0]["name"] == "lost"
    assert source["database"] == "lost" and source["point"] == source["databases"][0]["newest"]["point"]


KEPT = {"HOLDFAST_PASSPHRASE": "of the repository"}


def kept(holdfast, *names):
    """An encrypted repository with a database of each name: where it is, and its recovery key."""
    for name in names:
        path = holdfast.folder / f"{name}.db"
        if not path.exists():
            make(path, MIDDLE, *FILLED, SETTINGS)
        holdfast("backup", "--db", path, "-r", "far", env=KEPT)
    kit = holdfast.json("key", "kit", "-r", "far", env=KEPT)
    return {"repository": str(holdfast.folder / "far"), "recovery_key": kit["recovery_key"]}


def scratch(tmp_path):
    return list((tmp_path / "dev.db-holdfast-console" / "scratch").iterdir())


def test_what_is_in_a_repository_is_told_as_of_a_file(client, holdfast, tmp_path, services):
    place = kept(holdfast, "lost")
    source = client.job("/api/v1/setup/sources", place)
    file = looked(client, (tmp_path / "lost.db").read_bytes())
    for member in ("application", "version", "users", "lists", "fields", "missing", "tables", "tests"):
        assert source[member] == file[member], member
    assert [user["user"] for user in source["users"]] == ["ann", "bo"] and source["tests"]
    assert field(source, "jellyfinUrl")["value"] == "http://films.example:8096"
    assert field(source, "jellyseerrApiKey") == {**field(source, "jellyseerrApiKey"), "set": True}
    assert SECRET not in json.dumps(source) and "settings" not in source
    assert not scratch(tmp_path)
    assert rows(tmp_path / "dev.db", "select count(*) from User") == [(0,)]
    seerr = services(lambda path, headers: (200, {"version": "2"}) if path == "/api/v1/status" else
                     (200, {"id": 1}) if headers.get("X-Api-Key") == SECRET else (401, {}))
    assert client.job("/api/v1/setup/tests", {"test": "jellyseerr", "source": source["source"],
                                              "fields": {"jellyseerrUrl": seerr}})["ok"]
    restored(client, source, jellyfinUrl="http://new.example:8096")
    assert len(lists(tmp_path / "dev.db")) == 5
    assert rows(tmp_path / "dev.db", "select jellyfinUrl, jellyseerrUrl, jellyseerrApiKey"
                                     " from SystemConfig") == [
        ("http://new.example:8096", seerr, SECRET)]


def test_which_of_a_repositorys_databases_is_chosen_without_its_key_again(client, holdfast, tmp_path):
    make(tmp_path / "other.db", MIDDLE, *FILLED, "delete from User where username = 'bo'")
    place = kept(holdfast, "lost", "other")
    both = client.job("/api/v1/setup/sources", place)
    assert sorted(one["name"] for one in both["databases"]) == ["lost", "other"]
    assert "database" not in both and "users" not in both
    again = {"source": both["source"], "source_database": "other"}
    other = client.job("/api/v1/setup/sources", again)
    assert other["database"] == "other" and [user["user"] for user in other["users"]] == ["ann"]
    assert client.get("/api/v1/setup")["choice"]["asked"] == {"repository": place["repository"]}
    restored(client, other)
    assert {row[0] for row in lists(tmp_path / "dev.db")} == {"ann"}
    missing = client.job("/api/v1/setup/sources", {**again, "source_database": "nothing"},
                         state="failed")
    assert missing["code"] == "not_found"


def test_a_moment_of_a_repository_is_what_is_looked_at_and_restored(client, holdfast, tmp_path):
    place = kept(holdfast, "lost")
    time.sleep(1.1)  # a moment is typed to the second
    with sqlite3.connect(tmp_path / "lost.db") as database:
        database.execute("delete from User where username = 'bo'")
    holdfast("backup", "--db", tmp_path / "lost.db", "-r", "far", env=KEPT)
    newest = client.job("/api/v1/setup/sources", place)
    assert [user["user"] for user in newest["users"]] == ["ann"]
    moment = datetime.datetime.fromtimestamp(newest["time_ms"] // 1000 - 1, datetime.timezone.utc)
    at = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    before = client.job("/api/v1/setup/sources", {"source": newest["source"], "at": at})
    assert before["point"] < newest["point"] and len(before["users"]) == 2
    by_number = client.job("/api/v1/setup/sources", {**place, "point": before["point"]})
    assert by_number["point"] == before["point"] and len(by_number["users"]) == 2
    restored(client, before)
    assert {row[0] for row in lists(tmp_path / "dev.db")} == {"ann", "bo"}
    for at, code in (("2001-01-01", "not_found"), ("soon", "usage")):
        refused = client.job("/api/v1/setup/sources", {"source": newest["source"], "at": at},
                             state="failed")
        assert refused["code"] == code
    assert client.job("/api/v1/setup/sources", {**place, "point": 999}, state="failed")["code"] == "not_found"
    assert not scratch(tmp_path)


def test_only_a_repository_is_looked_at_again(client, backup):
    source = looked(client, backup.read_bytes())
    answer = client.ask("POST", "/api/v1/setup/sources", {"source": source["source"]})
    assert answer.status == 400 and answer.error["code"] == "usage"
    assert client.ask("POST", "/api/v1/setup/sources", {"source": "0" * 32}).status == 404


def test_each_connection_test_says_what_a_person_can_act_on(client, backup, services):
    source = looked(client, backup.read_bytes())["source"]

    def tried(test, **fields):
        return client.job("/api/v1/setup/tests", {"test": test, "source": source, "fields": fields})

    jellyfin = services(lambda path, _: (200, {"ServerName": "films", "Version": "10"})
                        if path == "/System/Info/Public" else (404, {}))
    assert tried("jellyfin", jellyfinUrl=jellyfin)["ok"]
    seerr = services(lambda path, headers: (200, {"version": "2"}) if path == "/api/v1/status" else
                     (200, {"id": 1}) if headers.get("X-Api-Key") == SECRET else (401, {}))
    assert tried("jellyseerr", jellyseerrUrl=seerr)["ok"]  # with the backup's own key
    wrong_key = tried("jellyseerr", jellyseerrUrl=seerr, jellyseerrApiKey="wrong")
    assert wrong_key["reason"] == "unauthorized" and not wrong_key["ok"]
    other = services(lambda *_: (200, {"hello": "world"}))
    assert tried("jellyfin", jellyfinUrl=other)["reason"] == "wrong_service"
    away = services(lambda *_: (302, "http://169.254.169.254/latest/meta-data"))
    assert tried("jellyfin", jellyfinUrl=away)["reason"] == "redirect"
    for address, reason in (("http://127.0.0.1:1", "refused"), ("http://nowhere.invalid", "dns"),
                            ("http://169.254.169.254", "blocked"), ("http://2852039166/", "blocked"),
                            ("http://[::ffff:169.254.169.254]", "blocked"), ("", "missing_value"),
                            ("ftp://127.0.0.1", "bad_address")):
        found = tried("jellyfin", jellyfinUrl=address)
        assert found["reason"] == reason and found["text"], (address, found)
    assert tried("gemini")["reason"] == "missing_value"


def test_a_new_installation_gets_the_settings_alone(client, tmp_path):
    own = client.job("/api/v1/setup/sources", {})
    assert own["application"] == "Jellyfin AI Recommender"
    done = restored(client, own, jellyfinUrl="http://a.example", jellyseerrApiKey=SECRET)
    assert done["import"] is None
    assert rows(tmp_path / "dev.db", "select jellyfinUrl, jellyseerrApiKey from SystemConfig") == [
        ("http://a.example", SECRET)]


def test_what_one_brought_is_nobody_elses(console, client, backup):
    source = looked(client, backup.read_bytes())
    other = begin(console)
    assert other.ask("POST", "/api/v1/setup/restores",
                     {"source": source["source"], "fields": {}}).status == 404
    assert console.client().ask("POST", "/api/v1/setup/uploads", raw=b"{}").status == 401


def test_a_secret_of_a_backup_is_in_no_answer_record_or_log(console, client, backup, tmp_path):
    source = looked(client, backup.read_bytes())
    restored(client, source, geminiApiKey="canary-typed-77")
    texts = [json.dumps(client.get("/api/v1/jobs/" + job["id"])) for job in jobs_of(tmp_path)]
    texts += [console.text] + [path.read_text(encoding="utf-8", errors="replace")
                               for path in (tmp_path / "dev.db-holdfast-console").rglob("*.json")]
    assert len(texts) > 4
    for text in texts:
        assert SECRET not in text and "canary-typed-77" not in text


def jobs_of(tmp_path):
    return [json.loads(path.read_text(encoding="utf-8"))
            for path in (tmp_path / "dev.db-holdfast-console" / "jobs").glob("*.json")]


def test_after_the_setup_a_password_ends_what_the_code_opened(console, client):
    client.post("/api/v1/setup/password", {"password": "correct horse battery"})
    stale = console.client()
    assert stale.ask("POST", "/api/v1/setup/session", {"code": "test-setup-code"}).status == 409
    assert client.ask("GET", "/api/v1/setup").status == 200  # signed in by its new cookie


# An application that keeps its database open, and says whom it sees when it is asked.
APPLICATION = """
import signal, sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
users = "select username from User order by 1"
db.execute(users).fetchall()
def tell(*_):
    with open("seen", "w") as seen:
        seen.write(" ".join(row[0] for row in db.execute(users)) + chr(10))
signal.signal(signal.SIGHUP, tell)
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
with open("pid", "w") as pid:
    pid.write("%d\\n" % __import__("os").getpid())
while True:
    signal.pause()
"""


def test_an_application_that_runs_sees_what_came_back(holdfast, backup, tmp_path):
    db = make(tmp_path / "dev.db", NEW)
    console = Console(holdfast, "--db", db, "-r", "repo", "--sync-interval", "100ms", verb="run",
                      command=["--", sys.executable, "-c", APPLICATION, db]).start()
    try:
        client = begin(console)
        told = wait_for(lambda: (path := holdfast.folder / "pid").exists() and path.read_text(),
                        "the application")
        source = looked(client, backup.read_bytes())
        done = restored(client, source)
        assert done["point_before"]
        assert client.get("/api/v1/setup")["restore"] is None
        os.kill(int(told), signal.SIGHUP)
        seen = wait_for(lambda: (path := holdfast.folder / "seen").exists() and path.read_text(),
                        "what it sees")
        assert seen.split() == ["ann", "bo"]
    finally:
        console.stop()
