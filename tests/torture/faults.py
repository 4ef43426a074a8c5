"""What goes wrong around the replicator: its store fails, is slow, away or full; the database's disk
is full. Each fault begins and ends; while one lasts, nobody expects a point."""

import contextlib
import errno
import mmap
import os
import struct
import subprocess

from processes import HERE

ERRORS = (errno.EIO, errno.ENOSPC, errno.EACCES, errno.EROFS, errno.ESTALE)
DISK = 400 << 20


class Store:
    """A library in the replicator's process, which makes calls on the store fail or wait."""

    def __init__(self, stage, build):
        self.library = os.path.join(build, "failing_store.so")
        source = os.path.join(HERE, "failing_store.c")
        subprocess.run(["cc", "-std=gnu17", "-D_GNU_SOURCE", "-O2", "-fPIC", "-shared", "-o",
                        self.library, source], check=True)
        path = os.path.join(stage.folder, "failing")
        with open(path, "w+b") as control:
            control.truncate(mmap.PAGESIZE)
            self.memory = mmap.mmap(control.fileno(), mmap.PAGESIZE)
        self.folder, self.control = os.path.realpath(os.path.dirname(stage.repository)), path

    def environment(self):
        return {"LD_PRELOAD": self.library, "HOLDFAST_FAILING_FOLDER": self.folder,
                "HOLDFAST_FAILING_CONTROL": self.control}

    def set(self, per_mille=0, error=0, delay=0):
        struct.pack_into("<III", self.memory, 0, per_mille, error, int(delay * 1e6))

    @property
    def failed_calls(self):
        return struct.unpack_from("<I", self.memory, 12)[0]


class Disks:
    """Small file systems of their own for the database and the store, where they can be mounted."""

    def __init__(self, stage):
        self.mounted = []
        self.ballast = {}
        for path in (os.path.dirname(stage.database), os.path.dirname(stage.repository)):
            done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}", "none", path],
                                  capture_output=True, check=False)
            if done.returncode:
                self.release()
                break
            self.mounted.append(path)

    def fill(self, path, leave):
        """Leaves so many bytes."""
        space = os.statvfs(path)
        size = space.f_bavail * space.f_bsize - leave
        name = os.path.join(path, "ballast")
        with open(name, "wb") as ballast, contextlib.suppress(OSError):
            os.posix_fallocate(ballast.fileno(), 0, max(size, 1))
        self.ballast[path] = name

    def relieve(self, path):
        if name := self.ballast.pop(path, None):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(name)

    def release(self):
        for path in self.mounted:
            subprocess.run(["umount", "-l", path], check=False)
        self.mounted = []


class Faults:
    """Chooses a fault, begins it, and returns (name, what ends it, seconds it lasts)."""

    def __init__(self, rng, stage, store, disks):
        self.rng, self.stage, self.store, self.disks = rng, stage, store, disks
        self.away = stage.repository + ".away"

    def choose(self):
        faults = [self.refuses, self.flaky, self.flaky, self.slow, self.moved_away]
        if self.disks.mounted:
            faults += [self.store_full, self.database_full]
        return self.rng.choice(faults)()

    def refuses(self):
        self.store.set(1000, self.rng.choice(ERRORS))
        return "store refuses", self.store.set, self.rng.uniform(0.3, 8)

    def flaky(self):
        self.store.set(self.rng.choice((10, 50, 300)), self.rng.choice(ERRORS))
        return "store flaky", self.store.set, self.rng.uniform(1, 10)

    def slow(self):
        self.store.set(delay=self.rng.choice((0.02, 0.1, 0.5)))
        return "store slow", self.store.set, self.rng.uniform(1, 8)

    def moved_away(self):
        os.rename(self.stage.repository, self.away)
        return "store away", self.bring_back, self.rng.uniform(0.2, 5)

    def bring_back(self):
        """A store that is not there must not be made anew: the rename would fail."""
        if os.path.exists(self.stage.repository):
            raise FileExistsError("the repository was made anew while it was away")
        os.rename(self.away, self.stage.repository)

    def full(self, name, path, most):
        self.disks.fill(path, self.rng.choice((0, 20_000, 300_000)))
        return name, lambda: self.disks.relieve(path), self.rng.uniform(0.3, most)

    def store_full(self):
        return self.full("store full", os.path.dirname(self.stage.repository), 6)

    def database_full(self):
        return self.full("database's disk full", os.path.dirname(self.stage.database), 3)
