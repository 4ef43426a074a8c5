"""`holdfast run`, killed at one operation after another that changes a file (kill_at.c): what a boot
does can end anywhere, and the next boot brings everything in order.

Some of them are tried, other ones each time; with HOLDFAST_TEST_EVERY=1 all.
"""
import os
import pathlib
import random
import shutil
import subprocess
import time

import pytest

import conftest
import films_rig
from films_rig import V1, V2

SOME = 16


@pytest.fixture(scope="module")
def preloaded(tmp_path_factory):
    source = pathlib.Path(__file__).with_name("kill_at.c")
    library = tmp_path_factory.mktemp("preloaded") / "kill_at.so"
    subprocess.run(["cc", "-O1", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    return library


def put_films(films, first, count):
    connection = conftest.connect(films.db)
    connection.execute("insert into User(name) values('ada') on conflict do nothing")
    for number in range(first, first + count):
        connection.execute(
            "insert into Film(tmdbId, title, year, overview) values(?, ?, ?, ?)",
            (number, films_rig.title(number), 1900 + number % 120, films_rig.overview(number)))
    connection.close()


@pytest.fixture
def used(films):
    """Films in the newest point, and some more in the database."""
    boot(films)
    put_films(films, 1, 200)
    boot(films)
    return films


def boot(films, *options):
    films.boot(*options, command=["true"]).ended(0)
    films.boots.pop()


class Killer:
    """Boots one installation again and again from the same beginning, each time to another end."""

    def __init__(self, films, library, *options, command=("true",)):
        self.films, self.options, self.command = films, options, command
        self.library = str(library)
        self.saved = films.folder / "saved"
        shutil.copytree(films.data, self.saved, symlinks=True)
        seed = int(os.environ.get("HOLDFAST_TEST_SEED", time.time_ns() % 10**9))
        print(f"HOLDFAST_TEST_SEED={seed}")
        self.chance = random.Random(seed)

    def begin(self, **variables):
        shutil.rmtree(self.films.data)
        shutil.copytree(self.saved, self.films.data, symlinks=True)
        env = {"LD_PRELOAD": self.library, "ASAN_OPTIONS": "verify_asan_link_order=0",
               **{name: str(value) for name, value in variables.items()}}
        return self.films.boot(*self.options, command=self.command, env=env)

    def ends(self, code=0):
        """Yields after each kill; `code` is how the boot ends that is left alone."""
        counted = self.films.folder / "operations"
        self.begin(KILL_COUNT=counted).ended(code)
        total = counted.stat().st_size
        assert total > 10
        every = list(range(1, total + 1))
        if not os.environ.get("HOLDFAST_TEST_EVERY"):
            every = sorted(self.chance.sample(every, min(SOME, total)))
        killed = 0
        for at in every:
            boot = self.begin(KILL_AT=at)
            # What depends on the clock may take fewer operations another time.
            killed += boot.process.wait(films_rig.LONGEST) != code
            boot.kill()
            print(f"killed at {at} of {total}")
            yield at
            self.films.boots.remove(boot)
        assert killed >= len(every) * 3 // 4


def test_the_first_boot(films, preloaded):
    boot(films)
    wanted = films_rig.dump(films)
    shutil.rmtree(films.data)
    films.data.mkdir()
    for _ in Killer(films, preloaded).ends():
        boot(films)
        assert films_rig.dump(films) == wanted


def test_a_boot_with_nothing_to_change(used, preloaded):
    before = films_rig.dump(used)
    for _ in Killer(used, preloaded).ends():
        assert films_rig.dump(used) == before
        boot(used)
        assert films_rig.dump(used) == before


def test_a_boot_that_changes_the_schema(used, preloaded):
    old = films_rig.dump(used)
    used.write_schema(V2)
    killer = Killer(used, preloaded)
    boot(used)
    new = films_rig.dump(used)
    assert new != old
    for _ in killer.ends():
        assert films_rig.dump(used) in (old, new)
        boot(used)
        assert films_rig.dump(used) == new



def test_a_boot_after_a_failure_that_changes_the_schema(used, preloaded):
    """What the application committed last is in the log alone."""
    connection = conftest.connect(used.db)
    connection.execute("pragma journal_mode=wal")
    connection.execute("pragma wal_autocheckpoint=0")
    connection.execute("update Film set title = 'a new title'")
    assert used.wal().stat().st_size > 0
    used.write_schema(V2)
    killer = Killer(used, preloaded)
    connection.close()
    killer.begin().ended(0)
    new = films_rig.dump(used)
    assert "a new title" in "".join(new) and "minutes" in "".join(new)
    for _ in killer.ends():
        boot(used)
        assert films_rig.dump(used) == new


def gone(films):
    films.db.unlink()


def damaged(films):
    with open(films.db, "r+b") as file:
        file.seek(films.db.stat().st_size // 4)
        file.write(os.urandom(films.db.stat().st_size // 2))


@pytest.mark.parametrize("damage", [gone, damaged])
def test_a_boot_that_heals(used, preloaded, damage):
    before = films_rig.dump(used)
    damage(used)
    for _ in Killer(used, preloaded).ends():
        boot(used)
        assert films_rig.dump(used) == before


def test_a_boot_that_goes_back_from_a_schema_that_the_application_cannot_use(used, preloaded):
    used.write_schema(V2)
    # Port 9 is nobody's: never ready, and ended before.
    options = ("--ready", "http://127.0.0.1:9/", "--on-failed-start", "restore-and-exit")
    killer = Killer(used, preloaded, *options, command=("false",))
    for _ in killer.ends(code=1):
        assert films_rig.numbers(used.db) == list(range(1, 201))
        used.write_schema(V1)
        boot(used, "--accept-data-loss")
        assert films_rig.numbers(used.db) == list(range(1, 201))
        used.write_schema(V2)
