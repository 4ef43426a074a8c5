"""Runs commands and measures them: wall time, processor time, peak memory."""

import os
import subprocess
import time
from dataclasses import dataclass

GNU_TIME = "/usr/bin/time"


@dataclass
class Cost:
    """Of one command, or of several one after another."""
    wall: float  # seconds
    cpu: float  # seconds
    memory: int  # bytes, of the largest process

    def then(self, other):
        return Cost(self.wall + other.wall, self.cpu + other.cpu, max(self.memory, other.memory))


class Failed(Exception):
    """A command that should have succeeded did not."""


def run(command, *, cwd=None, env=None, output=subprocess.DEVNULL):
    """Runs one command and returns its Cost; Failed with what it said when it fails.

    `env` has SCRATCH, a folder for what is noted meanwhile. Memory is taken by GNU time: what
    wait4() reports to this process is never less than this process, from which the child came.
    """
    os.sync()  # so that nobody pays for what the one before left to write
    noted = os.path.join(env["SCRATCH"], "memory")
    with open(os.path.join(env["SCRATCH"], "stderr"), "w+b") as errors:
        started = time.monotonic()
        child = subprocess.Popen([GNU_TIME, "-f", "%M", "-o", noted, *command], cwd=cwd, env=env,
                                 stdin=subprocess.DEVNULL, stdout=output, stderr=errors)
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.monotonic() - started
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            errors.seek(0)
            raise Failed(f"{' '.join(command)}: exit code {child.returncode}: "
                         f"{errors.read(4096).decode(errors='replace')}")
    with open(noted, encoding="ascii") as text:
        kilobytes = int(text.read().split()[-1])
    return Cost(wall, usage.ru_utime + usage.ru_stime, kilobytes * 1024)


def bytes_below(path):
    """Bytes of a file, or of all files in a folder."""
    if os.path.isfile(path):
        return os.path.getsize(path)
    return sum(os.path.getsize(os.path.join(folder, name))
               for folder, _, names in os.walk(path) for name in names)
