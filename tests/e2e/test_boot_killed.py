"""`holdfast run`, killed at any moment: what the application acknowledged is there again."""
import os
import random
import signal
import time

import pytest

import films_rig
from films_rig import V1, V2, Client, add_films

ROUNDS = 10


@pytest.fixture
def chance():
    """Moments differ from run to run; the same ones come back with HOLDFAST_TEST_SEED."""
    seed = int(os.environ.get("HOLDFAST_TEST_SEED", time.time_ns() % 10**9))
    print(f"HOLDFAST_TEST_SEED={seed}")
    return random.Random(seed)


def boot_takes(films):
    """Seconds until the application answers."""
    begun = time.monotonic()
    boot = films.up()
    taken = time.monotonic() - begun
    boot.stop()
    return taken


def after(boot, seconds):
    """Waits for that long, or until it ends."""
    try:
        boot.process.wait(seconds)
    except films_rig.subprocess.TimeoutExpired:
        pass


def test_the_first_boot(films, chance):
    takes = None
    for _ in range(ROUNDS):
        boot = films.boot()
        after(boot, chance.uniform(0, takes or 0.2))
        boot.kill()
    films.up()
    assert films.films() == []
    assert add_films(films)


def test_a_boot_with_nothing_to_change(films, chance):
    takes = boot_takes(films)
    there = []
    for _ in range(ROUNDS):
        boot = films.boot()
        after(boot, chance.uniform(0, takes))
        boot.kill()
        boot = films.up()
        assert films.films() == there
        there = add_films(films)
        boot.kill()
    films.up()
    assert films.films() == there


def test_a_boot_that_changes_the_schema(films, chance):
    takes = boot_takes(films)
    films.up()
    there = add_films(films)
    films.boots[-1].kill()
    for step in range(ROUNDS):
        films.write_schema((V2, V1)[step % 2])
        # Only what is empty goes when it goes back to the first version.
        boot = films.boot("--accept-data-loss")
        after(boot, chance.uniform(0, takes))
        boot.kill()
        if step % 3 == 2:
            films.up("--accept-data-loss")
            assert films.films() == there
            there = add_films(films)
            films.boots[-1].kill()
    films.up("--accept-data-loss")
    assert films.films() == there


@pytest.mark.parametrize("damage", ["deleted", "cut", "garbage"])
def test_a_boot_that_heals_a_database(films, chance, damage):
    takes = boot_takes(films)
    boot = films.up()
    there = add_films(films, 100)
    boot.stop()
    for _ in range(ROUNDS):
        size = films.db.stat().st_size if films.db.exists() else 0
        if damage == "deleted":
            films.db.unlink(missing_ok=True)
        elif size and damage == "cut":
            os.truncate(films.db, size // 2)
        elif size:
            with open(films.db, "r+b") as file:
                file.seek(size // 4)
                file.write(os.urandom(size // 2))
        boot = films.boot()
        after(boot, chance.uniform(0, takes))
        boot.kill()
    films.up()
    assert films.films() == there


def test_the_application_while_it_runs(films, chance):
    """It is started again, and those who use it go on."""
    boot = films.up("--restart", "on-failure")
    with Client(films) as client:
        for _ in range(3):  # the pauses grow: 1, 2, 4 s
            client.wait_for_more(chance.randrange(1, 40))
            os.kill(boot.application(), signal.SIGKILL)
        client.wait_for_more()
    assert not client.unexpected
    assert set(client.acknowledged) <= set(films.films())
    boot.stop()
    films.up()
    assert set(client.acknowledged) <= set(films.films())


def test_everything_while_it_runs(films, chance):
    """The machine fails while films come in, again and again."""
    acknowledged, first = [], 1
    for _ in range(ROUNDS):
        boot = films.up()
        with Client(films, first) as client:
            client.wait_for_more(chance.randrange(1, 60))
            boot.kill()
        acknowledged += client.acknowledged
        first = client.next + 1
    films.up()
    assert set(acknowledged) <= set(films.films())


def test_holdfast_alone_while_the_application_runs(films, chance):
    """The application does not stay behind without the one that looks after it."""
    with Client(films) as client:
        for _ in range(4):
            boot = films.up()
            client.wait_for_more(chance.randrange(1, 40))
            boot.process.kill()
            boot.process.wait()
            films_rig.wait_for(lambda boot=boot: not boot.others(), "the application's end")
        films.up()
        client.wait_for_more()
    assert set(client.acknowledged) <= set(films.films())


def test_stopped_at_any_moment(films, chance):
    """A TERM during the boot ends it soon, and in order."""
    takes = boot_takes(films)
    there = []
    for _ in range(ROUNDS):
        boot = films.boot()
        after(boot, chance.uniform(0, takes))
        if boot.process.poll() is None:
            boot.signal(signal.SIGTERM)
        assert boot.process.wait(films_rig.LONGEST) in (0, 128 + signal.SIGTERM,
                                                        -signal.SIGTERM), boot.told()
        assert not boot.others()
        boot = films.up()
        assert films.films() == there
        there = add_films(films)
        boot.stop()


def test_what_was_half_done_is_cleaned_up_after_a_day(films):
    """A younger one may be somebody's who is writing it."""
    files = ("films.db.backup_startup", "films.db-holdfast", "backup_latest.json")
    boot = films.up()
    add_films(films)
    boot.kill()  # so that the next boot writes all of them
    left = {}
    for name in files:
        for age, digits in ((0, "00000000"), (2, "ffffffff")):
            path = films.data / f".{name}.{digits}.tmp"
            path.write_bytes(b"half")
            os.utime(path, times=(time.time() - age * 86400,) * 2)
            left[path] = age
    films.boot(command=["true"]).ended(0)
    assert {path for path in left if path.exists()} == {path for path in left if not left[path]}
