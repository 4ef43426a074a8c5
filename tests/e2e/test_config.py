"""Settings as a person meets them; src/config has the details."""
import sqlite3

import conftest


def settings(shown):
    return {item["setting"]: item for item in shown["settings"]}


def test_config_check_says_what_is_in_force_and_why(holdfast, tmp_path):
    (tmp_path / "pw").write_text("sesame\n", encoding="utf-8")
    (tmp_path / "holdfast.yml").write_text(
        "repository: backups\npassphrase-file: pw\ndatabases:\n  - path: data/dev.db\n"
        "  - path: data/lib.db\n    name: library\n", encoding="utf-8")
    shown = holdfast.json("config", "check", env={"HOLDFAST_STATE_DIR": "/state"})
    by_name = settings(shown)
    assert by_name["repository"]["value"] == "backups"
    assert by_name["repository"]["source"] == "holdfast.yml line 1"
    assert by_name["state directory"]["source"] == "HOLDFAST_STATE_DIR"
    assert by_name["keyfile"] == {"setting": "keyfile", "given": False, "value": None,
                                  "source": "default"}
    assert [(item["name"], item["path"], item["source"]) for item in shown["databases"]] == [
        ("dev", "data/dev.db", "holdfast.yml line 4"),
        ("library", "data/lib.db", "holdfast.yml line 5")]


def test_config_check_shows_the_settings_of_run_and_their_defaults(holdfast, tmp_path):
    (tmp_path / "holdfast.yml").write_text(
        "database: data/dev.db\nrestart: always\ngenerate: [make, [sh, x.sh]]\n", encoding="utf-8")
    shown = holdfast.json("config", "check", env={"DATA_DIR": "/data", "PUID": "1000"})
    by_name = settings(shown)
    assert by_name["repository"]["value"] == "data/backups"
    assert by_name["repository"]["source"] == "default"
    assert by_name["data directory"] == {"setting": "data directory", "given": True,
                                         "value": "/data", "source": "DATA_DIR"}
    assert by_name["user"]["value"] == "1000"
    assert (by_name["restart"]["value"], by_name["on missing"]["value"]) == ("always", "restore")
    assert [item["words"] for item in shown["generate"]] == [["/bin/sh", "-c", "make"],
                                                             ["sh", "x.sh"]]
    assert "generate" in holdfast("config", "check").out


def test_options_win_over_the_environment_and_that_over_the_file(holdfast, tmp_path):
    (tmp_path / "holdfast.yml").write_text("repository: file\ndatabase: file.db\n",
                                           encoding="utf-8")
    env = {"HOLDFAST_REPOSITORY": "environment", "HOLDFAST_DB": "environment.db"}
    options = ("-r", "option", "--db", "option.db")
    for given, variables, wanted in (((), {}, "file"), ((), env, "environment"),
                                     (options, env, "option"), (options, {}, "option")):
        shown = holdfast.json("config", "check", *given, env=variables)
        assert settings(shown)["repository"]["value"] == wanted
        assert [item["path"] for item in shown["databases"]] == [f"{wanted}.db"]


def test_secrets_are_never_shown(holdfast):
    for kind in ("PASSPHRASE", "RECOVERY_KEY"):
        env = {f"HOLDFAST_{kind}": "open-sesame"}
        for outcome in (holdfast("config", "check", env=env),
                        holdfast("config", "check", "--json", env=env)):
            assert "sesame" not in outcome.out + outcome.err
            assert f"HOLDFAST_{kind}" in outcome.out


def test_wrong_settings_exit_with_3(holdfast, tmp_path):
    (tmp_path / "holdfast.yml").write_text("repositry: x\n", encoding="utf-8")
    holdfast("list", code=3).says("holdfast.yml line 1: unknown key 'repositry'",
                                  "did you mean 'repository'?")
    holdfast("list", "--config", "none.yml", code=3).says("none.yml")
    both = {"HOLDFAST_DB": "a.db", "HOLDFAST_DB_FILE": "b"}
    holdfast("list", env=both, code=3).says("HOLDFAST_DB and HOLDFAST_DB_FILE are both set")


def test_several_databases_are_backed_up_and_restored_by_name(holdfast, tmp_path):
    (tmp_path / "tenants").mkdir()
    for name in ("one", "two"):
        conftest.make(tmp_path / "tenants" / f"{name}.db", rows=50)
    (tmp_path / "holdfast.yml").write_text(
        "repository: repo\ndatabases:\n  - path: tenants/*.db\n", encoding="utf-8")
    assert [item["name"] for item in holdfast.json("backup")["databases"]] == ["one", "two"]
    holdfast("restore", code=2).says("there are 2 databases: which one?")
    holdfast("restore", "two", "--to", "out.db")
    assert conftest.content(tmp_path / "out.db") == conftest.content(tmp_path / "tenants/two.db")


def test_one_failing_database_does_not_stop_the_others(holdfast, tmp_path):
    conftest.make(tmp_path / "good.db", rows=50)
    (tmp_path / "bad.db").write_text("this is no database" * 100, encoding="utf-8")
    (tmp_path / "holdfast.yml").write_text(
        "repository: repo\ndatabases:\n  - path: bad.db\n  - path: good.db\n", encoding="utf-8")
    outcome = holdfast("backup", code=6).says("bad: ", "1 of 2 databases failed")
    assert "good: point 1" in outcome.out


def test_state_can_be_kept_elsewhere(holdfast, tmp_path, db):
    holdfast("backup", "--db", db, "-r", "repo", "--state-dir", "state/here")
    assert [path.name for path in (tmp_path / "state/here").iterdir()] == ["app-holdfast"]
    assert not (tmp_path / "app.db-holdfast").exists()
    assert sqlite3.connect(db).execute("select count(*) from note").fetchone() == (2000,)


def test_a_database_written_as_an_address_is_told_as_a_path(holdfast):
    holdfast("config", "check", env={"HOLDFAST_DB": "file:///data/dev.db?connection_limit=1"},
             code=3).says("HOLDFAST_DB", "write /data/dev.db\n")
    holdfast("config", "check", "--db", "file:./dev.db", code=3).says("write ./dev.db\n")


def test_a_generator_is_shown_as_it_was_written(holdfast, tmp_path):
    (tmp_path / "holdfast.yml").write_text("generate:\n  - [echo]\n  - [echo, a, b]\n  - echo a; echo b\n")
    told = holdfast("config", "check").out
    shown = [line.split("holdfast.yml")[0].split(None, 1)[1].strip()
             for line in told.splitlines() if line.startswith("generate")]
    assert shown == ["echo", "echo a b", "echo a; echo b"]
