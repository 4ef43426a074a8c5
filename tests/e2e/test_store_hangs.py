"""The end beside a store that hangs, as a directory on a network mount that is dead does."""
import pathlib
import signal
import subprocess
import sys

import pytest

import conftest
from films_rig import wait_for
from preload_rig import preloaded

# While there is a file "hangs", whoever opens something of the repository waits for ever.
HANGING = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>
int open64(const char *path, int flags, ...)
{
    va_list more;
    va_start(more, flags);
    int mode = va_arg(more, int);
    va_end(more);
    while (strstr(path, "repo/") && !access("hangs", F_OK))
        pause();
    return ((int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open64"))(path, flags, mode);
}
int open(const char *path, int flags, ...) __attribute__((alias("open64")));
"""
APPLICATION = """
import signal, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))
while True:
    signal.pause()
"""


@pytest.fixture
def hanging(holdfast, tmp_path, db):
    """Starts a verb that follows, makes the store hang, and commits something; ends it."""
    variables = preloaded(tmp_path, "hanging", HANGING)
    running = []

    class Hanging:
        def __init__(self, verb, *more):
            self.log = pathlib.Path(tmp_path / "log")
            with open(self.log, "w", encoding="utf-8") as log:
                self.process = subprocess.Popen(
                    [holdfast.path, verb, "--db", db, "-r", "repo", "--sync-interval", "50ms",
                     *more], cwd=tmp_path, stderr=log,
                    env={**holdfast.environment, **variables, "HOLDFAST_STOP_TIMEOUT": "1500ms"})
            running.append(self.process)

            def live():
                shown = holdfast.unchecked("status", "--db", db, "-r", "repo", "--json")
                databases = shown.json.get("databases") or [{}]
                return databases[0].get("live") or {}
            wait_for(lambda: live().get("capture") == "wal", "following")
            (tmp_path / "hangs").touch()
            conftest.execute(db, "insert into note(body) values('never stored')")

        def end(self):
            self.process.send_signal(signal.SIGTERM)
            code = self.process.wait(30)
            (tmp_path / "hangs").unlink()
            return code

        @property
        def err(self):
            return self.log.read_text(encoding="utf-8")

    yield Hanging
    for process in running:
        if process.poll() is None:
            process.kill()
            process.wait()


def test_replicate_ends_within_its_stop_timeout_and_says_what_is_missing(holdfast, tmp_path, db,
                                                                         hanging):
    running = hanging("replicate")
    assert running.end() == 1
    assert "may not be in the repository" in running.err
    holdfast("backup", "--db", db, "-r", "repo")
    holdfast("restore", "app", "-r", "repo", "--to", "out.db")
    assert conftest.content(tmp_path / "out.db") == conftest.content(db)


def test_run_ends_as_its_application_did_and_says_what_is_missing(hanging):
    running = hanging("run", "--", sys.executable, "-c", APPLICATION)
    assert running.end() == 7
    assert "may not be in the repository" in running.err
