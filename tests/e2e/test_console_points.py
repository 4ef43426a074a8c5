"""The API of restore points, with ten thousand of them."""
import sqlite3
import time

import pytest

import points_rig
from console_rig import wait_for

COUNT = 10000
POINTS = "/api/v1/databases/app/points"
MOMENTS = "/api/v1/databases/app/moments"


@pytest.fixture(name="past", scope="module")
def long_past():
    folder = points_rig.in_memory()
    yield points_rig.Past(folder, COUNT)
    points_rig.remove(folder)


@pytest.fixture(name="console")
def running_console(past):
    console = past.console()
    yield console
    console.stop()


def pages(client, limit, before=None):
    """The points of each page, until there are no more."""
    more = True
    while more:
        answer = client.get(POINTS, limit=limit, **({"before": before} if before else {}))
        more = answer["more"]
        yield answer["points"]
        before = answer["points"][-1]["point"]


def numbers(points):
    return [point["point"] for point in points]


def test_the_points_are_what_they_say(past):
    """Of the test's own ground: any of them restores to the state of its time."""
    for point in (1, 4321, COUNT):
        past.holdfast("restore", "--db", "app.db", "-r", "repo", "--point", point, "--to",
                      f"{point}.db")
        with sqlite3.connect(past.folder / f"{point}.db") as db:
            assert db.execute("select body from note").fetchall() == [(f"point {point}",)]


def test_paging_reaches_every_point_once_newest_first(past, client):
    assert numbers(sum(pages(client, 500), [])) == list(range(COUNT, 0, -1)) == past.listed()


def test_the_moments_are_those_of_all_points(client):
    listed = sum(pages(client, 500), [])[::-1]
    points, times, page = [], [], {"more": True}
    while page["more"]:
        page = client.get(MOMENTS, after=points[-1] if points else 0)
        assert len(page["points"]) <= 2000  # an answer that takes no time that anybody notices
        points += page["points"]
        times += page["times"]
    assert points == numbers(listed)
    assert times == [point["time_ms"] for point in listed]
    assert client.ask("GET", f"{MOMENTS}?limit=2001").status == 400
    some = client.get(MOMENTS, after=4000, limit=7)
    assert (some["points"], some["more"]) == (list(range(4001, 4008)), True)


def test_a_page_may_begin_anywhere(client):
    for limit, before in ((1, COUNT + 5), (37, 5000), (500, 501), (500, 2)):
        page = client.get(POINTS, limit=limit, before=before)
        newest = min(before - 1, COUNT)
        assert numbers(page["points"]) == list(range(newest, max(newest - limit, 0), -1))
        assert page["more"] == (newest > limit)
    assert client.get(POINTS, before=1) == {"points": [], "more": False}


def test_a_point_is_the_same_alone_and_in_the_list(client):
    listed = client.get(POINTS, limit=1, before=5001)["points"][0]
    assert listed == client.get(f"{POINTS}/5000")
    assert listed["label"] == "label 5000"
    assert listed["proof"]["result"] == "passed"
    assert client.ask("GET", f"{POINTS}/{COUNT + 1}").status == 404


def test_each_point_says_when_it_is_dropped(past, client):
    """The rule keeps an hour of all, then one a minute: the first of each, for as long as its pair."""
    rule = "1h:all 24h:1m 7d:1h 30d:1d 1y:1w"
    plan = past.holdfast.json("prune", "--dry-run", "--db", "app.db", "-r", "repo", "--keep", rule)
    points = sum(pages(client, 500), [])
    now = time.time() * 1000
    assert points[0]["drop_ms"] is None  # the newest that was proven
    kept = [point for point in points[1:] if point["drop_ms"] > now]
    hours = {(point["drop_ms"] - point["time_ms"] - 1) / 3600000 for point in kept}
    assert {1, 24} < hours <= {1, 24, 7 * 24, 30 * 24, 366 * 24}
    firsts = {point["point"] for point, before in zip(points[1:], points[2:])
              if point["time_ms"] // 60000 > before["time_ms"] // 60000}
    assert firsts == {point["point"] for point in kept[:-1]
                      if point["drop_ms"] - point["time_ms"] > 2 * 3600000}
    # What is kept only until the next point comes is kept by a prune of this moment.
    waits = plan["databases"][0]["kept"] - len(kept) - 1
    assert 0 <= waits <= (now - past.newest) / points_rig.EVERY + 1


def test_a_pinned_point_is_dropped_never(client):
    newest = [client.get(f"{POINTS}/{point}") for point in (COUNT - 1, COUNT - 2)]
    # The first of its minute is kept for longer.
    young = next(one for one in newest if one["time_ms"] % 60000 >= points_rig.EVERY)
    path = f"{POINTS}/{young['point']}"
    assert young["drop_ms"] == young["time_ms"] + 3600 * 1000 + 1
    assert client.post(path, {"pinned": True}, method="PATCH")["drop_ms"] is None
    assert client.post(path, {"pinned": False}, method="PATCH") == young


def test_what_was_read_outlives_a_failure_and_is_not_shown_as_true(past, client):
    assert client.get("/api/v1/overview")["databases"][0]["points"] == COUNT
    away = past.folder / "away"
    (past.folder / "repo").rename(away)
    try:
        overview = wait_for(lambda: (seen := client.get("/api/v1/overview")) and
                            not seen["repository"]["reachable"] and seen, "what is unreachable")
        database = overview["databases"][0]
        assert (database["points"], database["newest"], database["timeline"]) == (None, None, [])
        assert database["state"] == "unprotected"
        assert client.ask("GET", POINTS).status == 503
    finally:
        away.rename(past.folder / "repo")
    wait_for(lambda: client.get("/api/v1/overview")["databases"][0]["points"] == COUNT,
             "the repository")
    assert numbers(client.get(POINTS, limit=3)["points"]) == [COUNT, COUNT - 1, COUNT - 2]


def test_paging_across_a_prune_gives_no_point_twice(past, client):
    """The last test of these: it thins what they stand on."""
    before, seen = past.listed(), []
    for page in pages(client, 500):
        seen += numbers(page)
        if len(seen) == 2000:
            for _ in range(2):  # what was merged goes with the next one
                past.holdfast("prune", "--db", "app.db", "-r", "repo", "--grace", "0", "--keep",
                              "1h:all 3h:1m 4h:1h")
            after = past.listed()
            wait_for(lambda: client.get("/api/v1/overview")["databases"][0]["points"] == len(after),
                     "what is left")
    assert len(after) < COUNT / 2
    assert seen == before[:2000] + [point for point in after if point < before[1999]]
    assert numbers(sum(pages(client, 500), [])) == after
