"""Runs commands and measures them: wall time, processor time, peak memory."""

import dataclasses
import os
import shutil
import statistics
import subprocess
import tempfile
import time

GNU_TIME = "/usr/bin/time"


@dataclasses.dataclass
class Cost:
    """Of one command, or of several one after another."""
    wall: float
    cpu: float
    memory: int  # bytes, of the largest process

    def __add__(self, other):
        return Cost(self.wall + other.wall, self.cpu + other.cpu, max(self.memory, other.memory))


class Failure(Exception):
    """A command that should have succeeded did not."""


def run(command, env=None, cwd=None):
    """Runs one command and returns its Cost; Failure with what it said when it fails.

    Memory is taken by GNU time: what wait4() reports to this process is never less than this
    process itself, from which the child was forked.
    """
    with tempfile.NamedTemporaryFile("r") as told, tempfile.TemporaryFile() as said:
        os.sync()  # so that nobody pays for what the one before left to write
        started = time.perf_counter()
        child = subprocess.Popen([GNU_TIME, "-f", "%M", "-o", told.name, *map(str, command)],
                                 stdin=subprocess.DEVNULL, stdout=said, stderr=said, cwd=cwd,
                                 env={**os.environ, **(env or {})})
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.perf_counter() - started
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            said.seek(0)
            raise Failure(f"{' '.join(map(str, command))}: exit code {child.returncode}\n"
                          f"{said.read().decode(errors='replace')[-2000:]}")
        kilobytes = int(told.read().split()[-1])
        return Cost(wall, usage.ru_utime + usage.ru_stime, kilobytes * 1024)


def median(costs):
    """The median of each quantity by itself; for memory the largest."""
    return Cost(statistics.median(cost.wall for cost in costs),
                statistics.median(cost.cpu for cost in costs),
                max(cost.memory for cost in costs))


def size_of(path):
    """Bytes of a file, or of all files in a folder."""
    if os.path.isfile(path):
        return os.path.getsize(path)
    return sum(os.path.getsize(os.path.join(folder, name))
               for folder, _, names in os.walk(path) for name in names)


def remove(path):
    if os.path.isdir(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.unlink(path)
