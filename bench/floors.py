"""What Holdfast must reach beside its peers, as numbers that a run passes or fails.

A ratio is taken within each round and the median of the rounds counts: what slows the machine for
a while slows both sides of a pair.
"""

import statistics
from dataclasses import dataclass


@dataclass
class Verdict:
    what: str
    measured: str
    floor: str
    passed: bool


def median(rounds, tool, step, field="wall"):
    return statistics.median(getattr(one[step][tool], field) for one in rounds)


def ratio(rounds, tool, step, against, against_step=None, field="wall"):
    """Median over rounds; a step's `field` of `tool` in relation to `against`."""
    return statistics.median(
        getattr(one[step][tool], field) / getattr(one[against_step or step][against], field)
        for one in rounds)


def at_most(what, value, limit, unit="", digits=2):
    return Verdict(what, f"{value:,.{digits}f}{unit}", f"{limit:,.{digits}f}{unit}", value <= limit)


def of_rounds(rounds, facts, tools):
    """The verdicts of the main run; those whose peer did not run are left out."""
    gigabytes = facts["database"] / 1e9
    found = []
    if "zstd -3 of the file" in tools:
        alone = "zstd -3 of the file"
        found += [
            at_most(f"first backup, time of `{alone}`",
                    ratio(rounds, "holdfast", "first backup", alone), 1.15, " x"),
            at_most(f"first backup, bytes of `{alone}`",
                    ratio(rounds, "holdfast", "first backup", alone, field="added"), 1.02, " x", 3)]
    found += [
        at_most("nothing changed", 1e3 * median(rounds, "holdfast", "nothing changed"), 20, " ms", 1),
        at_most("nothing changed, pages read", facts["pages read"], 0, "", 0),
        at_most("file touched, pages equal, a GB",
                median(rounds, "holdfast", "file touched") / gigabytes, 0.9, " s"),
        at_most("after 1 %, bytes of the changed pages as one stream of zstd -3",
                median(rounds, "holdfast", "after 1 %", "added") / facts["page floor"], 1.1, " x", 3),
    ]
    if "restic" in tools:
        found += [
            at_most("after 1 %, time of restic",
                    ratio(rounds, "holdfast", "after 1 %", "restic"), 1 / 7, " x", 3),
            at_most("restore, time of restic",
                    ratio(rounds, "holdfast", "restore", "restic"), 0.6, " x"),
            at_most("check of every byte, time of restic",
                    ratio(rounds, "holdfast", "check of every byte", "restic"), 0.25, " x")]
    found += [
        at_most("restore --delta onto a copy that differs in 1 %, time of a full restore",
                ratio(rounds, "holdfast", "restore --delta", "holdfast", "restore"), 1 / 3, " x"),
        at_most("check of the structure",
                1e3 * median(rounds, "holdfast", "check of the structure"), 100, " ms", 1),
        memory(rounds, "peak memory"),
    ]
    return found


def memory(rounds, what):
    return at_most(what, max(one[step]["holdfast"].memory
                             for one in rounds for step in one if "holdfast" in one[step]) / 1e6,
                   40, " MB", 1)
