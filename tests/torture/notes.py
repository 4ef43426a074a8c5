"""What the application remembers outside its database: which states it meant to make, which it
was told were made, and when.

Each process appends to a file of its own, a line at once, so that what it knew survives its own
kill -9. A line is `<kind> <microseconds since 1970> <word>...`:

    meant     GENERATION N CHAIN   written just before COMMIT
    made      GENERATION N CHAIN   written after COMMIT said ok
    failed    GENERATION N CHAIN   COMMIT said no
    gone      GENERATION           the file of this generation is about to be deleted or replaced
    refused   SECONDS WHAT         SQLite said busy, after that wait
    slow      SECONDS WHAT         it took that long
    error     WHAT                 an error that a disturbed machine explains
    alarm     WHAT                 what must never be
    did       WHAT                 for who reads it afterwards
"""

import bisect
import glob
import os
import time
from dataclasses import dataclass, field


def now():
    return time.time_ns() // 1000


class Notes:
    """Appended to by one process."""

    def __init__(self, folder, name):
        self.fd = os.open(os.path.join(folder, name + ".notes"),
                          os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)

    def write(self, kind, *words):
        line = " ".join([kind, str(now()), *map(str, words)]).replace("\n", " ")
        os.write(self.fd, line.encode(errors="replace") + b"\n")


@dataclass
class Generation:
    """One file under the database's name, from its first commit until it was gone."""
    born: int
    made: dict = field(default_factory=dict)  # n -> chain
    meant: dict = field(default_factory=dict)  # (n, chain) -> first time
    times: list = field(default_factory=list)  # of `made`, in order ...
    reached: list = field(default_factory=list)  # ... and the highest n until then


class Past:
    """All states that the database went through, from every process's notes."""

    def __init__(self, folder):
        self.generations = {}
        self.alarms, self.refused, self.slow, self.errors = [], [], [], []
        self.gone = {}  # generation -> when
        self.commits = 0
        made = []
        for path in sorted(glob.glob(os.path.join(glob.escape(folder), "*.notes"))):
            with open(path, encoding="utf-8", errors="replace") as lines:
                for line in lines:
                    if line.endswith("\n"):  # else a kill cut it
                        self.take(os.path.basename(path)[:-6], line.split(), made)
        for at, number, n, chain in sorted(made):
            generation = self.generations.setdefault(number, Generation(at))
            generation.made[n] = chain
            generation.times.append(at)
            generation.reached.append(max(n, generation.reached[-1] if generation.reached else 0))
        self.commits = len(made)

    def take(self, who, words, made):
        kind, at = words[0], int(words[1])
        if kind in ("meant", "made"):
            number, n, chain = int(words[2]), int(words[3]), words[4]
            if kind == "made":
                made.append((at, number, n, chain))
            else:
                meant = self.generations.setdefault(number, Generation(at)).meant
                meant[n, chain] = min(at, meant.get((n, chain), at))
        elif kind == "gone":
            self.gone[int(words[2])] = at
        elif kind in ("refused", "slow"):
            getattr(self, kind).append((at, who, float(words[2]), " ".join(words[3:])))
        elif kind in ("alarm", "error"):
            getattr(self, kind + "s").append((at, who, " ".join(words[2:])))

    def acknowledged(self, at):
        """The generation that was live at this moment, and the highest n acknowledged in it."""
        live = None
        for number, generation in self.generations.items():
            if generation.times and generation.times[0] <= at:
                live = max(number, live or number)
        if live is None:
            return 0, 0
        generation = self.generations[live]
        return live, generation.reached[bisect.bisect_right(generation.times, at) - 1]

    def was_without_tables(self, since, until):
        """True when, within these moments, the file was gone or its first commit was not made yet."""
        births = sorted(g.times[0] for g in self.generations.values() if g.times)
        for gone in [0, *self.gone.values()]:
            born = next((birth for birth in births if birth > gone), until)
            if gone <= until and born >= since:
                return True
        return False

    def passed_through(self, number, n, chain):
        """None, or why the database was never in this state."""
        generation = self.generations.get(number)
        if not generation:
            return f"there never was a generation {number}"
        if n in generation.made:
            if generation.made[n] != chain:
                return f"transaction {n} was committed with another chain"
            return None
        if (n, chain) not in generation.meant:
            return f"nobody ever meant a transaction {n} with this chain"
        return None
