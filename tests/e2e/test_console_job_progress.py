"""A job while it runs, by its stream of events: how far it is, for whoever comes, for as long as they may know it."""
# pylint: disable=redefined-outer-name
import json

import pytest

import conftest
from console_rig import Console
from preload_rig import slow_disk  # pylint: disable=unused-import
from test_console_security import listen, until_its_end, ways_out

PREVIEW = "/api/v1/databases/app/restore-plans"


@pytest.fixture
def db(tmp_path):
    """Its pages are small: a restore tells after every 1024 of them."""
    path = tmp_path / "app.db"
    conftest.make(path, rows=40000, page_size=512, journal="delete")
    return path


@pytest.fixture
def console(holdfast, db, slow_disk):
    holdfast("backup", "--db", db, "-r", "repo")
    started = Console(holdfast, "--db", db, "-r", "repo", verb="serve", env=slow_disk.env).start()
    yield started
    slow_disk.end()
    started.stop()


@pytest.fixture
def job(client, slow_disk):
    """It takes half a minute, or ends soon after the disk is quick again."""
    slow_disk.begin()
    return client.post(PREVIEW, {"point": 1}, 202)["job"]


def states(stream):
    """What its events say, each as soon as it is there."""
    for line in until_its_end(stream):
        if line.startswith(b"data: "):
            yield json.loads(line.removeprefix(b"data: "))


def watch(client, job):
    connection, stream = listen(client, f"/api/v1/jobs/{job}/events")
    assert stream.headers["Content-Type"] == "text/event-stream"
    return connection, states(stream)


def until(seen, events, condition):
    """Adds what comes to `seen`, up to the first one that is so."""
    for event in events:
        seen.append(event)
        if condition(event):
            return event
    raise AssertionError(f"the stream ended: {seen[-1:]}")


def assert_goes_forward(seen):
    """Stages in their order, each never back, of the same whole."""
    names = [stage["name"] for stage in seen[0]["stages"]]
    at = [names.index(event["stage"]) if event["stage"] else -1 for event in seen]
    assert at == sorted(at)
    for event, now in zip(seen, at):
        if event["state"] == "running":
            assert [stage["state"] for stage in event["stages"]] == [
                "done" if i < now else "running" if i == now else "waiting" for i in range(len(names))]
    for before, after in zip(seen, seen[1:]):
        if before["stage"] == after["stage"] == "restore":
            assert before["done"] <= after["done"] <= after["total"] == before["total"]


def test_a_client_that_follows_a_job_sees_how_far_it_is(client, job, slow_disk, db):
    connection, events = watch(client, job)
    seen = []
    first = until(seen, events, lambda event: event["stage"] == "restore" and event["done"] > 0)
    assert first["total"] == db.stat().st_size
    estimated = until(seen, events, lambda event: event["eta_ms"] is not None)
    assert estimated["stage"] == "restore" and 0 < estimated["eta_ms"] < 60_000
    later = until(seen, events, lambda event: event["done"] > estimated["done"])
    assert later["eta_ms"] is not None and client.get(f"/api/v1/jobs/{job}")["eta_ms"] is not None
    slow_disk.end()
    seen += events  # to its end
    connection.close()
    assert_goes_forward(seen)
    last = seen[-1]
    assert last["state"] == "done" and last["eta_ms"] is None and last["result"]["plan"]
    assert {stage["state"] for stage in last["stages"]} == {"done"}
    assert client.get(f"/api/v1/jobs/{job}") == last


def test_who_joins_in_the_middle_first_gets_the_state_so_far(console, client, job, slow_disk):
    connection, events = watch(client, job)
    seen, joined = [], []
    now = until(seen, events, lambda event: event["stage"] == "restore" and event["done"] > 0)
    other = console.client()
    other.sign_in()
    late, theirs = watch(other, job)
    first = until(joined, theirs, lambda _: True)
    assert first["state"] == "running" and first["done"] >= now["done"]
    assert first["stages"][0] == {"name": "find", "state": "done"}
    until(joined, theirs, lambda event: event["done"] > first["done"])
    slow_disk.end()
    seen += events
    joined += theirs
    late.close()
    connection.close()
    assert_goes_forward(joined)
    assert seen[-1] == joined[-1] and seen[-1]["state"] == "done"
    # And who comes too late gets the end alone.
    over, events = watch(other, job)
    assert list(events) == [seen[-1]]
    over.close()


def test_a_jobs_stream_ends_with_what_let_it_in(console, client, job, slow_disk):
    mine, kept = watch(client, job)
    for listener, end in ways_out(console, client):
        connection, events = watch(listener, job)
        assert next(events)["state"] == "running"
        assert end().status == 204
        assert all(event["state"] == "running" for event in events)  # up to the stream's end
        connection.close()
        assert client.get(f"/api/v1/jobs/{job}")["state"] == "running"
    slow_disk.end()
    assert list(kept)[-1]["state"] == "done"
    mine.close()
