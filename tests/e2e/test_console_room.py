"""Room for a restore: of a trial and of the restore itself, each on a small disk of its own, which takes
the right to mount."""
import os
import pathlib
import socket
import subprocess
import types

import pytest

import conftest
from console_rig import Console

POINTS, PLANS = "/api/v1/databases/app/points", "/api/v1/databases/app/restore-plans"

# The disk is gone with the last process that sees it.
SCRIPT = """#!/bin/sh
exec unshare {namespace} sh -c 'mount -t tmpfs -o size={size} none full && {prepare} && exec "$@"' sh {program} "$@"
"""


@pytest.fixture(name="db")
def large_database(tmp_path):
    path = tmp_path / "app.db"
    conftest.make(path, rows=10)
    connection = conftest.connect(path)
    connection.executemany("insert into note(extra) values(?)",
                           ((os.urandom(1000),) for _ in range(1000)))
    connection.close()
    return path


def on_a_small_disk(holdfast, size, prepare):
    """A holdfast that sees the folder 'full' as a disk of this size."""
    folder = holdfast.folder
    (folder / "full").mkdir()
    namespace = "-m" if os.geteuid() == 0 else "-rm"
    can = subprocess.run(["unshare", namespace, "mount", "-t", "tmpfs", "none", "full"], cwd=folder,
                         capture_output=True, check=False)
    if can.returncode:
        pytest.skip("may not mount: " + can.stderr.decode().strip())
    script = folder / "holdfast-on-a-small-disk"
    script.write_text(SCRIPT.format(namespace=namespace, size=size, prepare=prepare,
                                    program=holdfast.path), encoding="utf-8")
    script.chmod(0o755)
    return types.SimpleNamespace(path=str(script), folder=folder, environment=holdfast.environment)


@pytest.fixture(name="started")
def consoles():
    running = []

    def start(*arguments, **options):
        running.append(Console(*arguments, "-r", "repo", **options).start())
        client = running[-1].client()
        client.set_up()
        client.folder = pathlib.Path(f"/proc/{running[-1].process.pid}/cwd")  # as it sees it
        return client

    yield start
    for console in running:
        console.stop()


def test_no_room_for_the_trial_is_told_before_anything_is_written(holdfast, db, started):
    small = on_a_small_disk(holdfast, "600k", "true")
    client = started(small, "--db", db, env={"HOLDFAST_STATE_DIR": str(holdfast.folder / "full")})
    point = client.job(POINTS)["point"]
    error = client.job(PLANS, {"point": point}, state="failed")
    assert error["code"] == "no_space"
    assert "a restore is tried out first, which needs 1." in error["text"]
    assert "/full/" in error["text"] and "KiB left" in error["text"]
    assert "where it is restored to" not in error["text"]


def test_too_little_room_at_the_target_is_told_with_the_preview(holdfast, db, started):
    small = on_a_small_disk(holdfast, "2m", f"cp {db} full/app.db")
    client = started(small, "--db", "full/app.db",
                     env={"HOLDFAST_STATE_DIR": str(holdfast.folder / "state")})
    point = client.job(POINTS)["point"]
    preflight = client.job(PLANS, {"point": point})["preflight"]
    assert preflight["room_needed"] == preflight["bytes_restored"] > 1_000_000
    assert preflight["room"] < preflight["room_needed"] and not preflight["enough_room"]


def test_both_are_told_when_both_are_short(holdfast, db, started):
    small = on_a_small_disk(holdfast, "2m", f"cp {db} full/app.db")
    client = started(small, "--db", "full/app.db")
    point = client.job(POINTS)["point"]
    text = client.job(PLANS, {"point": point}, state="failed")["text"]
    assert "where it is restored to, '" in text and text.count("KiB left") == 2


def test_no_room_to_look_into_a_repository_is_told_before_anything_is_written(holdfast, db, started):
    holdfast("backup", "--db", db, "-r", "far")
    small = on_a_small_disk(holdfast, "600k", "true")
    client = started(small, "--db", db, env={"HOLDFAST_STATE_DIR": str(holdfast.folder / "full")})
    error = client.job("/api/v1/setup/sources", {"repository": str(holdfast.folder / "far")},
                       state="failed")
    assert error["code"] == "no_space" and "/full/" in error["text"]


UPLOADS = "/api/v1/setup/uploads"
MEBIBYTE = b"x" * (1 << 20)


def test_no_room_for_a_small_file_is_not_its_fault(holdfast, db, started):
    small = on_a_small_disk(holdfast, "600k", "true")
    client = started(small, "--db", db, env={"HOLDFAST_STATE_DIR": str(holdfast.folder / "full")})
    answer = client.ask("POST", UPLOADS, raw=b"{}")
    assert (answer.status, answer.error["code"]) == (507, "no_space")
    assert "no room" in answer.error["text"]


def test_a_disk_that_fills_while_a_file_is_sent_is_told_and_freed(holdfast, db, started):
    small = on_a_small_disk(holdfast, "80m", "true")
    client = started(small, "--db", db, env={"HOLDFAST_STATE_DIR": str(holdfast.folder / "full")})
    disk = client.folder / "full"

    def sent():
        yield MEBIBYTE
        (disk / "other").write_bytes(MEBIBYTE * 70)
        for _ in range(7):
            yield MEBIBYTE
    answer = client.ask("POST", UPLOADS, raw=sent(), headers={"Content-Length": str(8 << 20)})
    assert (answer.status, answer.error["code"]) == (507, "no_space")
    assert not [path for path in disk.glob("**/uploads/*") if path.is_file()]
    (disk / "other").unlink()
    assert client.ask("POST", UPLOADS, raw=MEBIBYTE).status == 201


def test_a_file_without_an_end_is_cut_off(holdfast, db, started):
    small = on_a_small_disk(holdfast, "600k", "true")
    client = started(small, "--db", db, env={"HOLDFAST_STATE_DIR": str(holdfast.folder / "full")})
    head = (f"POST {UPLOADS} HTTP/1.1\r\nHost: 127.0.0.1:{client.port}\r\nCookie: {client.cookie}\r\n"
            f"X-Holdfast-CSRF: {client.csrf}\r\nTransfer-Encoding: chunked\r\n\r\n")
    with socket.create_connection(("127.0.0.1", client.port), timeout=20) as connection:
        connection.sendall(head.encode())
        with pytest.raises(OSError):
            for _ in range(1000):
                connection.sendall(b"100000\r\n" + MEBIBYTE + b"\r\n")
    assert client.get("/api/v1/session")["state"] == "signed_in"
