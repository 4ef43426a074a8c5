"""Holdfast and Litestream as replicators: started beside an application, watched, ended, asked back."""

import glob
import os
import re
import shutil
import signal
import subprocess
import time

from contenders import Holdfast
from measure import Failed, bytes_below, run

LITESTREAM = "@flydotio/litestream@1.0.1"  # holds 0.3.13
TICKS = os.sysconf("SC_CLK_TCK")
PATIENCE = 120


def family(pid):
    """A process and all below it."""
    found, look = [], [pid]
    while look:
        one = look.pop()
        found.append(one)
        for children in glob.glob(f"/proc/{one}/task/*/children"):
            try:
                with open(children, encoding="ascii") as text:
                    look += map(int, text.read().split())
            except OSError:
                pass
    return found


def processor(pid):
    """Seconds used by a process, and by those below it that have ended."""
    with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return sum(map(int, fields[11:15])) / TICKS


def number_in(path, name):
    with open(path, encoding="ascii", errors="replace") as text:
        return int(re.search(rf"^{name}:\s*(\d+)", text.read(), re.M)[1])


class Usage:
    """What a running process and those below it have used so far."""

    def __init__(self, pid):
        pids = family(pid)
        self.cpu = sum(map(processor, pids))
        self.memory = sum(number_in(f"/proc/{one}/status", "VmHWM") * 1024 for one in pids)
        self.written = sum(number_in(f"/proc/{one}/io", "write_bytes") for one in pids)


class Replicator:
    """Knows how to start; `folder`, `stored`, `environment` are a contender's."""

    def start(self):
        self.started = time.time()
        self.log = open(os.path.join(self.folder, "log"), "w+b")  # pylint: disable=R1732
        self.child = subprocess.Popen(self.command(), cwd=self.folder, env=self.environment,
                                      stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        until = time.monotonic() + PATIENCE
        while not self.has_all():
            self.must_live()
            if time.monotonic() > until:
                raise Failed(f"{self.name} has no first snapshot after {PATIENCE} s")
            time.sleep(0.02)
        self.first = time.time() - self.started

    def must_live(self):
        if self.child.poll() is not None:
            with open(self.log.name, encoding="utf-8", errors="replace") as text:
                raise Failed(f"{self.name} ended with {self.child.returncode}: {text.read()[-2000:]}")

    def usage(self):
        self.must_live()
        return Usage(self.child.pid)

    def end(self):
        self.child.send_signal(signal.SIGTERM)
        code = self.child.wait(PATIENCE)
        self.log.close()
        return code

    def remove(self):
        if self.child.poll() is None:
            self.child.kill()
            self.child.wait()
        shutil.rmtree(self.folder)

    def arrivals(self):
        """[(time that it speaks for, time when it was there)] of what was stored, seconds."""
        return [(self.speaks_for(path), os.stat(path).st_ctime) for path in self.increments()]

    def stored_by_increments(self):
        return sum(map(os.path.getsize, self.increments()))


class HoldfastReplicates(Replicator, Holdfast):
    options = ()

    def command(self):
        return [self.program, "replicate", "--db", self.database, "--repository", self.stored,
                "--keyfile", self.keyfile, *self.options]

    def has_all(self):
        return bool(glob.glob(self.stored + "/databases/*/segments/*/0000000000000001-*"))

    def increments(self):
        """Level 0, but what is from the first state on."""
        return [path for path in glob.glob(self.stored + "/databases/*/segments/0/*")
                if not os.path.basename(path).startswith("0000000000000001-")]

    def speaks_for(self, path):
        return int(os.path.basename(path).split(".")[2]) / 1000

    def restore_at(self, moment):
        """Milliseconds are what is promised: what was committed within this one may be there."""
        text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(moment)) + f".{int(moment * 1000) % 1000:03}Z"
        return self.verb("restore", "--to", self.target, "--at", text)


class GentleHoldfast(HoldfastReplicates):
    name = "holdfast --gentle"
    options = ("--gentle",)


class Litestream(Replicator):
    name = "litestream"

    def __init__(self, scratch, database, program):
        self.database, self.program = database, program
        self.folder = os.path.join(scratch, self.name)
        self.stored = os.path.join(self.folder, "replica")
        self.target = os.path.join(self.folder, "restored")
        os.makedirs(self.folder)
        self.environment = {"PATH": os.environ["PATH"], "HOME": self.folder, "SCRATCH": scratch}
        self.config = os.path.join(self.folder, "litestream.yml")
        with open(self.config, "w", encoding="ascii") as out:
            out.write(f"dbs:\n  - path: {database}\n    replicas:\n      - type: file\n"
                      f"        path: {self.stored}\n        sync-interval: 1s\n")

    def command(self):
        return [self.program, "replicate", "-config", self.config]

    def run(self, *command):
        return run(command, cwd=self.folder, env=self.environment)

    def bytes(self):
        return bytes_below(self.stored)

    def has_all(self):
        return bool(glob.glob(self.stored + "/generations/*/snapshots/*.lz4")) and self.increments()

    def increments(self):
        return glob.glob(self.stored + "/generations/*/wal/*.lz4")

    def speaks_for(self, path):
        return os.stat(path).st_ctime

    def restore(self):
        return self.run(self.program, "restore", "-config", self.config, "-o", self.target,
                        self.database)

    def restore_at(self, moment):
        text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(moment)) + f".{int(moment * 1000) % 1000:03}Z"
        return self.run(self.program, "restore", "-config", self.config, "-o", self.target,
                        "-timestamp", text, self.database)

    def remove(self):
        super().remove()
        beside = os.path.join(os.path.dirname(self.database),
                              f".{os.path.basename(self.database)}-litestream")
        shutil.rmtree(beside, ignore_errors=True)


def litestream_program(build):
    """Installed under `build` where npm can; else None, and why."""
    found = os.path.join(build, "litestream", "node_modules", "@flydotio", "litestream-*", "litestream")
    if not glob.glob(found):
        folder = os.path.join(build, "litestream")
        os.makedirs(folder, exist_ok=True)
        try:
            done = subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix",
                                   folder, LITESTREAM], capture_output=True, text=True, timeout=300,
                                  check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            return None, str(error)
        if done.returncode or not glob.glob(found):
            return None, "npm could not install it: " + (done.stderr.strip().splitlines() or [""])[-1]
    return glob.glob(found)[0], ""


def litestream_version(program):
    return subprocess.run([program, "version"], capture_output=True, text=True,
                          check=True).stdout.strip()
