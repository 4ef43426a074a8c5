"""`holdfast list --at`: the points around a moment."""
import datetime

import pytest

import conftest

MINUTE = 60_000


@pytest.fixture
def points(holdfast, db):
    """Twelve points, oldest first."""
    for number in range(12):
        conftest.execute(db, f"insert into note(body) values('{number}')")
        holdfast("backup", "-r", "repo", "--db", db, "--label", f"label {number}")
    return holdfast.json("list", "-r", "repo")["databases"][0]["points"]


def moment(milliseconds):
    return datetime.datetime.fromtimestamp(milliseconds / 1000, datetime.timezone.utc) \
        .isoformat(timespec="milliseconds").replace("+00:00", "Z")


def near(holdfast, time):
    return holdfast.json("list", "-r", "repo", "--at", time)["databases"][0]


def test_five_on_either_side_with_their_distances(holdfast, points):
    wanted = points[6]["time_ms"]
    shown = near(holdfast, moment(wanted))
    assert [p["point"] for p in shown["points"]] == [p["point"] for p in points[2:12]]
    assert [p["distance_ms"] for p in shown["points"]] == \
        [p["time_ms"] - wanted for p in points[2:12]]
    assert shown["taken"] == points[6]["point"] and shown["at_ms"] == wanted


def test_what_is_taken_is_what_a_restore_takes(holdfast, db, points):
    for point in (points[0], points[5], points[11]):
        for off in (0, 1, 7):
            time = moment(point["time_ms"] + off)
            preview = holdfast.json("restore", "-r", "repo", "--db", db, "--at", time, "-n")
            assert near(holdfast, time)["taken"] == preview["point"]


def test_before_the_first_point_nothing_is_taken(holdfast, points):
    time = moment(points[0]["time_ms"] - MINUTE)
    shown = near(holdfast, time)
    assert shown["taken"] is None
    assert [p["point"] for p in shown["points"]] == [p["point"] for p in points[:5]]
    text = holdfast("list", "-r", "repo", "--at", time).out
    assert "no point is as old as that" in text and "1 min 00 s after" in text


def test_the_one_that_would_be_restored_is_marked(holdfast, points):
    text = holdfast("list", "-r", "repo", "--at", moment(points[6]["time_ms"])).out
    marked = [line for line in text.splitlines() if "<- restore --at" in line]
    assert len(marked) == 1 and "at that time" in marked[0] and "label 6" in marked[0]


def test_a_time_that_is_none_is_refused(holdfast, points):
    assert points
    holdfast("list", "-r", "repo", "--at", "some day", code=2).says("'some day' is not a time")
