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
             holdfast.json("list"), holdfast.json("pin", "1"), holdfast.json("unpin", "1"),
             holdfast.json("status"), holdfast.json("follow", "--to", "replica.db", "--once"),
             holdfast.json("config", "check"),
             holdfast.json("restore", "--dry-run"), holdfast.json("restore", "--to", "out.db"),
             holdfast.json("restore"), holdfast.json("check", "--repair", "--yes"),
             holdfast.json("key", "add", "--new-keyfile", "key", "--slot-name", "mine"),
             holdfast.json("key", "list"), holdfast.json("key", "kit"),
             holdfast.json("key", "rotate-slot", "mine", "--new-keyfile", "key"),
             holdfast.unchecked("restore", "--point", "99", "--json").json]
    for step in range(5, 8):
        conftest.execute(db, f"update note set body = 'other' where id = {step}")
        holdfast("backup")
    shown += [holdfast.json("prune", "--keep", "last:1", "--dry-run")]
    assert shown[-1]["databases"][0]["goes"]
    (tmp_path / "schema.sql").write_text("CREATE TABLE more(id INTEGER PRIMARY KEY);",
                                         encoding="utf-8")
    (tmp_path / "wrong.sql").write_text("CREATE TABLE (", encoding="utf-8")
    shown += [holdfast.json("schema", "plan", "--schema", "schema.sql"),
              holdfast.json("schema", "apply", "--schema", "schema.sql"),
              holdfast.json("schema", "show", "--schema", "schema.sql"),
              holdfast.unchecked("schema", "show", "--schema", "wrong.sql", "--json").json,
              holdfast.json("schema", "pull"), holdfast.json("export", "--to", "copy.json"),
              holdfast.json("import", "copy.json", "--merge")]
    conftest.flip(next((tmp_path / "repo/databases").rglob("segments/0/*")), 300)
    shown.append(holdfast.unchecked("check", "--read-data", "--json").json)
    documented = set(re.findall(r"[a-z_]+", " ".join(re.findall(r"`([^`]*)`",
                                                                read("docs", "json.md")))))
    used = {key for value in shown for key in keys_of(value)}
    assert len(used) > 60
    assert used - documented == set()


def test_every_setting_is_in_the_table_of_run_md(holdfast):
    table = read("docs", "run.md").split("## Settings")[1].split("## Users")[0]
    options = re.findall(r"^ .*?--([a-z-]+) [A-Z]", holdfast("run", "--help").out, re.MULTILINE)
    assert len(options) > 20
    for option in options:
        assert f"`{option}`" in table or f"`--{option}`" in table, option
        variable = "HOLDFAST_" + option.removesuffix("-file").upper().replace("-", "_")
        assert f"`{variable}`" in table, variable


def test_completion_offers_verbs_and_options(holdfast):
    script = ('source "$1"; complete_for() { COMP_WORDS=(holdfast "$@"); '
              "COMP_CWORD=$#; _holdfast; echo ${COMPREPLY[@]}; }; "
              "complete_for ke; complete_for key r; complete_for restore --d; "
              "complete_for run --on-missing r; complete_for run --ready ''; "
              "complete_for run -- holdf")
    path = os.path.dirname(os.path.abspath(holdfast.path))
    done = subprocess.run(["bash", "-c", script, "bash",
                           os.path.join(ROOT, "completions", "holdfast.bash")],
                          env={**holdfast.environment, "PATH": f"{path}:/usr/bin:/bin"}, text=True,
                          capture_output=True, check=True)
    assert done.stdout.splitlines() == ["key", "remove rotate-slot", "--db --delta --dry-run",
                                        "restore refuse", "", "holdfast"]
