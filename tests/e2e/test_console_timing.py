"""What docs/performance.md promises of the console, by the means of bench/, with room for what else the machine does: a
promise that is broken is broken every time, what other work does is not."""
import os
import pathlib
import statistics
import sys
import tempfile
import types

import pytest

from browser_rig import chromium
from conftest import Program
from console_rig import Console

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench"))
# pylint: disable=wrong-import-position
import console_load
import console_points
import console_viewers
import make_database

pytestmark = pytest.mark.timing
TRIES = 3


def is_kept(limit, measure):
    """Whether one of a few tries stays below the limit."""
    found = []
    while len(found) < TRIES and min(found, default=limit) >= limit:
        found.append(measure())
    print(f"limit {limit}:", ", ".join(f"{one:.2f}" for one in found))
    return min(found) < limit


def test_a_first_load_can_be_used_soon(tmp_path, console, client):
    client.job("/api/v1/databases/app/points", {"label": "first"})
    driver = chromium(tmp_path, "1280,900")
    try:
        def median(wanted):
            return statistics.median(
                one["usable"] for one in console_load.loads(driver, console.url, wanted, 3))
        assert is_kept(3 * console_load.ASKED, lambda: median("input[type=password]"))
        name, value = client.cookie.split("=", 1)
        driver.add_cookie({"name": name, "value": value, "path": "/", "sameSite": "Strict"})
        assert is_kept(3 * console_load.ASKED, lambda: median(".state"))
    finally:
        driver.quit()


def test_no_answer_takes_long_with_ten_thousand_points(tmp_path):
    """The database beside them has 64 MB, where the promise is of 1 GB, which would take a minute to make."""
    build = pathlib.Path(os.environ["HOLDFAST_BIN"]).resolve().parents[2]
    program = console_points.Program(os.environ["HOLDFAST_BIN"], tmp_path)
    console_points.prepare(tmp_path, program, types.SimpleNamespace(
        many_points=build / "tests" / "history" / "many_points", points=10000, size_mb=64))
    console = Console(program, verb="serve").start()
    try:
        client = console.client()
        client.set_up()
        for path in console_points.PATHS:
            client.get(path)  # what the repository has is read
            assert is_kept(4 * 50, lambda path=path: max(
                console_points.ask(client, path) for _ in range(20))), path
    finally:
        console.stop()


def test_two_hundred_viewers_take_little_memory_and_no_time_of_commits(tmp_path):
    """The memory is counted, and needs no room."""
    writer = console_viewers.build_writer(tmp_path)
    asked = types.SimpleNamespace(seconds=4, per_second=100)

    def measured(viewers):
        folder = pathlib.Path(tempfile.mkdtemp(dir=tmp_path))
        make_database.make(str(folder / "app.db"), 20, 4096, "wal", 1)
        took, _, memory, _ = console_viewers.measure(Program(folder), writer, viewers, asked)
        return statistics.median(took), memory

    def slower():
        (alone, less), (watched, more) = measured(None), measured(200)
        assert more - less < 20, (less, more)
        return watched / alone
    assert is_kept(1.5, slower)
