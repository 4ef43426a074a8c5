"""`holdfast run` on a disk that is really full: a small one of its own, which takes the right to
mount."""
import os
import subprocess

import pytest

import conftest
import films_rig

# In a namespace of its own: the disk is gone with the last process that sees it.
SCRIPT = """
mount -t tmpfs -o size=4m none data || exit 99
cp -a saved/. data/
head -c 16m /dev/zero >data/filler 2>/dev/null
[ "$ROOM" = 0 ] || truncate -s "-$ROOM" data/filler
"$HOLDFAST" run --schema "$SCHEMA" "$@" -- sh -c 'mkdir started && cp -a data/films.db* started'
echo "$?" >first
cp -a data/films.db* kept/
rm data/filler
"$HOLDFAST" run --schema "$SCHEMA" -- sh -c 'mkdir then && cp -a data/films.db* then'
echo "$?" >second
"""


@pytest.fixture
def used(films):
    """An installation with films in it, stopped."""
    boot = films.up()
    films.there = films_rig.add_films(films, 100)
    boot.stop()
    films.before = films_rig.dump(films)
    return films


def boot_twice(films, room, *options):
    """Exit codes and what the first said: with so many KiB of room and these options, then with
    enough."""
    films.data.rename(films.folder / "saved")
    films.data.mkdir()
    (films.folder / "kept").mkdir()
    namespace = "-m" if os.geteuid() == 0 else "-rm"
    env = {**films.env, "ROOM": f"{room}K" if room else "0", "HOLDFAST": films.holdfast.path,
           "SCHEMA": str(films.schema)}
    done = subprocess.run(["unshare", namespace, "sh", "-c", SCRIPT, "sh", *options],
                          cwd=films.folder, env=env, text=True, timeout=films_rig.LONGEST,
                          capture_output=True, check=False)
    if done.returncode == 99 or "unshare" in done.stderr:
        pytest.skip("may not mount: " + done.stderr.strip())
    print(done.stderr)
    return (*(int((films.folder / name).read_text()) for name in ("first", "second")), done.stderr)


@pytest.mark.parametrize("room", [0, 16, 64, 128, 256, 512])
@pytest.mark.parametrize("schema", [films_rig.V1, films_rig.V2], ids=["same", "upgrade"])
def test_nothing_is_lost_and_nothing_half_done(used, room, schema):
    used.write_schema(schema)
    first, second, told = boot_twice(used, room)
    started = used.folder / "started"
    if first != 0:
        assert "No space left on device" in told or "disk is full" in told or "needs" in told
        assert not started.exists()
        assert conftest.content(used.folder / "kept" / "films.db") == used.before
    elif schema == films_rig.V1:
        assert conftest.content(started / "films.db") == used.before
    assert second == 0
    then = used.folder / "then" / "films.db"
    assert films_rig.numbers(then) == used.there
    text = "".join(conftest.content(then))
    assert ("minutes" in text) == (schema == films_rig.V2)


def test_who_would_rather_start_unprotected_can(used):
    first, second, told = boot_twice(used, 0, "--on-unprotected", "start")
    assert (first, second) == (0, 0), told
    assert "No space left on device" in told or "disk is full" in told or "needs" in told
    assert conftest.content(used.folder / "started" / "films.db") == used.before
