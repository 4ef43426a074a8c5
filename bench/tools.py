"""Holdfast and its peers, each as the same few commands.

A tool keeps everything under its own folder. `backup` may be called again after the database has
changed; `restore` writes the newest state to `target`, which is not there; what a tool does not
have is None.
"""

import os
import pathlib

from measure import remove, run, size_of

SECRET = "a passphrase that is long enough to be nobody's business"


class Tool:
    name = ""
    exact = True  # restores the very bytes of the file
    check = check_data = restore_delta = nothing_changed = None

    def __init__(self, folder, database):
        self.folder = pathlib.Path(folder)
        self.database = database
        self.repository = self.folder / "repository"
        self.env = {}
        remove(self.folder)
        self.folder.mkdir(parents=True)
        self.prepare()

    def prepare(self):
        """What is done once, and not measured."""

    def bytes(self):
        return size_of(self.repository)


class Holdfast(Tool):
    name = "Holdfast"
    program = "holdfast"

    def prepare(self):
        keyfile = self.folder / "key"
        keyfile.write_bytes(os.urandom(64))
        self.common = ["--db", self.database, "--repository", self.repository, "--keyfile", keyfile,
                       "--state-dir", self.folder / "state"]
        self.verb("init")

    def verb(self, *words):
        return run([self.program, *words, *self.common])

    def backup(self):
        return self.verb("backup")

    nothing_changed = backup

    def restore(self, target):
        return self.verb("restore", "--to", target)

    def restore_delta(self, target):
        return self.verb("restore", "--delta", "--to", target)

    def check(self):
        return self.verb("check")

    def check_data(self):
        return self.verb("check", "--read-data")


class Restic(Tool):
    name = "restic"

    def prepare(self):
        password = self.folder / "password"
        password.write_text(SECRET)
        self.env = {"RESTIC_REPOSITORY": str(self.repository), "RESTIC_PASSWORD_FILE": str(password),
                    "RESTIC_CACHE_DIR": str(self.folder / "cache")}
        self.verb("init")

    def verb(self, *words):
        return run(["restic", *words], self.env)

    def backup(self):
        return self.verb("backup", self.database)

    nothing_changed = backup

    def restore(self, target):
        whole = self.folder / "restored"
        remove(whole)
        cost = self.verb("restore", "latest", "--target", whole)
        os.rename(str(whole) + str(self.database), target)
        return cost

    def check(self):
        return self.verb("check")

    def check_data(self):
        return self.verb("check", "--read-data")


class Borg(Tool):
    name = "borg (zstd 3)"
    points = 0

    def prepare(self):
        self.env = {"BORG_REPO": str(self.repository), "BORG_PASSPHRASE": SECRET,
                    "BORG_BASE_DIR": str(self.folder / "base")}
        self.verb("init", "--encryption", "repokey")

    def verb(self, *words, cwd=None):
        return run(["borg", *words], self.env, cwd)

    def backup(self):
        self.points += 1
        return self.verb("create", "--compression", "zstd,3", f"::point-{self.points}", self.database)

    nothing_changed = backup

    def restore(self, target):
        whole = self.folder / "restored"
        remove(whole)
        whole.mkdir()
        cost = self.verb("extract", f"::point-{self.points}", cwd=whole)
        os.rename(str(whole) + str(self.database), target)
        return cost

    def check(self):
        return self.verb("check")

    def check_data(self):
        return self.verb("check", "--verify-data")


class CopyAndZstd(Tool):
    """What many do by hand: SQLite's own copy, compressed as one stream. Not encrypted."""
    name = "`sqlite3 .backup` + `zstd -3 -T0`"
    exact = False

    def bytes(self):
        return size_of(self.folder / "copy.zst")

    def backup(self):
        copy = self.folder / "copy"
        remove(copy)
        return (run(["sqlite3", self.database, f".backup {copy}"]) +
                run(["zstd", "-q", "-3", "-T0", "-f", "--rm", copy, "-o", self.folder / "copy.zst"]))

    def restore(self, target):
        return run(["zstd", "-q", "-d", self.folder / "copy.zst", "-o", target])

    def check_data(self):
        return run(["zstd", "-q", "-t", self.folder / "copy.zst"])


class Zstd(CopyAndZstd):
    """The limit: only compression, of a file that nobody writes to. Not encrypted."""
    name = "`zstd -3 -T0` of the file alone"
    restore = check_data = None

    def backup(self):
        return run(["zstd", "-q", "-3", "-T0", "-f", self.database, "-o", self.folder / "copy.zst"])


PEERS = (Restic, Borg, CopyAndZstd, Zstd)
