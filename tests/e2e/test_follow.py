"""A read replica, followed by the program and read by Python's own sqlite3 meanwhile."""
import contextlib
import json
import os
import random
import signal
import subprocess
import threading
import time

import pytest

import conftest


def wait_until(condition, seconds=30):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.01)


class Follower:
    """A running `holdfast follow`, with the lines of its log."""

    def __init__(self, holdfast, *arguments):
        self.process = holdfast.start("follow", "app", "-r", "repo", "--to", "replica.db",
                                      "--interval", "20ms", "--log", "json", *arguments)
        self.lines = []
        self.thread = threading.Thread(target=self.read)
        self.thread.start()

    def read(self):
        for line in self.process.stderr:
            self.lines.append(json.loads(line))

    def events(self, name):
        return [line for line in self.lines if line["event"] == name]

    def point(self):
        steps = [line["fields"]["point"] for line in self.lines if "point" in line["fields"]]
        return steps[-1] if steps else 0

    def wait_for(self, point):
        wait_until(lambda: self.point() == point or self.process.poll() is not None)
        assert self.point() == point, self.lines

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        code = self.process.wait(30)
        self.thread.join()
        self.process.stdout.close()
        self.process.stderr.close()
        return code


@contextlib.contextmanager
def following(holdfast, *arguments):
    follower = Follower(holdfast, *arguments)
    try:
        yield follower
    finally:
        if follower.process.poll() is None:
            follower.end()


def back_up(holdfast, db):
    return holdfast.json("backup", "--db", db, "-r", "repo")["databases"][0]["point"]


@pytest.fixture
def ledger(holdfast, tmp_path):
    """A database whose every transaction has its number in many places."""
    path = tmp_path / "app.db"
    conftest.make(path, rows=300)
    conftest.execute(path, "create table ledger(id integer primary key, number, filler)",
                     "insert into ledger(number, filler) select 0, randomblob(700) from note")
    back_up(holdfast, path)
    return path


def book(db, number):
    conftest.execute(db, "begin", f"update ledger set number = {number}",
                     f"update ledger set filler = randomblob({300 + number * 37 % 600}) "
                     f"where id % 7 = {number % 7}",
                     f"create table if not exists extra_{number % 5}(number)",
                     f"insert into extra_{number % 5} values({number})", "commit")


READER = """
import sqlite3, sys
connection = sqlite3.connect("replica.db", isolation_level=None, timeout=20)
seen = []
while True:
    connection.execute("begin")
    low, high, rows = connection.execute("select min(number), max(number), count(*) from ledger").fetchone()
    assert low == high and rows == 300, (low, high, rows)
    newest = max([0] + [connection.execute(f"select max(number) from {name}").fetchone()[0]
                        for name, in connection.execute(
                            "select name from sqlite_schema where name like 'extra_%'").fetchall()])
    assert newest == low, (newest, low)
    if not seen or seen[-1] != low:
        assert connection.execute("pragma integrity_check").fetchall() == [("ok",)]
        assert not seen or low > seen[-1], (seen, low)
        seen.append(low)
        print(low, flush=True)
    connection.execute("commit")
"""


def test_readers_see_whole_points_in_order(holdfast, tmp_path, ledger):
    with following(holdfast) as follower:
        follower.wait_for(1)
        readers = [subprocess.Popen(["/usr/bin/python3", "-c", READER], cwd=tmp_path, text=True,
                                    stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                   for _ in range(3)]
        for reader in readers:
            assert reader.stdout.readline() == "0\n"
        for number in range(1, 31):
            book(ledger, number)
            point = back_up(holdfast, ledger)
        follower.wait_for(point)
        for reader in readers:
            assert reader.poll() is None, reader.stderr.read()
            for line in reader.stdout:
                if line == "30\n":
                    break
            reader.kill()
            reader.communicate()
        assert conftest.content(tmp_path / "replica.db") == conftest.content(ledger)
        assert not follower.events("error"), follower.lines
    assert not (tmp_path / "replica.db-wal").exists()


def test_killed_again_and_again_readers_never_notice(holdfast, tmp_path, ledger):
    seed = int(os.environ.get("HOLDFAST_TEST_SEED", time.time_ns() % 10**9))
    print(f"HOLDFAST_TEST_SEED={seed}")
    chance = random.Random(seed)
    holdfast("follow", "app", "-r", "repo", "--to", "replica.db", "--once")
    readers = [subprocess.Popen(["/usr/bin/python3", "-c", READER], cwd=tmp_path, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)
               for _ in range(2)]
    for number in range(1, 26):
        book(ledger, number)
        back_up(holdfast, ledger)
        follower = Follower(holdfast)
        with contextlib.suppress(subprocess.TimeoutExpired):
            follower.process.wait(chance.uniform(0, 0.06))
        assert follower.end(signal.SIGKILL) == -signal.SIGKILL
    holdfast("follow", "app", "-r", "repo", "--to", "replica.db", "--once")
    for reader in readers:
        for line in reader.stdout:
            if line == "25\n":
                break
        assert reader.poll() is None, reader.stderr.read()
        reader.kill()
        reader.communicate()
    assert conftest.content(tmp_path / "replica.db") == conftest.content(ledger)


def test_a_long_reader_keeps_its_point_and_others_go_on(holdfast, tmp_path, ledger):
    replica = tmp_path / "replica.db"
    with following(holdfast) as follower:
        follower.wait_for(1)
        long = conftest.connect(replica)
        long.execute("begin")
        assert long.execute("select max(number) from ledger").fetchone() == (0,)
        book(ledger, 1)
        point = back_up(holdfast, ledger)
        wait_until(lambda: follower.events("error"))
        assert "long transaction" in follower.events("error")[0]["text"]
        for _ in range(20):
            other = conftest.connect(replica)
            assert other.execute("select max(number) from ledger").fetchone() == (0,)
            other.close()
        assert long.execute("select min(number) from ledger").fetchone() == (0,)
        long.execute("commit")
        follower.wait_for(point)
        assert long.execute("select min(number) from ledger").fetchone() == (1,)
        long.close()
        assert len(follower.events("error")) == 1
        wait_until(lambda: follower.events("recovered"))


def test_it_ends_cleanly_and_goes_on_after_any_pause(holdfast, tmp_path, ledger):
    for number, sign in enumerate([signal.SIGTERM, signal.SIGINT, signal.SIGTERM], start=1):
        with following(holdfast) as follower:
            point = number * 5 - 4
            follower.wait_for(point)
            assert conftest.content(tmp_path / "replica.db") == conftest.content(ledger)
            assert follower.end(sign) == 0
            assert follower.lines[-1]["event"] == "stopped"
            assert len(follower.events("created")) == (number == 1)
        for step in range(5):
            book(ledger, number * 10 + step)
            back_up(holdfast, ledger)


def test_once_catches_up_and_says_what_it_did(holdfast, tmp_path, ledger):
    arguments = ("follow", "-r", "repo", "--to", "replica.db", "--once")
    assert holdfast.json(*arguments)["change"] == "created"
    assert holdfast.json(*arguments)["change"] == "nothing"
    book(ledger, 1)
    back_up(holdfast, ledger)
    done = holdfast.json(*arguments)
    assert (done["change"], done["point_before"], done["point"]) == ("advanced", 1, 2)
    book(ledger, 2)
    back_up(holdfast, ledger)
    assert "went to point 3" in holdfast(*arguments).out
    assert conftest.content(tmp_path / "replica.db") == conftest.content(ledger)


def test_an_idle_replica_is_not_written_to(holdfast, tmp_path, ledger):
    with following(holdfast) as follower:
        follower.wait_for(1)
        before = (tmp_path / "replica.db").stat()
        looks = follower_reads(follower)
        wait_until(lambda: follower_reads(follower) > looks + 20)
        after = (tmp_path / "replica.db").stat()
        assert (before.st_mtime_ns, before.st_ctime_ns) == (after.st_mtime_ns, after.st_ctime_ns)
        assert len(follower.lines) == 1
    assert ledger.exists()


def follower_reads(follower):
    """Voluntary context switches: it has woken up so many times."""
    with open(f"/proc/{follower.process.pid}/status", encoding="ascii") as status:
        return int(next(line for line in status
                        if line.startswith("voluntary_ctxt_switches")).split()[1])


def test_a_repository_that_is_gone_for_a_while_is_told_once(holdfast, tmp_path, ledger):
    with following(holdfast) as follower:
        follower.wait_for(1)
        (tmp_path / "repo").rename(tmp_path / "away")
        wait_until(lambda: follower.events("error"))
        conftest.content(tmp_path / "replica.db")
        (tmp_path / "away").rename(tmp_path / "repo")
        book(ledger, 1)
        follower.wait_for(back_up(holdfast, ledger))
        wait_until(lambda: follower.events("recovered"))
        assert len(follower.events("error")) == 1


def test_what_is_no_replica_is_refused(holdfast, tmp_path, ledger):
    conftest.make(tmp_path / "precious.db", rows=10)
    before = (tmp_path / "precious.db").read_bytes()
    arguments = ("follow", "app", "-r", "repo", "--to", "precious.db")
    holdfast(*arguments, code=9).says("not a replica of this database", "--overwrite")
    holdfast(*arguments, "--once", code=9)
    told = json.loads(holdfast(*arguments, "--log", "json", code=9).err)
    assert told["event"] == "error" and "--overwrite" in told["fields"]["hint"]
    assert (tmp_path / "precious.db").read_bytes() == before
    reader = conftest.connect(tmp_path / "precious.db")  # has it open already, and will read it
    file = (tmp_path / "precious.db").stat().st_ino
    holdfast(*arguments, "--once", "--overwrite", code=4)
    reader.close()
    holdfast(*arguments, "--once", "--overwrite")
    assert conftest.content(tmp_path / "precious.db") == conftest.content(ledger)
    assert (tmp_path / "precious.db").stat().st_ino == file
    book(ledger, 1)
    back_up(holdfast, ledger)
    holdfast(*arguments, "--once")
    assert conftest.content(tmp_path / "precious.db") == conftest.content(ledger)


def test_a_replica_of_another_database_is_refused(holdfast, tmp_path, ledger):
    conftest.make(tmp_path / "two.db", rows=10)
    holdfast("backup", "--db", "two.db", "-r", "repo")
    holdfast("follow", "app", "-r", "repo", "--to", "replica.db", "--once")
    holdfast("follow", "two", "-r", "repo", "--to", "replica.db", "--once", code=9)
    assert conftest.content(tmp_path / "replica.db") == conftest.content(ledger)


def test_wrong_usage_is_explained(holdfast, ledger):
    holdfast("follow", "-r", "repo", code=2).says("no file is given", "--to")
    holdfast("follow", "-r", "repo", "--to", "x.db", "--interval", "soon", code=2).says("soon")
    holdfast("follow", "-r", "repo", "--to", "x.db", "--json", code=2).says("--once")
    assert not os.path.exists(ledger.parent / "x.db")
    before = ledger.read_bytes()
    holdfast("follow", "--db", ledger, "-r", "repo", "--to", ledger, "--overwrite", "--once",
             code=2).says("the database 'app' itself")
    assert ledger.read_bytes() == before


def test_another_follower_is_refused(holdfast, ledger):
    with following(holdfast) as follower:
        follower.wait_for(1)
        holdfast("follow", "app", "-r", "repo", "--to", "replica.db", "--once",
                 code=4).says("keeps this replica up to date")
    assert ledger.exists()


def test_a_take_over_leads_it_to_the_new_timeline(holdfast, tmp_path, ledger):
    """The replica is at a point that the old host wrote after the new one had begun."""
    book(ledger, 1)
    back_up(holdfast, ledger)
    with following(holdfast) as follower:
        follower.wait_for(2)
    ours = next((tmp_path / "repo").rglob("0000000000000002-*"))
    kept = ours.read_bytes()
    ours.unlink()
    (tmp_path / "elsewhere").mkdir()
    other = tmp_path / "elsewhere" / "app.db"
    holdfast("restore", "app", "-r", "repo", "--point", "1", "--to", other)
    book(other, 7)
    holdfast("backup", "--db", other, "--name", "app", "-r", "repo", "--take-over")
    # What the old host had written comes back, and does not count.
    ours.write_bytes(kept)
    with following(holdfast) as follower:
        wait_until(lambda: follower.events("compared"))
        assert "had been taken over from" in follower.events("notice")[0]["text"]
        assert conftest.content(tmp_path / "replica.db") == conftest.content(other)


def test_a_history_that_is_thinned_out_all_the_time_is_followed(holdfast, tmp_path, ledger):
    """Each pause is longer than what retention keeps; sometimes the base moves past the replica."""
    seen = set()
    for number in range(1, 25):
        book(ledger, number)
        back_up(holdfast, ledger)
        if number % 2:
            holdfast("prune", "-r", "repo", "--keep-last", 1 + number % 5, "--grace", "0")
        if number % 3 == 0:
            done = holdfast.json("follow", "app", "-r", "repo", "--to", "replica.db", "--once")
            seen.add(done["change"])
            assert done["point"] == number + 1
            assert conftest.content(tmp_path / "replica.db") == conftest.content(ledger)
    assert {"created", "compared"} <= seen


def test_beside_replicate_it_follows_every_commit(holdfast, tmp_path, ledger):
    protector = holdfast.start("replicate", "--db", ledger, "-r", "repo", "--sync-interval",
                               "100ms", "-q")
    try:
        with following(holdfast) as follower:
            wait_until(lambda: follower.events("created"))
            reader = subprocess.Popen(["/usr/bin/python3", "-c", READER], cwd=tmp_path, text=True,
                                      stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            assert reader.stdout.readline() == "0\n"
            for number in range(1, 200):
                book(ledger, number)
            for line in reader.stdout:
                if line == "199\n":
                    break
            assert reader.poll() is None, reader.stderr.read()
            reader.kill()
            reader.communicate()
            assert not follower.events("error"), follower.lines
    finally:
        protector.terminate()
        protector.communicate(timeout=30)
    assert protector.returncode == 0
    assert conftest.content(tmp_path / "replica.db") == conftest.content(ledger)
