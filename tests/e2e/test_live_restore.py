"""A restore while the application runs under `holdfast run`: it is stopped, the point comes back, it is
started again, and what was there before returns when it does not come up."""
import json
import os
import signal
import socket
import stat
import subprocess
import sys

import pytest

import conftest
import films_rig
from films_rig import add_films, wait_for

# An application that ends at once when there is no film.
PICKY = """
import os, signal, sqlite3, sys, time
path = os.environ["DATABASE"]
count = sqlite3.connect(path).execute("select count(*) from Film").fetchone()[0]
print(f"{count} films", flush=True)
if count < 5:
    sys.exit(7)
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
while True:
    signal.pause()
"""


def restore(films, *options, code=0, **others):
    return films.holdfast("restore", "--db", films.db, *options, code=code, **others)


def socket_of(films):
    return films.db.with_name("films.db-holdfast.sock")


@pytest.fixture
def running(films):
    """Films with some in it at a point, and more since then."""
    boot = films.up("--ready", films.ready_url)
    wait_for(lambda: "the application is ready" in boot.err, "readiness")
    films.first = add_films(films, 10)
    films.holdfast("backup", "--db", films.db, "--label", "ten")
    films.all = add_films(films, 10)
    films.run = boot
    return films


def test_a_point_comes_back_while_the_application_runs(running):
    before = running.run.application()
    done = restore(running, "--point", "ten", "--json").json
    assert done["process"] == running.run.process.pid
    assert done["point_before"] and done["point_recorded"] > done["point_before"]
    assert running.run.application() != before
    assert running.films() == running.first
    assert running.run.process.poll() is None
    running.run.says("the application is stopped", "comes back", "the application is started",
                     "and the application runs")
    reasons = [point["reason"] for point in running.points()]
    assert reasons[-1] == f"restore {done['point']} over {done['point_before']}"
    more = add_films(running, 5)
    running.run.stop()
    assert films_rig.numbers(running.db) == more


def test_the_stages_are_told_to_who_asked(running):
    told = restore(running, "--point", "ten").err
    stages = ["the application is stopped", "becomes a restore point", "the application is started"]
    assert sorted(stages, key=told.index) == stages


def test_an_undo_brings_back_what_was_there_and_undone_again_the_restore(running):
    restore(running, "--point", "ten")
    after = add_films(running, 5)
    preview = restore(running, "--undo", "--dry-run")
    assert "of the restore of point" in preview.out and "is stopped" in preview.out
    restore(running, "--undo")
    assert running.films() == running.all
    restore(running, "--undo")
    assert running.films() == after


def test_an_undo_works_without_a_running_application_too(running):
    running.run.stop()
    restore(running, "--point", "ten")
    assert films_rig.numbers(running.db) == running.first
    restore(running, "--undo")
    assert films_rig.numbers(running.db) == running.all
    restore(running, "--undo", "--point", "ten", code=2)


def test_without_a_restore_there_is_nothing_to_undo(running):
    restore(running, "--undo", code=1).says("no restore of 'films' is noted")
    assert running.films() == running.all


def put_films(films, count):
    connection = conftest.connect(films.db)
    connection.execute("insert into User(name) values('ada') on conflict do nothing")
    for number in range(1, count + 1):
        connection.execute("insert into Film(tmdbId, title, overview) values(?, ?, ?) "
                           "on conflict do nothing",
                           (number, films_rig.title(number), films_rig.overview(number)))
    connection.close()


def test_what_does_not_come_up_is_undone(films):
    films.boot(command=["true"]).ended(0)
    put_films(films, 9)
    boot = films.boot(command=[sys.executable, "-c", PICKY])
    wait_for(lambda: b"9 films" in boot.out, "the application")
    empty = films.points()[0]["point"]
    restore(films, "--point", empty, code=1).says("did not come up", "is back")
    wait_for(lambda: boot.out.count(b"9 films") == 2, "the application, again")
    assert b"0 films" in boot.out
    assert films_rig.numbers(films.db) == list(range(1, 10))
    boot.says("did not come up").stop()


def test_one_restore_at_a_time(running):
    # A client that only asks, and leaves: the restore is carried out all the same.
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(socket_of(running)))
        point = next(p["point"] for p in running.points() if p["label"] == "ten")
        client.sendall(json.dumps({"do": "restore", "database": "films", "point": point}).encode()
                       + b"\n")
        wait_for(lambda: "is asked for" in running.run.err, "the request")
        outcome = running.holdfast.unchecked("restore", "--db", running.db, "--point", "ten")
        assert outcome.code in (0, 4), outcome.err
    wait_for(lambda: "and the application runs" in running.run.err, "the restore")
    assert running.films() == running.first


def test_a_client_that_is_killed_changes_nothing(running):
    client = running.holdfast.start("restore", "--db", str(running.db), "--point", "ten")
    wait_for(lambda: "is asked for" in running.run.err, "the request")
    client.kill()
    client.communicate()
    wait_for(lambda: "and the application runs" in running.run.err, "the restore")
    assert running.films() == running.first


def test_term_in_the_middle_ends_in_order(running):
    for stage in ("is asked for", "becomes a restore point", "the application is started"):
        before = running.run.err.count(stage)
        client = running.holdfast.start("restore", "--db", str(running.db), "--point", "ten")
        wait_for(lambda s=stage, b=before: running.run.err.count(s) > b, stage)
        running.run.signal(signal.SIGTERM)
        running.run.process.wait(films_rig.LONGEST)
        assert client.wait(films_rig.LONGEST) in (0, 1, 5)
        client.communicate()
        assert not socket_of(running).exists()
        assert films_rig.numbers(running.db) in (running.first, running.all)
        running.run = running.up("--ready", running.ready_url)
        assert running.films() in (running.first, running.all)


@pytest.mark.parametrize("stage", ["is asked for", "becomes a restore point",
                                   "the application is started"])
def test_kill_in_the_middle_leaves_one_or_the_other(running, stage):
    client = running.holdfast.start("restore", "--db", str(running.db), "--point", "ten")
    wait_for(lambda: stage in running.run.err, stage)
    running.run.kill()
    assert client.wait(films_rig.LONGEST) == 5
    client.communicate()
    running.run = running.up("--ready", running.ready_url)
    assert running.films() in (running.first, running.all)
    # The socket that it left is replaced.
    restore(running, "--point", "ten")
    assert running.films() == running.first


@pytest.fixture(scope="module")
def preloaded(tmp_path_factory):
    source = os.path.join(os.path.dirname(__file__), "kill_at.c")
    library = tmp_path_factory.mktemp("preloaded") / "kill_at.so"
    subprocess.run(["cc", "-O1", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    return library


def test_killed_at_any_operation_of_a_restore_the_next_boot_works(films, preloaded):
    """The restore itself is a process that changes files: it and all of its group die half-way."""
    films.boot(command=["true"]).ended(0)
    put_films(films, 9)
    films.boot(command=["true"]).ended(0)
    first = films.points()[0]["point"]
    application = [sys.executable, "-c", PICKY.replace("count < 5", "False")]
    counted = films.folder / "operations"

    def restored(**env):
        boot = films.boot(command=application, env={
            "LD_PRELOAD": str(preloaded), "ASAN_OPTIONS": "verify_asan_link_order=0", **env})
        wait_for(lambda: b"films" in boot.out or boot.process.poll() is not None, "the application")
        films.holdfast.unchecked("restore", "--db", films.db, "--point", first)
        return boot

    boot = restored(KILL_COUNT=str(counted))
    before = counted.stat().st_size
    boot.stop()
    films.holdfast("restore", "--db", films.db, "--undo")
    assert films_rig.numbers(films.db) == list(range(1, 10))
    for at in range(12, before, max(1, before // 12)):
        boot = restored(KILL_AT=str(at))
        boot.kill()
        again = films.boot(command=["true"]).ended(0)
        films.boots = [kept for kept in films.boots if kept not in (boot, again)]
        have = films_rig.numbers(films.db)
        assert have in ([], list(range(1, 10))), f"killed at {at} of {before}"
        if not have:
            films.holdfast("restore", "--db", films.db, "--point", next(
                p["point"] for p in films.points() if p["reason"] == "startup" and p["point"] > first))
        assert films_rig.numbers(films.db) == list(range(1, 10))


def test_the_socket_is_for_this_user_alone(running):
    status = socket_of(running).stat()
    assert stat.S_ISSOCK(status.st_mode) and status.st_mode & 0o777 == 0o600
    running.run.stop()
    assert not socket_of(running).exists()


def test_another_name_is_not_restored(running):
    running.holdfast("restore", "--db", running.db, "--name", "other", "--point", "ten", code=1)
    assert running.films() == running.all


def test_another_file_is_restored_beside_the_running_application(running):
    pid = running.run.application()
    restore(running, "--point", "ten", "--to", running.folder / "copy.db")
    assert films_rig.numbers(running.folder / "copy.db") == running.first
    assert running.run.application() == pid


def test_only_the_named_database_of_several_is_restored(films):
    other = films.data / "other.db"
    conftest.make(other, rows=3)
    config = films.folder / "holdfast.yml"
    config.write_text(f"repository: {films.data}/backups\ndatabases:\n"
                      f"  - path: {films.db}\n  - path: {other}\n", encoding="utf-8")
    del films.env["HOLDFAST_DB"]
    boot = films.boot("--config", config, command=[sys.executable, "-c", PICKY.replace(
        "count < 5", "False")])
    wait_for(lambda: b"films" in boot.out, "the application")
    conftest.execute(other, "delete from note")
    films.holdfast("restore", "--config", config, "other", "--point", "1")
    assert boot.out.count(b"films") == 2
    assert conftest.connect(other).execute("select count(*) from note").fetchone() == (3,)
    boot.says("other: restored point 1").stop()


def test_status_shows_the_running_holdfast(running):
    shown = running.holdfast("status", "--db", running.db)
    assert f"process {running.run.process.pid} (holdfast run)" in shown.out
    live = running.holdfast.json("status", "--db", running.db)["databases"][0]["live"]
    assert live["process"] == running.run.process.pid and live["command"] == "run"
    running.run.stop()
    assert "live" not in running.holdfast.json("status", "--db", running.db)["databases"][0]


def test_a_backup_beside_the_running_application_is_taken(running):
    taken = running.holdfast.json("backup", "--db", running.db, "--label", "by hand")
    point = taken["databases"][0]["point"]
    assert [p for p in running.points() if p["point"] == point][0]["label"] == "by hand"
