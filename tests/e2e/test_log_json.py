"""With --log json standard error is JSON from the first line to the last, whatever happens."""
import json
import os
import signal
import subprocess

import pytest

import conftest
from films_rig import wait_for


def lines_of(text):
    """Each line, which must be an object."""
    lines = [json.loads(line) for line in text.splitlines()]
    assert lines and all("time" in line and line["event"] and "text" in line for line in lines)
    return lines


def follow(holdfast, path, *arguments, **options):
    """Runs a verb that goes on until it has said what `ends` looks for; its log."""
    ends = options.pop("ends")
    log = path / "log"
    with open(log, "wb") as file:
        running = subprocess.Popen([holdfast.path, *arguments], stderr=file, cwd=path,
                                   env=holdfast.environment | options)
    try:
        wait_for(lambda: ends in log.read_bytes(), ends, seconds=15)
    finally:
        running.send_signal(signal.SIGTERM)
        running.wait(60)
    return lines_of(log.read_text(encoding="utf-8"))


def test_a_repository_that_replicate_makes_is_a_line_of_its_log(holdfast, tmp_path, db):
    lines = follow(holdfast, tmp_path, "replicate", "--db", db, "-r", "repo", "--log", "json",
                   ends=b'"wal"')
    assert lines[0]["event"] == "notice" and "made repository repo" in lines[0]["text"]
    assert {tuple(line) for line in lines} == {("time", "event", "database", "text", "fields")}


@pytest.mark.parametrize("verb, more", [("replicate", []), ("run", ["--", "true"]),
                                        ("follow", ["--to", "replica.db"])])
@pytest.mark.parametrize("wrong, code", [
    ({"options": ["--sync-intervall", "1s"]}, 2),
    ({"options": ["--capture", "telepathy"]}, 3),
    ({"env": {"HOLDFAST_SYNC_INTERVAL": "soon"}}, 3),
    ({"env": {"HOLDFAST_KEYFILE": "nowhere"}}, 3),
    ({"repository": "app.db"}, 5),
])
@pytest.mark.parametrize("given", [["--log", "json"], ["--log=json"], []])
def test_what_fails_at_once_is_a_line_with_its_exit_code(holdfast, db, verb, more, wrong, code,
                                                         given):
    if verb == "follow" and code == 3 and "options" in wrong:
        code = 2  # it has no such option
    env = {"HOLDFAST_LOG": "" if given else "json"} | wrong.get("env", {})
    done = holdfast(verb, *given, "--db", db, "-r", wrong.get("repository", "repo"),
                    *wrong.get("options", []), *more, env=env, code=code)
    last = lines_of(done.err)[-1]
    assert last["event"] == "error"
    assert last.get("step") or (last["fields"]["exit"] == code and last["fields"]["hint"])
    assert done.out == ""


@pytest.mark.parametrize("verb, more", [("replicate", []), ("run", ["--", "true"])])
def test_notices_about_settings_are_lines_too(holdfast, tmp_path, db, verb, more):
    (tmp_path / "holdfast.yml").write_text(
        f"log: json\nkeyfile: nowhere\ndatabases:\n  - path: {db.name}\n  - path: none/*.db\n",
        encoding="utf-8")
    first, *_, last = lines_of(holdfast(verb, *more, code=3).err)
    assert first["event"] == "notice" and "matches no file" in first["text"]
    assert last["event"] == "error"


def test_a_path_that_is_no_utf8_costs_no_line(holdfast, tmp_path):
    folder = os.fsencode(tmp_path) + b"/caf\xe9"
    os.makedirs(folder + b"/app.db-holdfast.sock/taken")  # so that nobody can listen there
    db = folder + b"/app.db"
    conftest.make(os.fsdecode(db))
    lines = follow(holdfast, tmp_path, "replicate", b"--db", db, b"-r", folder + b"/repo",
                   b"--log", b"json", ends=b'"wal"')
    assert any("no control socket" in line["text"] for line in lines if line["text"])
    assert any("made repository" in line["text"] and "caf?/repo" in line["text"]
               for line in lines if line["text"])
    assert any(line["event"] == "status" for line in lines)


def test_nor_does_it_in_what_the_replicator_says(holdfast, tmp_path):
    """It passes on what its process of its own says of a repository that is away."""
    folder = os.fsencode(tmp_path) + b"/caf\xe9"
    os.makedirs(folder)
    db = os.fsdecode(folder + b"/app.db")
    conftest.make(db)
    log = tmp_path / "log"
    with open(log, "wb") as file:
        running = subprocess.Popen(
            [holdfast.path, "replicate", "--db", db, "-r", folder + b"/repo", "--log", "json",
             "--sync-interval", "50ms"], stderr=file, cwd=tmp_path, env=holdfast.environment)
    try:
        wait_for(lambda: b'"wal"' in log.read_bytes(), "following", seconds=15)
        os.rename(folder + b"/repo", folder + b"/away")
        conftest.execute(db, "insert into note(body) values('never stored')")
        wait_for(lambda: any("caf?/repo" in (line["text"] or "") for line in
                             lines_of(log.read_text(encoding="utf-8"))), "a word about it",
                 seconds=15)
    finally:
        running.send_signal(signal.SIGTERM)
        running.wait(60)
    assert lines_of(log.read_text(encoding="utf-8"))[-1]["fields"]["exit"] == 5
