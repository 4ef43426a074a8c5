"""What the documentation promises is what the program does."""
import os
import re
import subprocess

import pytest

import conftest
from test_usage import VERBS

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def read(*parts):
    with open(os.path.join(ROOT, *parts), encoding="utf-8") as file:
        return file.read()


@pytest.mark.parametrize("verb", VERBS)
def test_the_manual_page_has_every_option(holdfast, verb):
    manual = read("docs", "holdfast.1").replace("\\-", "-")
    assert verb.split()[-1] in manual
    for option in re.findall(r"--[a-z][a-z-]*", holdfast(*verb.split(), "--help").out):
        assert option in manual or option == "--help", option


def keys_of(value):
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from keys_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from keys_of(inner)


def test_every_json_field_is_documented(holdfast, tmp_path, db):
    (tmp_path / "key").write_bytes(bytes(range(40)))
    (tmp_path / "holdfast.yml").write_text("repository: repo\ndatabase: app.db\n",
                                           encoding="utf-8")
    shown = [holdfast.json("init"), holdfast.json("backup"), holdfast.json("test-restore"),
             holdfast.json("list"), holdfast.json("status"), holdfast.json("config", "check"),
             holdfast.json("restore", "--dry-run"), holdfast.json("restore", "--to", "out.db"),
             holdfast.json("restore"), holdfast.json("check", "--repair", "--yes"),
             holdfast.json("key", "add", "--new-keyfile", "key", "--slot-name", "mine"),
             holdfast.json("key", "list"), holdfast.json("key", "kit"),
             holdfast.json("key", "rotate-slot", "mine", "--new-keyfile", "key"),
             holdfast.unchecked("restore", "--point", "99", "--json").json]
    conftest.flip(next((tmp_path / "repo/databases").rglob("segments/0/*")), 300)
    shown.append(holdfast.unchecked("check", "--read-data", "--json").json)
    documented = set(re.findall(r"[a-z_]+", " ".join(re.findall(r"`([^`]*)`",
                                                                read("docs", "json.md")))))
    used = {key for value in shown for key in keys_of(value)}
    assert len(used) > 60
    assert used - documented == set()


def test_completion_offers_verbs_and_options(holdfast):
    script = ('source "$1"; complete_for() { COMP_WORDS=(holdfast "$@"); '
              "COMP_CWORD=$#; _holdfast; echo ${COMPREPLY[@]}; }; "
              "complete_for ke; complete_for key r; complete_for restore --d")
    path = os.path.dirname(os.path.abspath(holdfast.path))
    done = subprocess.run(["bash", "-c", script, "bash",
                           os.path.join(ROOT, "completions", "holdfast.bash")],
                          env={**holdfast.environment, "PATH": f"{path}:/usr/bin:/bin"}, text=True,
                          capture_output=True, check=True)
    assert done.stdout.splitlines() == ["key", "remove rotate-slot", "--db --delta --dry-run"]
