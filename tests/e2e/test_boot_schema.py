"""`holdfast run` with a schema that changed: the application starts on the new one or not at all."""
import re

import pytest

import conftest
import films_rig
from films_rig import BROKEN, V1, V2, V3, add_films


@pytest.fixture
def used(films):
    """An installation of the first version with films in it, stopped."""
    boot = films.up()
    films.there = add_films(films)
    boot.stop()
    films.before = films_rig.dump(films)
    return films


def columns(films, table):
    connection = conftest.connect(films.db)
    found = [row[1] for row in connection.execute(f"pragma table_info({table})")]
    connection.close()
    return found


def refused(films, *options, code):
    """The boot ends with this code before the application starts, and nothing is changed."""
    boot = films.boot(*options, command=["touch", "started"]).ended(code)
    assert not (films.folder / "started").exists()
    assert films_rig.dump(films) == films.before
    return boot


def test_an_upgrade_keeps_everything(used):
    used.write_schema(V2)
    boot = used.up()
    assert used.films() == used.there
    assert "minutes" in columns(used, "Film") and columns(used, "Review")
    boot.stop()


def test_an_upgrade_can_be_undone_by_a_restore(used):
    count = len(used.points())
    used.write_schema(V2)
    used.boot(command=["true"]).ended(0)
    wanted = [point for point in used.points()[count - 1:]]
    contents = []
    for point in wanted:
        used.holdfast("restore", "-r", used.data / "backups", "--point", point["point"], "--to",
                      "then.db", "--overwrite")
        contents.append(conftest.content(used.folder / "then.db"))
    assert used.before in contents


def test_a_downgrade_that_loses_nothing_goes_through(used):
    """What the older version does not know, and has no data, may go or stay; films may not."""
    used.write_schema(V2)
    used.up().stop()
    used.write_schema(V1)
    used.up("--accept-data-loss")
    assert used.films() == used.there


def test_a_downgrade_that_loses_data_is_refused(used):
    used.write_schema(V2)
    used.up().stop()
    conftest.execute(used.db, "insert into Review(filmId, text) select id, 'Good.' from Film",
                     "update Film set minutes = 90")
    used.before = films_rig.dump(used)
    used.write_schema(V1)
    refused(used, code=9).says("minutes")


def test_a_broken_schema_stops_the_boot_at_its_line(used):
    used.write_schema(BROKEN)
    boot = refused(used, code=3)
    line = BROKEN.splitlines().index("  year") + 1
    assert re.search(rf"schema\.prisma:{line}:\d+: ", boot.err), boot.err
    used.write_schema(V1)
    used.up()
    assert used.films() == used.there


def test_a_schema_that_is_not_there_stops_the_boot(used):
    used.schema.unlink()
    refused(used, code=3).says("schema.prisma")


def test_a_destructive_schema_is_refused(used):
    used.write_schema(V3)
    refused(used, code=9).says("overview")
    used.write_schema(V1)
    used.up()
    assert used.films() == used.there


def test_a_destructive_schema_that_was_agreed_to_can_be_undone(used):
    used.write_schema(V3)
    used.boot("--accept-data-loss", command=["true"]).ended(0)
    assert "overview" not in columns(used, "Film")
    used.write_schema(V1)
    before = [point for point in used.points() if point["label"] == "before schema change"][-1]
    used.holdfast("restore", "-r", used.data / "backups", "--db", used.db, "--point",
                  before["point"])
    used.up()
    assert used.films() == used.there


def test_a_first_boot_with_a_broken_schema_leaves_nothing_that_is_taken_for_a_database(films):
    films.write_schema(BROKEN)
    films.boot(command=["touch", "started"]).ended(3)
    films.write_schema(V1)
    films.up()
    assert films.films() == []


# An application that does not get along with the new schema

READY = ("--ready-timeout", "2s")


def test_never_ready_after_a_change_goes_back_and_exits(used):
    used.write_schema(V3)
    boot = used.boot("--accept-data-loss", "--ready", used.ready_url, *READY,
                     "--on-failed-start", "restore-and-exit")
    boot.process.wait(films_rig.LONGEST)
    assert boot.process.returncode not in (0, -9), boot.told()
    assert films_rig.dump(used) == used.before


def test_never_ready_after_a_change_may_be_kept(used):
    """Who would rather look at it than go back."""
    used.write_schema(V3)
    boot = used.boot("--accept-data-loss", "--ready", used.ready_url, *READY,
                     "--on-failed-start", "keep")
    films_rig.wait_for(lambda: "not ready" in boot.err, "what it says of it")
    assert boot.process.poll() is None
    assert "overview" not in columns(used, "Film")
    boot.stop()


def test_never_ready_after_a_change_goes_back_and_starts_again(used):
    used.write_schema(V3)
    boot = used.boot("--accept-data-loss", "--ready", used.ready_url, *READY,
                     "--on-failed-start", "restore-and-start")
    used.wait_until_healthy(boot)
    assert used.films() == used.there
    assert add_films(used)[:len(used.there)] == used.there
    boot.stop()


def test_an_end_before_ready_counts_as_never_ready(used):
    """An application that checks its schema at once and gives up."""
    used.write_schema(V2)
    boot = used.boot("--ready", used.ready_url, *READY, "--on-failed-start", "restore-and-exit",
                     command=["sh", "-c", "exit 3"])
    boot.process.wait(films_rig.LONGEST)
    assert boot.process.returncode not in (0, -9), boot.told()
    assert films_rig.dump(used) == used.before


def test_never_ready_without_a_change_restores_nothing(used):
    """It may be slow, or have its own trouble; the database is not the reason."""
    points = len(used.points())
    boot = used.boot("--ready", f"http://127.0.0.1:{films_rig.free_port()}/", *READY,
                     "--on-failed-start", "restore-and-exit")
    used.wait_until_healthy(boot)
    there = add_films(used)
    used.wait_until_healthy(boot)
    boot.signal(15)
    boot.process.wait(films_rig.LONGEST)
    assert len(used.points()) > points
    used.up()
    assert used.films() == there


def test_ready_after_a_change_keeps_the_change(used):
    used.write_schema(V2)
    boot = used.up("--ready", used.ready_url)
    there = add_films(used)
    boot.stop()
    used.up()
    assert used.films() == there
    assert "minutes" in columns(used, "Film")


# The application's own generator


def generate(films, *commands):
    (films.folder / "holdfast.yml").write_text(
        "generate:\n" + "".join(f"  - {command}\n" for command in commands), encoding="utf-8")


def generated(films):
    path = films.folder / "generated"
    return path.read_text(encoding="utf-8").split() if path.exists() else []


def test_a_generator_runs_when_the_schema_or_the_command_changed(films):
    generate(films, "echo one >> generated")
    films.boot(command=["true"]).ended(0)
    assert generated(films) == ["one"]
    films.boot(command=["true"]).ended(0)
    assert generated(films) == ["one"]
    films.write_schema(V2)
    films.boot(command=["true"]).ended(0)
    assert generated(films) == ["one", "one"]
    generate(films, "echo two >> generated")
    films.boot(command=["true"]).ended(0)
    assert generated(films) == ["one", "one", "two"]
    films.boot(command=["true"]).ended(0)
    assert generated(films) == ["one", "one", "two"]


def test_a_generator_that_fails_stops_the_boot_and_is_tried_again(used):
    generate(used, "echo tried >> generated; echo why >&2; exit 3")
    for count in (1, 2):
        boot = used.boot(command=["touch", "started"])
        assert boot.process.wait(films_rig.LONGEST) == 1, boot.told()
        boot.says("why")
        assert generated(used) == ["tried"] * count
        assert not (used.folder / "started").exists()
    (used.folder / "holdfast.yml").unlink()
    used.up()
    assert used.films() == used.there
