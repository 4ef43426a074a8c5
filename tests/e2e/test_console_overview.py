"""What the overview says, to the page and to machines that watch."""
import contextlib
import os
import pathlib
import re
import signal

import pytest

import conftest
from console_rig import Console, descendants, wait_for

DATABASE = "/api/v1/databases/app"


def app(client):
    return client.get("/api/v1/overview")["databases"][0]


def fact(client, name):
    return next(one for one in app(client)["facts"] if one["fact"] == name)


def metrics(client):
    answer = client.ask("GET", "/metrics")
    assert answer.status == 200
    return {name: float(value) for name, value in re.findall(
        r"^(\w+)(?:\{database=\"app\"\})? (\S+)$", answer.bytes.decode(), re.MULTILINE)}


def becomes(client, status):
    """Whoever asks whether it is ready sets off another reading, which the next one hears."""
    return wait_for(lambda: client.ask("GET", "/readyz").status == status, f"/readyz: {status}")


@pytest.fixture(name="alone")
def console_beside_an_empty_repository(holdfast, db):
    holdfast("init", "-r", "repo")
    started = Console(holdfast, "--db", db, "-r", "repo", verb="serve").start()
    yield started
    started.stop()


def test_what_the_repository_has_lost_is_not_believed_to_be_there(console, client, db, tmp_path):
    console.follows()
    conftest.execute(db, "insert into note(body) values('later')")
    client.job(f"{DATABASE}/points", {"label": "first"})
    wait_for(lambda: fact(client, "newest_point")["state"] == "good", "a good point")
    claimed = app(client)["newest"]["point"]
    newest = max((tmp_path / "repo").glob("databases/*/segments/0/*"))
    assert int(newest.name.split("-")[1].split(".")[0], 16) == claimed
    newest.unlink()
    lost = wait_for(lambda: (seen := fact(client, "newest_point"))["state"] == "bad" and seen,
                    "the loss to be seen")
    assert lost["cause"]["key"] == "not_confirmed" and lost["action"] == "check_repository"
    shown = app(client)
    assert (shown["state"], shown["could_lose_ms"]) == ("unprotected", None)
    assert not shown["live"]["confirmed"]


def test_whatever_is_not_good_has_a_cause_and_something_to_do(alone):
    client = alone.client()
    client.set_up()
    for one in app(client)["facts"]:
        if one["state"] == "good":
            assert one["action"] is None and "cause" not in one
        else:
            assert one["action"] and one["cause"]["text"].endswith(".")


def test_ready_is_a_console_that_can_read_the_repository_however_safe_the_data_is(alone, tmp_path):
    stranger = alone.client()
    becomes(stranger, 200)
    assert stranger.ask("GET", "/readyz").bytes == b"ready\n"
    (tmp_path / "repo").rename(tmp_path / "away")
    becomes(stranger, 503)
    (tmp_path / "away").rename(tmp_path / "repo")
    becomes(stranger, 200)
    stranger.set_up()
    assert stranger.get("/api/v1/overview")["state"] == "unprotected"
    assert stranger.ask("GET", "/readyz").status == 200


def test_metrics_are_what_the_overview_says(client, tmp_path):
    client.job(f"{DATABASE}/points", {"label": "first"})
    client.job(f"{DATABASE}/test-restores")

    def expected():
        shown = app(client)
        return {"holdfast_repository_reachable": 1,
                "holdfast_protected": int(shown["state"] == "protected"),
                "holdfast_restore_points": shown["points"],
                "holdfast_repository_bytes": shown["bytes"],
                "holdfast_newest_point_timestamp_seconds": shown["newest"]["time_ms"] / 1000,
                "holdfast_newest_proven_timestamp_seconds":
                    shown["newest_proven"]["time_ms"] / 1000,
                "holdfast_could_lose_seconds": shown["could_lose_ms"] / 1000,
                "holdfast_lag_seconds": shown["live"]["lag_ms"] / 1000}
    wait_for(lambda: app(client)["state"] == "protected", "protection")
    wait_for(lambda: metrics(client) == pytest.approx(expected(), abs=0.0005), "the same numbers")
    assert metrics(client)["holdfast_restore_points"] >= 1
    (tmp_path / "repo").rename(tmp_path / "away")
    wait_for(lambda: metrics(client)["holdfast_repository_reachable"] == 0, "what is away")
    away = metrics(client)
    assert away["holdfast_protected"] == 0 and "holdfast_could_lose_seconds" not in away
    (tmp_path / "away").rename(tmp_path / "repo")
    wait_for(lambda: metrics(client)["holdfast_protected"] == 1, "protection again")


def test_when_it_cannot_be_read_again_what_was_read_before_is_not_given(console, client):
    assert client.get("/api/v1/overview")

    def fails():
        for worker in descendants(console.serving()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(worker), signal.SIGKILL)
        return client.ask("GET", "/api/v1/overview").status != 200
    wait_for(fails, "an overview that cannot be read", 20)
    wait_for(lambda: client.ask("GET", "/api/v1/overview").status == 200, "the next reader")


def test_a_replicator_that_says_nothing_is_not_believed(console, client, db):
    """Long before it is taken for stuck and started again."""
    console.follows()
    client.job(f"{DATABASE}/points", {"label": "one"})
    client.job(f"{DATABASE}/test-restores")
    wait_for(lambda: app(client)["state"] == "protected", "protection")
    children = {pid for pid in descendants(console.process.pid)
                if pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1]
                .split()[1] == str(console.process.pid)}
    (replicator,) = children - {str(console.serving())}
    os.kill(int(replicator), signal.SIGSTOP)
    conftest.execute(db, "insert into note(body) values('what nobody looks at')")
    shown = wait_for(lambda: (now := app(client))["state"] != "protected" and now, "doubt")
    assert fact(client, "newest_point")["cause"]["key"] in ("behind", "not_followed")
    assert shown["could_lose_ms"] is None or shown["could_lose_ms"] > 5000
    wait_for(lambda: app(client)["state"] == "protected", "protection again")
