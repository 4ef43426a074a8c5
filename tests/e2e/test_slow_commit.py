"""A commit whose frames are in the log long before the header that publishes them: the kernel tells
of the former only."""
import subprocess
import sys
import time

import pytest

import conftest

# Between the frames of a commit and their being published stands an fsync, which takes its time here.
WRITER = """
import sqlite3, sys
c = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=20)
c.execute("pragma synchronous=full")
for line in sys.stdin:
    c.execute("insert into note(body) values(?)", (line,))
    print("committed", flush=True)
"""
SLOW_SYNC = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <unistd.h>
int fdatasync(int fd)
{
    usleep(700 * 1000);
    return ((int (*)(int))dlsym(RTLD_NEXT, "fdatasync"))(fd);
}
"""


@pytest.fixture
def slow_sync(tmp_path):
    (tmp_path / "slow.c").write_text(SLOW_SYNC, encoding="ascii")
    library = tmp_path / "slow.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, tmp_path / "slow.c"], check=True)
    return library


def wait_for(condition, seconds):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def newest(holdfast):
    points = holdfast.json("list", "-r", "repo")["databases"]
    return points[0]["points"][-1]["point"] if points and points[0]["points"] else 0


def test_it_is_in_the_repository_soon_after_it_is_published(holdfast, tmp_path, db, slow_sync):
    holdfast("init", "-r", "repo")
    replicator = holdfast.start("replicate", "--db", db, "-r", "repo", "--sync-interval", "200ms",
                                "--log", "json")
    writer = subprocess.Popen([sys.executable, "-c", WRITER, db], text=True, stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE,
                              env={**holdfast.environment, "LD_PRELOAD": str(slow_sync)})
    try:
        wait_for(lambda: newest(holdfast), 20)
        for _ in range(3):
            before = newest(holdfast)
            writer.stdin.write("slow\n")
            writer.stdin.flush()
            assert writer.stdout.readline() == "committed\n"
            wait_for(lambda before=before: newest(holdfast) > before, 5)
    finally:
        writer.kill()
        writer.communicate()
        replicator.terminate()
        replicator.communicate(timeout=20)
    holdfast("restore", "-r", "repo", "--to", "restored.db")
    assert conftest.content(tmp_path / "restored.db") == conftest.content(db)
