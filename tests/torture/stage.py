"""The folder that a run happens in, and what its processes share there."""

import contextlib
import fcntl
import mmap
import os
import struct
import time

SLOTS = 64
STOP, GENERATION, FIRST_SLOT = 0, 1, 2


class Stage:
    """Paths; a stop flag, the live file's generation and each writer's last acknowledged transaction
    in shared memory; and the gate.

    Who has the database open holds the gate's lock shared. Who puts another file in its place holds
    it exclusively, as an application does that stops before its file is exchanged.
    """

    def __init__(self, folder):
        self.folder = folder
        self.database = os.path.join(folder, "db", "app.db")
        self.repository = os.path.join(folder, "store", "repository")
        self.notes, self.logs, self.restored = (os.path.join(folder, name)
                                                for name in ("notes", "logs", "restored"))
        self.gate = os.path.join(folder, "gate")
        self.wanted = os.path.join(folder, "gate.wanted")

    def build(self):
        for path in (os.path.dirname(self.database), os.path.dirname(self.repository), self.notes,
                     self.logs, self.restored):
            os.makedirs(path)
        with open(self.gate, "wb"):
            pass
        with open(os.path.join(self.folder, "shared"), "wb") as shared:
            shared.truncate(mmap.PAGESIZE)
        return self

    def attach(self):
        with open(os.path.join(self.folder, "shared"), "r+b") as shared:
            self.memory = mmap.mmap(shared.fileno(), mmap.PAGESIZE)
        return self

    def get(self, at):
        return struct.unpack_from("<Q", self.memory, 8 * at)[0]

    def put(self, at, value):
        struct.pack_into("<Q", self.memory, 8 * at, value)

    @property
    def stopping(self):
        return self.get(STOP) != 0

    @property
    def generation(self):
        return self.get(GENERATION)

    def acknowledge(self, slot, generation, n):
        """One word, so that nobody reads half of it."""
        self.put(FIRST_SLOT + slot, generation << 40 | n)

    def acknowledged(self, generation):
        """The highest transaction that any writer was told is in this generation's file."""
        words = (self.get(FIRST_SLOT + slot) for slot in range(SLOTS))
        return max((word & (1 << 40) - 1 for word in words if word >> 40 == generation), default=0)

    @contextlib.contextmanager
    def session(self):
        """While it lasts the database may be open. Leave when `somebody_waits`."""
        while self.somebody_waits() and not self.stopping:
            time.sleep(0.01)
        with open(self.gate, "rb") as gate:
            fcntl.flock(gate, fcntl.LOCK_SH)
            yield

    def somebody_waits(self):
        return os.path.exists(self.wanted)

    @contextlib.contextmanager
    def alone(self):
        """While it lasts no other process of the application has the database open."""
        with open(self.wanted, "wb"):
            pass
        try:
            with open(self.gate, "rb") as gate:
                fcntl.flock(gate, fcntl.LOCK_EX)
                yield
        finally:
            os.unlink(self.wanted)
