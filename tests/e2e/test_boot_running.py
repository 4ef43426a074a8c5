"""`holdfast run` while its application runs and when that ends: what others do meanwhile."""
import os
import signal
import sys

import pytest

import conftest
import films_rig
from films_rig import V2, add_films


def test_a_database_that_is_deleted_under_the_application_comes_back(films):
    films.up().stop()
    boot = films.up()
    safe = films.films()
    add_films(films)
    for path in films.data.glob("films.db*"):
        if not path.name.endswith(".backup_startup"):
            path.unlink()
    boot.stop()
    boot = films.up()
    assert films.films()[:len(safe)] == safe
    boot.says("lost").stop()


def test_a_last_point_that_cannot_be_taken_is_told_and_leaves_the_exit_code(films):
    boot = films.up()
    there = add_films(films)
    backups = films.data / "backups"
    backups.rename(films.folder / "elsewhere")
    backups.write_text("no folder", encoding="utf-8")
    boot.stop()
    assert "backups" in boot.err.split("[6/6]", 1)[1]
    backups.unlink()
    (films.folder / "elsewhere").rename(backups)
    films.up()
    assert films.films() == there


def test_what_a_killed_application_left_half_done_is_taken_back(films):
    """In a rollback mode the journal is hot: the file alone is not the database."""
    films.up().stop()
    conftest.execute(films.db, "pragma journal_mode=delete")
    connection = conftest.connect(films.db)
    connection.execute("begin")
    connection.executemany("insert into Setting values(?, ?)",
                           ((f"{i}", "before" * 50) for i in range(2000)))
    connection.execute("commit")
    connection.close()
    before = films_rig.dump(films)
    kill = ("import os, sqlite3; c = sqlite3.connect('data/films.db', isolation_level=None); "
            "c.execute('pragma cache_size=1'); c.execute('begin'); "
            "c.execute(\"update Setting set value = 'after' || value\"); os.kill(os.getpid(), 9)")
    films.boot("--restart", "no", command=[sys.executable, "-c", kill]).ended(137)
    films.boot(command=["true"]).ended(0)
    assert films_rig.dump(films) == before
    films.db.unlink()
    films.boot(command=["true"]).ended(0)
    assert films_rig.dump(films) == before


def test_every_database_that_is_configured_is_healed(films):
    paths = [films.data / f"{name}.db" for name in ("one", "two", "three")]
    for number, path in enumerate(paths):
        conftest.make(path, rows=100 + number)
    before = [conftest.content(path) for path in paths]
    del films.env["HOLDFAST_DB"]
    (films.folder / "holdfast.yml").write_text("databases:\n  - path: data/*.db\n",
                                               encoding="utf-8")
    command = [films.holdfast.path, "run", "--", "true"]
    for _ in range(2):
        boot = films_rig.Boot(command, films.folder, films.env, len(films.boots))
        films.boots.append(boot)
        boot.ended(0)
        assert [conftest.content(path) for path in paths] == before
        paths[1].write_bytes(b"rubbish" * 1000)
        os.truncate(paths[2], 5000)


def test_a_second_holdfast_harms_nothing(films):
    boot = films.up()
    with films_rig.Client(films) as client:
        client.wait_for_more()
        for _ in range(3):
            films.boot(command=["true"]).process.wait(films_rig.LONGEST)
            client.wait_for_more()
    assert not client.unexpected
    assert set(client.acknowledged) <= set(films.films())
    boot.stop()
    films.db.unlink()
    films.up()
    assert set(client.acknowledged) <= set(films.films())


def test_an_upgrade_waits_for_whoever_uses_the_database_or_leaves_it(films):
    """The application of the boot before still runs: another container on the same volume."""
    films.up()
    there = add_films(films)
    films.write_schema(V2)
    second = films.boot(command=["true"])
    second.process.wait(films_rig.LONGEST)
    assert films.films() == there
    assert add_films(films)[:len(there)] == there
    films.boots[0].stop()
    films.up()
    assert films.films()[:len(there)] == there


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_points_are_whole_after_every_end(films, number):
    films.up()
    add_films(films)
    films.boots[-1].signal(number)
    films.boots[-1].process.wait(films_rig.LONGEST)
    films.boots[-1].kill()
    films.up().stop()
    films.holdfast("check", "--read-data", "-r", films.data / "backups")
    films.holdfast("test-restore", "-r", films.data / "backups")
