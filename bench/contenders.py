"""Holdfast and its peers: each knows how to do the steps that are measured.

A step returns a Cost, or is absent for a tool that has no such step. `folder` is the tool's own;
`stored` is all that must be kept to restore.
"""

import glob
import json
import os
import subprocess

from measure import bytes_below, run


class Contender:
    """What a tool needs to run: a folder of its own, and an environment without the person's."""

    def __init__(self, scratch, database):
        self.database = database
        self.folder = os.path.join(scratch, self.name)
        self.stored = os.path.join(self.folder, "repository")
        self.target = os.path.join(self.folder, "restored")
        os.makedirs(self.folder)
        self.environment = {"PATH": os.environ["PATH"], "HOME": self.folder, "LANG": "C.UTF-8",
                            "TZ": "UTC", "SCRATCH": scratch}

    def run(self, *command, **options):
        return run(command, cwd=self.folder, env=self.environment, **options)

    def bytes(self):
        return bytes_below(self.stored)


class Holdfast(Contender):
    name = "holdfast"

    def __init__(self, scratch, database, program):
        super().__init__(scratch, database)
        self.program = program
        self.keyfile = os.path.join(self.folder, "keyfile")
        with open(self.keyfile, "wb") as out:
            out.write(os.urandom(32))
        for beside in glob.glob(glob.escape(database) + "-holdfast*"):
            os.unlink(beside)
        self.verb("init")

    def verb(self, *words, **options):
        return self.run(self.program, *words, "--db", self.database, "--repository", self.stored,
                        "--keyfile", self.keyfile, "--quiet", **options)

    def backup(self):
        return self.verb("backup")

    def pages_read(self):
        """Of one more backup: how many pages it looked at."""
        with open(os.path.join(self.folder, "json"), "w+b") as out:
            self.verb("backup", "--json", output=out)
            out.seek(0)
            return next(item["pages_read"] for item in json.load(out)["databases"])

    def restore(self):
        return self.verb("restore", "--to", self.target)

    def restore_delta(self):
        return self.verb("restore", "--to", self.target, "--delta")

    def check_data(self):
        return self.verb("check", "--read-data")

    def check(self):
        return self.verb("check")


class Restic(Contender):
    name = "restic"

    def __init__(self, scratch, database):
        super().__init__(scratch, database)
        secret = os.path.join(self.folder, "password")
        with open(secret, "w", encoding="ascii") as out:
            out.write(os.urandom(16).hex())
        self.environment |= {"RESTIC_PASSWORD_FILE": secret, "RESTIC_REPOSITORY": self.stored,
                             "RESTIC_CACHE_DIR": os.path.join(self.folder, "cache")}
        self.run("restic", "init")

    def backup(self):
        return self.run("restic", "backup", self.database)

    def restore(self):
        return self.run("restic", "restore", "latest", "--target", self.target)

    def check_data(self):
        return self.run("restic", "check", "--read-data")


class Borg(Contender):
    name = "borg"

    def __init__(self, scratch, database):
        super().__init__(scratch, database)
        self.archives = 0
        self.environment |= {"BORG_PASSPHRASE": os.urandom(16).hex(), "BORG_REPO": self.stored,
                             "BORG_BASE_DIR": os.path.join(self.folder, "home")}
        self.run("borg", "init", "--encryption", "repokey")

    def backup(self):
        self.archives += 1
        return self.run("borg", "create", "--compression", "zstd,3", f"::{self.archives}",
                        self.database)

    def restore(self):
        os.mkdir(self.target)
        return run(("borg", "extract", f"::{self.archives}"), cwd=self.target,
                   env=self.environment)

    def check_data(self):
        return self.run("borg", "check", "--verify-data")


class CopyAndCompress(Contender):
    """SQLite's own consistent copy, then zstd: what many people's script does. Not encrypted."""

    name = "sqlite3 .backup + zstd -3"

    def __init__(self, scratch, database):
        super().__init__(scratch, database)
        os.mkdir(self.stored)
        self.packed = os.path.join(self.stored, "copy.zst")

    def backup(self):
        copy = os.path.join(self.folder, "copy")
        cost = self.run("sqlite3", self.database, f".backup '{copy}'").then(
            self.run("zstd", "-3", "-T0", "-q", "-f", copy, "-o", self.packed))
        os.unlink(copy)
        return cost

    def restore(self):
        return self.run("zstd", "-d", "-q", self.packed, "-o", self.target)

    def check_data(self):
        return self.run("zstd", "-t", "-q", self.packed)


class Compress(CopyAndCompress):
    """The file alone, as if nobody wrote to it: the limit. Not consistent and not encrypted."""

    name = "zstd -3 of the file"

    def backup(self):
        return self.run("zstd", "-3", "-T0", "-q", "-f", self.database, "-o", self.packed)


def versions(program):
    """One line that names what was measured."""
    def first_line(*command):
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\n")[0]
    zstd = first_line("zstd", "--version").split("v", 1)[1].split(",")[0]
    return ", ".join((first_line(program, "--version"),
                      " ".join(first_line("restic", "version").split()[:2]),
                      first_line("borg", "--version"), f"zstd {zstd}",
                      "sqlite3 " + first_line("sqlite3", "--version").split()[0]))
