"""A repository whose folder is away, as with a disk that is not mounted: nothing is made in its place."""
import json
import subprocess
import sys

import pytest

import conftest
from films_rig import wait_for


@pytest.fixture(params=["missing", "empty"])
def away(request, holdfast, tmp_path, db):
    """A database with points in a repository, which is away then; what brings it back."""
    place, kept = tmp_path / "repo", tmp_path / "kept"
    holdfast("backup", "--db", db, "-r", place)

    def go_away():
        place.rename(kept)
        if request.param == "empty":
            place.mkdir()

    def come_back():
        if place.exists():
            place.rmdir()  # fails when something was made in it
        kept.rename(place)

    come_back.go_away = go_away
    go_away()
    return come_back


def points(holdfast, db):
    return holdfast.json("list", "--db", db, "-r", "repo")["databases"][0]["points"]


@pytest.mark.parametrize("verb", [["backup"], ["replicate"], ["list"],
                                  ["run", "--", sys.executable, "-c", "print('it ran')"]])
def test_nothing_is_made_where_points_were_stored_before(holdfast, db, away, verb):
    refused = holdfast(verb[0], "--db", db, "-r", "repo", *verb[1:], code=5)
    refused.says("has stored restore points of 'app'", "there is none here now", "mount",
                 "holdfast init")
    assert "it ran" not in refused.out
    away()
    holdfast("backup", "--db", db, "-r", "repo")
    assert len(points(holdfast, db)) == 1


def test_it_says_so_in_json_too(holdfast, db, away):
    refused = holdfast("backup", "--db", db, "-r", "repo", "--json", code=5).json
    assert "there is none here now" in refused["error"]["text"]
    assert "holdfast init" in refused["error"]["hint"]
    away()


def test_an_application_may_be_started_all_the_same(holdfast, db, away):
    started = holdfast("run", "--db", db, "-r", "repo", "--on-unprotected", "start", "--",
                       sys.executable, "-c", "print('it ran')")
    assert "there is none here now" in started.err and "unprotected" in started.err
    assert "it ran" in started.out
    away()


def test_a_new_one_is_made_when_that_is_said(holdfast, db, away):
    holdfast("init", "-r", "repo")
    assert "point 1:" in holdfast("backup", "--db", db, "-r", "repo").out
    assert away


def test_a_state_directory_is_asked_as_well(holdfast, tmp_path, db):
    holdfast("backup", "--db", db, "-r", "repo", "--state-dir", "state")
    (tmp_path / "repo").rename(tmp_path / "kept")
    holdfast("backup", "--db", db, "-r", "repo", "--state-dir", "state", code=5).says("init")
    assert not (tmp_path / "repo").exists()


def test_the_replicator_picks_up_when_it_is_back(holdfast, tmp_path, db, away):
    away()
    with open(tmp_path / "log", "w", encoding="utf-8") as log:
        running = subprocess.Popen(
            [holdfast.path, "replicate", "--db", db, "-r", "repo", "--log", "json",
             "--sync-interval", "50ms"], cwd=tmp_path, env=holdfast.environment, stderr=log)

    def told(what):
        assert running.poll() is None
        return [line for line in (tmp_path / "log").read_text(encoding="utf-8").splitlines()
                if what in line and json.loads(line)]
    try:
        wait_for(lambda: told('"wal"'), "following")
        conftest.execute(db, "insert into note(body) values('before')")
        wait_for(lambda: told('"point"'), "a point")
        away.go_away()
        conftest.execute(db, "insert into note(body) values('meanwhile')")
        wait_for(lambda: told("repository '"), "a word about it")
        away()
        wait_for(lambda: told("works again"), "going on")
    finally:
        running.terminate()
        assert running.wait(60) == 0
    holdfast("check", "-r", "repo", "--read-data")
    holdfast("restore", "app", "-r", "repo", "--to", "out.db")
    assert conftest.content(tmp_path / "out.db") == conftest.content(db)
