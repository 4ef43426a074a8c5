"""The console's own safety, and what its API says: over HTTP, as programs see it."""
import contextlib
import http.client
import os
import signal
import threading
import time

import conftest
from console_rig import CODE, PASSWORD, Console, descendants, wait_for


def test_without_the_setup_code_nothing_can_be_set_up(console):
    stranger = console.client()
    assert stranger.get("/api/v1/session")["state"] == "setup"
    assert stranger.ask("POST", "/api/v1/setup/password", {"password": PASSWORD}).status == 401
    assert stranger.ask("POST", "/api/v1/setup/session", {"code": "WRONG"}).status == 403
    assert stranger.ask("GET", "/api/v1/overview").status == 401
    stranger.session(stranger.post("/api/v1/setup/session", {"code": CODE.lower()}))
    assert stranger.ask("GET", "/api/v1/overview").status == 401  # only the setup is open
    assert stranger.set_up()["state"] == "signed_in"


def test_a_point_is_taken_proven_and_pinned(client):
    taken = client.job("/api/v1/databases/app/points", {"label": "before the move"})
    point = taken["point"]
    assert client.job("/api/v1/databases/app/test-restores", {"point": point})["passed"]
    pinned = client.post(f"/api/v1/databases/app/points/{point}", {"pinned": True}, method="PATCH")
    assert pinned["pinned"] and pinned["point"] == point
    shown = client.get(f"/api/v1/databases/app/points/{point}")
    assert shown["label"] == "before the move" and shown["pinned"]
    assert shown["proof"]["result"] == "passed"
    assert client.get("/api/v1/databases/app/points")["points"][0]["point"] >= point


def test_what_comes_next_is_what_the_replicator_will_do(client, db):
    """It thins history soon after it has begun; nothing else is scheduled."""
    conftest.execute(db, "insert into note(body) values('later')")
    database = wait_for(
        lambda: (seen := client.get("/api/v1/overview")["databases"][0])["next"] and seen,
        "the next events")
    events = {event["what"]: event["time_ms"] for event in database["next"]}
    assert events["prune"] == database["live"]["next_prune_ms"]
    assert 0 < events.pop("prune") - time.time() * 1000 <= 6 * 60 * 1000
    assert set(events) <= {"point"}


def test_where_nobody_follows_nothing_is_scheduled(holdfast, db):
    holdfast("backup", "--db", db, "-r", "repo")
    console = Console(holdfast, "--db", db, "-r", "repo", verb="serve").start()
    try:
        client = console.client()
        client.set_up()
        database = client.get("/api/v1/overview")["databases"][0]
        assert (database["points"], database["next"]) == (1, [])
    finally:
        console.stop()


def test_a_snapshot_that_a_person_takes_is_one_though_nothing_changed(console, client):
    """Else "there is no snapshot" would stay, whatever its button does."""
    console.follows()
    first = client.job("/api/v1/databases/app/points")["point"]
    for wish in ({}, {"label": None}):
        taken = client.job("/api/v1/databases/app/points", wish)
        point = client.get(f"/api/v1/databases/app/points/{taken['point']}")
        assert (point["reason"], point["pages_stored"]) == ("manual", 0)
    assert taken["point"] == first + 2


def test_a_second_console_does_not_take_the_first_ones_files(holdfast, db, console, client):
    upload = client.ask("POST", "/api/v1/setup/uploads", raw=b"CREATE TABLE more (id INTEGER);")
    refused = holdfast.unchecked("serve", "--db", db, "-r", "repo", "--console", "127.0.0.1:0")
    assert refused.code == 4
    refused.says(f"process {console.serving()} has a console")
    plan = client.job("/api/v1/databases/app/schema-plans", {"upload": upload.json["upload"], "language": "sql"})
    assert plan["steps"]


def test_the_first_snapshot_makes_the_repository(holdfast, db):
    """As `holdfast backup` does; and from then on the console that began without one reads it."""
    console = Console(holdfast, "--db", db, "-r", "new", verb="serve").start()
    try:
        client = console.client()
        client.set_up()
        overview = client.get("/api/v1/overview")
        assert not overview["repository"]["reachable"]
        causes = {fact["fact"]: (fact["cause"] or {}).get("key") for fact in overview["databases"][0]["facts"]}
        assert causes["repository"] == causes["recovery_key"] == "no_repository"
        point = client.job("/api/v1/databases/app/points", {"label": "the first"})["point"]
        wait_for(lambda: client.get("/api/v1/overview")["repository"]["reachable"], "the repository")
        shown = client.get(f"/api/v1/databases/app/points/{point}")
        assert shown["label"] == "the first"
        holdfast("restore", "app", "-r", "new", "--to", "out.db")
    finally:
        console.stop()


def test_it_ends_well_while_questions_are_open(holdfast, db):
    """Who asked is answered, or hung up on; what the console had open does not trip it."""
    holdfast("backup", "--db", db, "-r", "repo")
    console = Console(holdfast, "--db", db, "-r", "repo", verb="serve").start()
    client = console.client()
    client.set_up()
    client.get("/api/v1/overview")
    other = console.client()

    def ask(method, path, body=None):
        with contextlib.suppress(OSError, http.client.HTTPException):
            other.ask(method, path, body, headers={"Cookie": client.cookie,
                                                   "X-Holdfast-CSRF": client.csrf})
    for worker in descendants(console.process.pid):
        os.kill(int(worker), signal.SIGSTOP)
    time.sleep(2.5)  # what was read is too old
    asking = [threading.Thread(target=ask, args=question) for question in (
        ("GET", "/api/v1/overview"), ("GET", "/api/v1/databases/app/points"),
        ("GET", "/api/v1/events"), ("POST", "/api/v1/session", {"password": PASSWORD}))]
    for thread in asking:
        thread.start()
    time.sleep(0.5)
    console.stop()
    for thread in asking:
        thread.join(20)
        assert not thread.is_alive()
