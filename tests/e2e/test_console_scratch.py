"""Files that the console's workers make for a while: there as long as they are needed, whatever becomes
of the console, and gone afterwards, whatever becomes of the worker."""
import contextlib
import json
import os
import signal

import pytest

from console_rig import PASSWORD, locked, wait_for
from test_console_setup import run_console, sent  # pylint: disable=unused-import
from test_profile import FILLED, MIDDLE, exported, lists, make


@pytest.fixture(name="folder")
def console_folder(tmp_path):
    return tmp_path / "dev.db-holdfast-console"


def names(folder, of):
    return [path.name for path in (folder / of).iterdir()] if (folder / of).exists() else []


def restart(console):
    first = console.serving()
    os.kill(first, signal.SIGKILL)

    def again():
        with contextlib.suppress(OSError):
            return console.serving() not in (None, first) and console.answers()
        return False
    wait_for(again, "the next console")


def sqlite_backup(tmp_path):
    return make(tmp_path / "older.db", MIDDLE, *FILLED, "pragma journal_mode=delete").read_bytes()


def restore(client, raw):
    source = client.job("/api/v1/setup/sources", {"upload": sent(client, raw)})
    return client.post("/api/v1/setup/restores",
                       {"source": source["source"], "accept_failed_tests": True,
                        "password": PASSWORD}, 202)["job"]


def test_a_restore_goes_on_with_its_files_when_the_console_is_killed_and_starts_again(
        console, client, folder, tmp_path):
    raw = sqlite_backup(tmp_path)
    with locked(tmp_path / "dev.db"):
        job = restore(client, raw)
        wait_for(lambda: any("restore" in name and name[0] != "." for name in
                             names(folder, "scratch")), "what it works with")
        record = folder / "jobs" / f"{job}.json"
        worker = json.loads(record.read_text(encoding="utf-8"))["process"]
        os.kill(worker, signal.SIGSTOP)
    try:
        restart(console)
        assert client.get(f"/api/v1/jobs/{job}")["state"] == "running"
        assert all(job in name for name in names(folder, "scratch"))
        assert not names(folder, "uploads")  # nobody can come back to them
    finally:
        os.kill(worker, signal.SIGCONT)
    ended = wait_for(lambda: (now := client.get(f"/api/v1/jobs/{job}"))["state"] != "running" and now,
                     "the outcome")
    assert ended["state"] == "done", ended["error"]
    assert [row[0] for row in lists(tmp_path / "dev.db")] == ["ann"] * 3 + ["bo"] * 2
    assert not names(folder, "scratch")


def test_a_look_that_is_stopped_leaves_nothing_of_the_backup(client, folder, holdfast, tmp_path):
    large = make(tmp_path / "large.db", "create table secret(id integer primary key, value text)",
                 "with recursive n(i) as (values(1) union all select i + 1 from n where i < 200000)"
                 " insert into secret select i, hex(randomblob(40)) from n")
    job = client.post("/api/v1/setup/sources",
                      {"upload": sent(client, exported(holdfast, large).read_bytes())}, 202)["job"]
    wait_for(lambda: names(folder, "scratch"), "what is unpacked")
    assert client.ask("DELETE", f"/api/v1/jobs/{job}").status < 300
    wait_for(lambda: client.get(f"/api/v1/jobs/{job}")["state"] == "failed", "its end")
    assert not names(folder, "scratch")
