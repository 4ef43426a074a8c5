"""The command line itself: help, mistakes, exit codes, where text goes."""
import os
import pty
import re
import subprocess

import pytest

import conftest

VERBS = ["run", "replicate", "serve", "init", "backup", "list", "restore", "check", "test-restore",
         "follow", "status", "prune", "pin", "unpin",
         "export", "import", "key list", "key add", "key remove", "key rotate-slot",
         "key kit", "config check", "console reset-password"]


def test_help_fits_a_screen_and_names_every_verb(holdfast):
    shown = holdfast("--help").out.splitlines()
    assert len(shown) <= 36
    assert max(map(len, shown)) <= 80
    for verb in VERBS:
        assert any(line.startswith(f"  {verb} ") for line in shown)


@pytest.mark.parametrize("verb", VERBS)
def test_help_of_a_verb_fits_a_screen(holdfast, verb):
    shown = holdfast(*verb.split(), "--help").out.splitlines()
    assert shown[0].startswith(f"usage: holdfast {verb}")
    assert len(shown) <= (42 if verb == "run" else 38)
    assert max(map(len, shown)) <= 100


def test_version_is_one_line(holdfast):
    assert holdfast("--version").out.startswith("holdfast 0.")


def test_no_verb_is_a_usage_error(holdfast):
    assert holdfast(code=2).says("no verb is given").out == ""


@pytest.mark.parametrize("typed, meant", [("bakcup", "backup"), ("lst", "list"),
                                          ("test-restor", "test-restore"),
                                          ("config chekc", "config check")])
def test_a_mistyped_verb_gets_the_nearest(holdfast, typed, meant):
    holdfast(*typed.split(), code=2).says("there is no verb", f"did you mean 'holdfast {meant}'?")


def test_half_a_verb_gets_the_rest(holdfast):
    holdfast("key", code=2).says("'key' is half a verb", "'key rotate-slot'")


def test_a_mistyped_option_gets_the_nearest(holdfast):
    holdfast("backup", "--lable", "x", code=2).says("no option '--lable'", "'--label'")


def test_errors_are_json_too_when_asked_for(holdfast):
    outcome = holdfast("backup", "--json", "--lable", code=2)
    assert outcome.json["error"]["code"] == "usage"
    assert outcome.json["error"]["exit"] == 2
    assert "--lable" in outcome.json["error"]["text"]
    assert "--label" in outcome.json["error"]["hint"]
    assert outcome.json["holdfast"]["verb"] == "backup"


@pytest.mark.parametrize("verb, instead", [("run", "--log json"), ("replicate", "--log json"),
                                           ("serve", "holdfast status --json")])
def test_what_goes_on_refuses_to_tell_what_came_of_it(holdfast, db, verb, instead):
    assert not re.search("--json +one JSON object", holdfast(verb, "--help").out)
    command = ["--", "true"] if verb == "run" else []
    outcome = holdfast(verb, "--json", "--db", db, "-r", "repo", *command, code=2)
    outcome.says(f"'{verb}' goes on", instead)
    assert outcome.json["error"]["code"] == "usage" and instead in outcome.json["error"]["hint"]
    assert not (holdfast.folder / "repo").exists()


def test_without_a_database_or_repository_the_setting_is_named(holdfast):
    holdfast("backup", "-r", "repo", code=3).says("no database is given", "HOLDFAST_DB")
    holdfast("list", code=3).says("no repository is given", "HOLDFAST_REPOSITORY")


def test_without_a_repository_history_is_kept_beside_the_database(holdfast, tmp_path, db):
    assert holdfast.json("backup", "--db", db)["repository"] == str(tmp_path / "backups")
    holdfast("restore", "--db", db, "--to", "out.db")
    assert conftest.content(tmp_path / "out.db") == conftest.content(db)


def test_a_file_that_is_named_without_its_option(holdfast, db):
    holdfast("backup", "app.db", "-r", "repo", code=3).says(
        "'app.db' is not a configured database", "a file is given with --db")


@pytest.mark.parametrize("label, complaint", [("x" * 129, "at most 128 bytes"),
                                              ("two\nlines", "one line"), ("\033[2J", "one line"),
                                              (b"\xff", "UTF-8")])
def test_a_label_that_could_not_be_typed_again_is_refused(holdfast, tmp_path, db, label, complaint):
    label = label if isinstance(label, str) else os.fsdecode(label)
    holdfast("backup", "--db", db, "-r", "repo", "--label", label, code=2).says(complaint)
    assert not (tmp_path / "repo").exists()
    holdfast("backup", "--db", db, "-r", "repo", "--label", "é" * 64)
    holdfast("restore", "-r", "repo", "--to", "out.db", "--point", "é" * 64)


def test_output_that_cannot_be_written_is_a_failure(holdfast):
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run([holdfast.path, "--help"], stdout=full, stderr=subprocess.PIPE,
                              text=True, check=False)
    assert done.returncode == 1
    assert "standard output" in done.stderr


def test_a_terminal_sees_progress_and_a_pipe_does_not(holdfast, tmp_path, db):
    ours, theirs = pty.openpty()
    with subprocess.Popen([holdfast.path, "backup", "--db", db, "-r", tmp_path / "repo"],
                          stdout=subprocess.PIPE, stderr=theirs, env=holdfast.environment) as run:
        os.close(theirs)
        seen = b""
        try:
            while piece := os.read(ours, 4096):
                seen += piece
        except OSError:
            pass  # Linux says so when the other end is closed
        assert run.wait() == 0
    os.close(ours)
    assert b"made repository" in seen
    holdfast("init", "-r", "other")
    assert "\033" not in holdfast("backup", "--db", db, "-r", "other").err
