"""Processes that the harness starts, stops, kills and starts again. None outlives it."""

import ctypes
import os
import signal
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None, use_errno=True)


def die_with_parent():
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def descendants(pid):
    """This process and all below it, as far as they live."""
    parents = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as stat:
                    fields = stat.read().rsplit(")", 1)[1].split()
            except OSError:
                continue
            if fields[0] != "Z":
                parents.setdefault(int(fields[1]), []).append(int(name))
    found, look = [], [pid]
    while look:
        one = look.pop()
        found.append(one)
        look += parents.get(one, [])
    return found


def signal_all(pids, number):
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass


def gone(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


class Process:
    """One command, which may be started many times; what it says goes to numbered files."""

    def __init__(self, name, command, logs, environment=None):
        self.name, self.command, self.logs = name, list(map(str, command)), logs
        self.environment = environment
        self.starts = 0
        self.child = None

    def start(self):
        self.starts += 1
        self.log = os.path.join(self.logs, f"{self.name}-{self.starts}.log")
        with open(self.log, "wb") as log:
            self.child = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=log,
                                          stderr=log, env=self.environment,
                                          preexec_fn=die_with_parent)  # pylint: disable=W1509

    def has_spoken(self):
        """True once it has written something: it has its signal handlers by then."""
        return os.path.getsize(self.log) > 0

    def lives(self):
        return self.child is not None and self.child.poll() is None

    def processes(self):
        return descendants(self.child.pid) if self.lives() else []

    def kill(self):
        """-9 to all of it. Returns those that outlived it by 5 s: none should."""
        family = self.processes()
        signal_all(family, signal.SIGKILL)
        return self.outlived(family)

    def outlived(self, family):
        if self.child:
            self.child.wait()
        deadline = time.monotonic() + 5
        while (left := [pid for pid in family if not gone(pid)]) and time.monotonic() < deadline:
            time.sleep(0.01)
        signal_all(left, signal.SIGKILL)
        return left

    def terminate(self, patience):
        """Exit code after SIGTERM, or None when it did not end in time and was killed."""
        deadline = time.monotonic() + 2  # one that just starts may not know the signal yet
        while self.lives() and not self.has_spoken() and time.monotonic() < deadline:
            time.sleep(0.01)
        family = self.processes()
        self.child.terminate()
        try:
            code = self.child.wait(patience)
        except subprocess.TimeoutExpired:
            self.kill()
            return None
        self.outlived(family)
        return code

    def tail(self, count=6):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return "".join(log.readlines()[-count:]).strip()


def actor(stage, kind, name, seed, slot=0):
    return Process(name, [sys.executable, "-B", os.path.join(HERE, "actors.py"), kind, stage.folder,
                          name, seed, slot], stage.logs)
