"""A repository with thousands of real points (tests/history/many_points.c), and a console for it."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

import pytest

from conftest import Program
from console_rig import Console

EVERY = 2000  # ms between two points


def make(folder, count):
    """A repository `repo` there; when its newest point was taken (ms)."""
    # HOLDFAST_BIN is src/cli/holdfast of a build, which has the test programs as well
    build = pathlib.Path(os.environ["HOLDFAST_BIN"]).resolve().parents[2]
    program = build / "tests" / "history" / "many_points"
    if not program.exists():
        pytest.skip("needs the build's tests/history/many_points")
    newest = int(time.time() * 1000)
    subprocess.run([program, folder / "repo", str(count), str(newest), str(EVERY)], check=True)
    return newest


class Past:
    """The database `app` with its long history, and whatever is run on both."""

    def __init__(self, folder, count):
        self.folder, self.count = folder, count
        self.newest = make(folder, count)
        self.holdfast = Program(folder)
        self.holdfast("restore", "--db", "app.db", "-r", "repo", "--to", "app.db")

    def console(self):
        """One that serves alone, and that nobody has set up."""
        folder = tempfile.mkdtemp(dir=self.folder)
        return Console(self.holdfast, "--db", "app.db", "-r", "repo", "--state-dir", folder,
                       verb="serve").start()

    def listed(self):
        """The numbers of all points, newest first, as `holdfast list` has them."""
        listed = self.holdfast.json("list", "--all", "--db", "app.db", "-r", "repo")
        return sorted((point["point"] for point in listed["databases"][0]["points"]), reverse=True)


def in_memory():
    """A folder where ten thousand files are made and removed quickly."""
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    return pathlib.Path(tempfile.mkdtemp(prefix="holdfast-", dir=memory))


def remove(folder):
    shutil.rmtree(folder, ignore_errors=True)
