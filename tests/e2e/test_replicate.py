"""`holdfast replicate` as a person meets it, and the same under `holdfast run`."""
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import pytest

import conftest
from console_rig import descendants
from films_rig import wait_for


@pytest.fixture
def replicate(holdfast):
    """Starts one, with its standard error in a file; ends what a test leaves."""
    running = []

    class Running:
        def __init__(self, *options):
            self.log = holdfast.folder / f"log-{len(running)}"
            with open(self.log, "w", encoding="utf-8") as file:
                self.process = subprocess.Popen(
                    [holdfast.path, "replicate", *map(str, options)], cwd=holdfast.folder,
                    env=holdfast.environment, stderr=file, text=True, start_new_session=True)
            running.append(self)

        @property
        def err(self):
            return self.log.read_text(encoding="utf-8")

        def stop(self, number=signal.SIGTERM, send=os.kill):
            send(self.process.pid, number)
            return self.process.wait(60)

    def start(*options):
        quickly = () if "--sync-interval" in options else ("--sync-interval", "100ms")
        return Running(*quickly, *options)

    yield start
    for one in running:
        if one.process.poll() is None:
            one.process.kill()
        one.process.wait()


def live(holdfast, *options):
    """What status says of the only database, where something looks after it; else {}."""
    shown = holdfast.unchecked("status", "--db", "app.db", "-r", "repo", "--json", *options)
    databases = json.loads(shown.out).get("databases") or [{}] if shown.out else [{}]
    return databases[0].get("live") or {}


def until_followed(holdfast, capture="wal"):
    wait_for(lambda: live(holdfast).get("capture") == capture, "following", seconds=30)


def until_stored(holdfast, db, name="app"):
    """Until the newest point restores to what the database holds."""
    def is_stored():
        (holdfast.folder / "out.db").unlink(missing_ok=True)
        done = holdfast.unchecked("restore", name, "-r", "repo", "--to", "out.db")
        return done.code == 0 and conftest.content(holdfast.folder / "out.db") == \
            conftest.content(db)
    wait_for(is_stored, "the newest commit in the repository")


def note(db, text):
    conftest.execute(db, f"insert into note(body) values('{text}')")


def reasons(holdfast, name="app"):
    points = holdfast.json("list", name, "-r", "repo")["databases"][0]["points"]
    return [point["reason"] for point in points]


def test_commits_are_in_the_repository_while_the_application_writes(holdfast, db, replicate):
    running = replicate("--db", db, "-r", "repo")
    until_followed(holdfast)
    for text in ("one", "two", "three"):
        note(db, text)
        until_stored(holdfast, db)
    assert reasons(holdfast)[-3:] == ["continuous"] * 3
    assert running.stop() == 0
    assert "all that was committed is in the repository" in running.err


def test_nohup_holds(holdfast, db, replicate):
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does: what is started has it so
    try:
        running = replicate("--db", db, "-r", "repo")
    finally:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
    until_followed(holdfast)
    os.killpg(running.process.pid, signal.SIGHUP)
    note(db, "after the terminal was closed")
    until_stored(holdfast, db)
    assert running.stop() == 0


def signal_all(pid, number):
    """As systemd ends a service: all of its processes at once."""
    for process in (pid, *map(int, descendants(pid))):
        os.kill(process, number)


@pytest.mark.parametrize("send", [os.kill, os.killpg, signal_all])  # killpg: as a terminal does
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT])
def test_asked_to_end_it_stores_what_is_left(holdfast, db, replicate, number, send):
    running = replicate("--db", db, "-r", "repo", "--sync-interval", "1h")
    until_followed(holdfast)
    note(db, "at the last moment")
    assert running.stop(number, send) == 0
    holdfast("restore", "app", "-r", "repo", "--to", "out.db")
    assert conftest.content(holdfast.folder / "out.db") == conftest.content(db)
    assert not live(holdfast)


def test_any_moment_can_be_restored_to_within_the_interval(holdfast, db, replicate):
    running = replicate("--db", db, "-r", "repo")
    until_followed(holdfast)
    moments = []
    for i in range(4):
        note(db, f"moment {i}")
        until_stored(holdfast, db)
        moments.append((time.time(), conftest.content(db)))
        time.sleep(0.002)  # the next commit is in another millisecond
    assert running.stop() == 0
    for when, wanted in moments:
        at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(when)) + f".{int(when * 1000) % 1000:03}Z"
        (holdfast.folder / "then.db").unlink(missing_ok=True)
        holdfast("restore", "app", "-r", "repo", "--to", "then.db", "--at", at)
        assert conftest.content(holdfast.folder / "then.db") == wanted


def test_status_tells_how_it_is_captured_and_that_nothing_waits(holdfast, db, replicate):
    replicate("--db", db, "-r", "repo")
    until_followed(holdfast)
    note(db, "seen")
    until_stored(holdfast, db)
    wait_for(lambda: live(holdfast)["lag_ms"] == 0, "no lag")
    shown = live(holdfast)
    assert shown["command"] == "replicate" and shown["replicator"] == "running"
    assert shown["pending_since"] is None and shown.get("failing") is None
    assert shown["last_scan"]["reason"] == "protection begins"
    assert shown["bytes_day"] > 0
    text = holdfast("status", "--db", db, "-r", "repo").out
    assert "wal" in text


def test_status_counts_lag_while_something_waits(holdfast, db, replicate):
    replicate("--db", db, "-r", "repo", "--sync-interval", "1h")
    until_followed(holdfast)
    note(db, "waits")
    wait_for(lambda: live(holdfast)["lag_ms"] > 0, "lag")
    assert live(holdfast)["pending_since"]


def test_a_second_holdfast_is_refused(holdfast, db, replicate):
    first = replicate("--db", db, "-r", "repo")
    until_followed(holdfast)
    second = replicate("--db", db, "-r", "repo")
    wait_for(lambda: second.process.poll() is not None or "another" in second.err
             or "locked" in second.err.lower(), "a word about the first")
    note(db, "by the first")
    until_stored(holdfast, db)
    second.stop()
    assert first.stop() == 0


def test_another_hosts_history_needs_to_be_taken_over(holdfast, tmp_path, db, replicate):
    holdfast("backup", "--db", db, "-r", "repo")
    (tmp_path / "elsewhere").mkdir()
    other = tmp_path / "elsewhere/app.db"
    shutil.copy(db, other)
    refused = replicate("--db", other, "-r", "repo")
    assert refused.process.wait(60) == 9, refused.err
    assert "--take-over" in refused.err
    running = replicate("--db", other, "-r", "repo", "--take-over")
    wait_for(lambda: holdfast.json("status", "--db", other, "-r", "repo")["databases"][0]
             .get("live", {}).get("capture") == "wal", "following")
    note(other, "mine now")
    until_stored(holdfast, other)
    assert running.stop() == 0


def test_killed_it_goes_on_without_a_scan(holdfast, db, replicate):
    running = replicate("--db", db, "-r", "repo")
    until_followed(holdfast)
    # A reader keeps the log as it is: one that begins anew meanwhile is looked through.
    keeper = conftest.connect(db)
    note(db, "read")
    keeper.execute("begin")
    keeper.execute("select count(*) from note").fetchall()
    note(db, "before")
    until_stored(holdfast, db)
    running.stop(signal.SIGKILL)
    note(db, "meanwhile")
    before = reasons(holdfast).count("scan")
    wait_for(lambda: not live(holdfast), "the end of its child")
    again = replicate("--db", db, "-r", "repo")
    until_followed(holdfast)
    until_stored(holdfast, db)
    assert live(holdfast).get("last_scan") is None
    assert reasons(holdfast).count("scan") == before
    assert again.stop() == 0
    keeper.close()


def child_of(process):
    with open(f"/proc/{process.pid}/task/{process.pid}/children", encoding="ascii") as file:
        return [int(pid) for pid in file.read().split()]


def test_a_replicator_that_died_is_started_again(holdfast, db, replicate):
    running = replicate("--db", db, "-r", "repo")
    until_followed(holdfast)
    children = child_of(running.process)
    os.kill(children[0], signal.SIGKILL)
    wait_for(lambda: child_of(running.process) not in ([], children), "another one")
    until_followed(holdfast)
    note(db, "after it")
    until_stored(holdfast, db)
    assert "again" in running.err
    assert running.stop() == 0


def test_a_replicator_that_hangs_is_replaced(holdfast, db, replicate):
    running = replicate("--db", db, "-r", "repo")
    until_followed(holdfast)
    children = child_of(running.process)
    os.kill(children[0], signal.SIGSTOP)
    wait_for(lambda: child_of(running.process) not in ([], children), "another one")
    note(db, "after it")
    until_stored(holdfast, db)
    assert running.stop() == 0


def test_a_rollback_database_is_put_in_wal_mode_and_that_is_said(holdfast, tmp_path, replicate):
    db = tmp_path / "app.db"
    conftest.make(db, journal="delete")
    running = replicate("--db", db, "-r", "repo")
    until_followed(holdfast)
    assert "put in WAL mode" in running.err
    assert running.stop() == 0
    assert conftest.connect(db).execute("pragma journal_mode").fetchone() == ("wal",)


def test_one_that_stays_in_its_mode_is_scanned(holdfast, tmp_path, replicate):
    db = tmp_path / "app.db"
    conftest.make(db, journal="delete")
    running = replicate("--db", db, "-r", "repo", "--capture", "scan")
    until_followed(holdfast, "scan")
    note(db, "seen by looking")
    until_stored(holdfast, db)
    assert running.stop() == 0
    assert conftest.connect(db).execute("pragma journal_mode").fetchone() == ("delete",)


def test_files_that_a_pattern_matches_are_taken_in(holdfast, tmp_path, replicate):
    (tmp_path / "tenants").mkdir()
    for i in range(20):
        conftest.make(tmp_path / f"tenants/t{i}.db", rows=20)
    (tmp_path / "holdfast.yml").write_text(
        "repository: repo\ndatabases:\n  - path: tenants/*.db\n  - path: later.db\n", "utf-8")
    running = replicate()

    def followed():
        shown = holdfast.unchecked("status", "--json").json
        return {entry["name"] for entry in shown.get("databases", []) if (entry.get("live") or {}).get("capture") == "wal"}
    wait_for(lambda: len(followed()) == 20, "twenty")
    conftest.make(tmp_path / "tenants/new.db", rows=20)
    conftest.make(tmp_path / "later.db", rows=20)
    wait_for(lambda: {"new", "later"} <= followed(), "the new ones")
    children = child_of(running.process)
    os.kill(children[0], signal.SIGKILL)  # the next one finds them again
    wait_for(lambda: child_of(running.process) not in ([], children), "another one")
    for name in ("tenants/t3", "tenants/new", "later"):
        note(tmp_path / f"{name}.db", "of one of many")
        until_stored(holdfast, tmp_path / f"{name}.db", name.rpartition("/")[2])
    assert running.stop() == 0


def test_an_unreachable_repository_is_said_and_the_end_is_a_failure(holdfast, tmp_path, db, replicate):
    running = replicate("--db", db, "-r", "repo")
    until_followed(holdfast)
    (tmp_path / "repo").rename(tmp_path / "away")
    note(db, "nowhere to go")
    wait_for(lambda: "No such file" in running.err, "a word about it")
    assert running.stop() != 0
    assert "may not be" in running.err or "cannot" in running.err or "No such file" in running.err
    shutil.rmtree(tmp_path / "repo", ignore_errors=True)
    (tmp_path / "away").rename(tmp_path / "repo")
    again = replicate("--db", db, "-r", "repo")
    until_stored(holdfast, db)
    assert again.stop() == 0


def test_a_backup_while_it_runs_is_its_own_point(holdfast, db, replicate):
    running = replicate("--db", db, "-r", "repo", "--sync-interval", "1h")
    until_followed(holdfast)
    note(db, "before the upgrade")
    holdfast("backup", "--db", db, "-r", "repo", "--label", "before upgrade")
    holdfast("restore", "app", "-r", "repo", "--to", "out.db", "--point", "before upgrade")
    assert conftest.content(holdfast.folder / "out.db") == conftest.content(db)
    assert running.stop() == 0


def test_the_log_can_be_json(holdfast, db, replicate):
    holdfast("init", "-r", "repo")
    running = replicate("--db", db, "-r", "repo", "--log", "json")
    until_followed(holdfast)
    note(db, "a point")
    until_stored(holdfast, db)
    assert running.stop() == 0
    lines = [json.loads(line) for line in running.err.splitlines()]
    events = {line["event"] for line in lines}
    assert {"started", "point", "stopped"} <= events
    assert all(set(line) == {"time", "event", "database", "text", "fields"} for line in lines)
    point = [line for line in lines if line["event"] == "point"][-1]
    assert point["database"] == "app" and point["fields"]["pages_stored"] > 0
    page = open(os.path.join(os.path.dirname(__file__), "../../docs/json.md"), encoding="utf-8")
    with page:
        documented = set(re.findall(r"[a-z_]+", " ".join(re.findall(r"`([^`]*)`", page.read()))))
    assert events | set(point["fields"]) <= documented


@pytest.mark.parametrize("options, code, complaint", [
    (["--sync-interval", "soon"], 3, "sync-interval"),
    (["--sync-interval", "-1s"], 3, "sync-interval"),
    (["--capture", "telepathy"], 3, "capture"),
    (["--capture", "off"], 3, "nothing to do"),
    (["--keep", "forever"], 3, "keep"),
    (["--keep-zone", "mars"], 3, "keep-zone"),
    (["--log", "xml"], 3, "log"),
    (["--gentel"], 2, "--gentle"),
    (["nobody"], 3, "nobody"),
])
def test_wrong_input_is_refused_at_once(holdfast, db, options, code, complaint):
    holdfast("replicate", "--db", db, "-r", "repo", *options, code=code).says(complaint)


@pytest.mark.parametrize("options, code, complaint", [
    (["--sync-interval", "soon"], 3, "--sync-interval"),
    (["--stop-timeout", "soon"], 3, "--stop-timeout"),
    (["--keep", "5"], 3, "--keep: "),
    (["--keep-zone", "mars"], 3, "--keep-zone"),
    (["--gentel"], 2, "--gentle"),
])
@pytest.mark.parametrize("verb, command", [("run", ["--", "true"]), ("replicate", [])])
def test_run_has_what_replicate_has(holdfast, db, verb, command, options, code, complaint):
    holdfast(verb, "--db", db, "-r", "repo", *options, *command, code=code).says(complaint)


def test_without_a_database_it_says_how_one_is_given(holdfast):
    holdfast("replicate", "-r", "repo", code=3).says("no database is given")


APPLICATION = """
import signal, sqlite3, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
c = sqlite3.connect("app.db", timeout=10, isolation_level=None)
while True:
    c.execute("insert into note(body) values('by the application')")
    signal.sigtimedwait([], 0.02)
"""


@pytest.fixture
def run(holdfast, db):
    """`holdfast run` with an application that writes all the time; ended with the test."""
    running = []

    def start(*options):
        with open(holdfast.folder / "run.log", "w", encoding="utf-8") as log:
            running.append(subprocess.Popen(
                [holdfast.path, "run", "--db", db, "-r", "repo", "--sync-interval", "100ms", "--gentle",
                 *options, "--", sys.executable, "-c", APPLICATION], cwd=holdfast.folder,
                env=holdfast.environment, stderr=log))
        return running[-1]

    yield start
    for process in running:
        process.terminate()
        process.wait(60)


def test_run_makes_points_while_the_application_writes(holdfast, db, run):
    process = run()
    until_followed(holdfast)
    wait_for(lambda: reasons(holdfast).count("continuous") >= 3, "three points")
    holdfast("backup", "--db", db, "-r", "repo", "--label", "while it writes")
    holdfast("restore", "app", "-r", "repo", "--to", "out.db", "--point", "while it writes")
    assert conftest.content(holdfast.folder / "out.db")
    process.terminate()
    assert process.wait(60) == 0
    holdfast("restore", "app", "-r", "repo", "--to", "last.db")
    assert conftest.content(holdfast.folder / "last.db") == conftest.content(db)


def test_run_with_capture_off_takes_the_points_of_the_boot_alone(holdfast, db, run):
    process = run("--capture", "off")
    before = conftest.connect(db)
    seen = before.execute("select count(*) from note").fetchone()[0]
    wait_for(lambda: before.execute("select count(*) from note").fetchone()[0] > seen + 20,
             "an application that writes")
    before.close()
    assert "continuous" not in reasons(holdfast)
    assert not live(holdfast).get("capture")
    process.terminate()
    assert process.wait(60) == 0
    assert "continuous" not in reasons(holdfast)


def test_every_hazard_on_its_page_has_the_test_that_it_names():
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    with open(os.path.join(root, "docs/replicate.md"), encoding="utf-8") as file:
        rows = re.findall(r"^\|.*\| `(tests/[^`]+)`(?:: `(\w+)`)? \|$", file.read(), re.MULTILINE)
    assert len(rows) > 25
    for path, name in rows:
        with open(os.path.join(root, path), encoding="utf-8") as file:
            assert name in file.read(), (path, name)
