"""Prune, pin and unpin as a person meets them."""
import subprocess
import threading

import pytest

import conftest


@pytest.fixture
def history(holdfast, tmp_path, db):
    """Eight points, and what each must restore to. Everything is of one year, and no rule of these
    tests looks closer."""
    (tmp_path / "holdfast.yml").write_text("repository: repo\ndatabase: app.db\n",
                                           encoding="utf-8")
    states = {}
    for step in range(1, 9):
        conftest.execute(db, f"update note set body = 'step {step}' where id % 9 = {step}",
                         "pragma wal_checkpoint(truncate)")
        holdfast("backup", "--label", f"step {step}")
        states[step] = db.read_bytes()
    return states


def points(holdfast):
    return [point["point"] for point in holdfast.json("list")["databases"][0]["points"]]


def prune(holdfast, *options):
    return holdfast.json("prune", *options)["databases"][0]


def prove(holdfast, tmp_path, history):
    """Every point that is listed restores to what it was."""
    for point in points(holdfast):
        holdfast("restore", "--point", point, "--to", "out.db")
        assert (tmp_path / "out.db").read_bytes() == history[point]
        (tmp_path / "out.db").unlink()
    assert holdfast.json("check", "--read-data")["losses"] == 0


def test_a_window_keeps_its_first_point_and_the_newest_stays(holdfast, tmp_path, history):
    item = prune(holdfast, "--keep", "forever:10y", "--grace", "0")
    assert (item["points"], item["kept"]) == (8, 2)
    # From 2 to 7 nothing is merged: that is for when 8 is not the newest any more.
    prove(holdfast, tmp_path, history)
    conftest.execute(tmp_path / "app.db", "update note set body = 'ninth' where id = 1",
                     "pragma wal_checkpoint(truncate)")
    holdfast("backup")
    history[9] = (tmp_path / "app.db").read_bytes()
    holdfast("pin", "8")
    assert prune(holdfast, "--keep", "forever:10y", "--grace", "0")["merges"] == 1
    assert points(holdfast) == [1, 8, 9]
    prove(holdfast, tmp_path, history)


def test_the_base_moves_on(holdfast, tmp_path, history):
    item = prune(holdfast, "--keep-last", "3", "--grace", "0")
    assert item["rule"] == "last:3"
    assert item["objects_deleted"] > 0 and item["bytes_freed"] > 0
    assert points(holdfast) == [6, 7, 8]
    prove(holdfast, tmp_path, history)
    assert conftest.content(tmp_path / "app.db")


def test_a_dry_run_says_what_goes_and_changes_nothing(holdfast, tmp_path, history):
    before = conftest.objects(tmp_path / "repo")
    shown = holdfast("prune", "--keep-last", "3", "--dry-run").out
    assert "8 restore points, 3 kept by 'last:3'" in shown
    assert "not among the newest" in shown
    item = prune(holdfast, "--keep-last", "3", "--dry-run")
    assert item["dry_run"] and item["merges"] == 1
    assert item["kept_by"][0]["by"] == "last" and item["kept_by"][0]["points"] == 3
    assert sum(row["points"] for row in item["goes"]) == 5
    assert conftest.objects(tmp_path / "repo") == before
    prove(holdfast, tmp_path, history)


def test_nothing_is_deleted_before_the_grace_has_passed(holdfast, tmp_path, history):
    item = prune(holdfast, "--keep-last", "3")
    assert item["grace_ms"] == 3600000
    assert item["merges"] == 1 and item["objects_deleted"] == 0 and item["objects_waiting"] == 6
    assert points(holdfast) == list(range(1, 9))
    assert "deleted when that has been so for 1 h" in holdfast("prune", "--keep-last", "3").out
    prove(holdfast, tmp_path, history)


def test_pinned_points_stay_until_they_are_unpinned(holdfast, tmp_path, history):
    assert holdfast.json("pin", "step 2") == {**holdfast.json("pin", "2"), "changed": True}
    holdfast("pin", "4", "app")
    for _ in range(2):
        prune(holdfast, "--keep-last", "1", "--grace", "0")
    # The base is now that of 2, and what lies between the pinned ones is one segment.
    assert points(holdfast)[:2] == [2, 4] and points(holdfast)[-1] == 8
    prove(holdfast, tmp_path, history)
    assert "now not pinned" in holdfast("unpin", "4").out
    assert holdfast.json("unpin", "4")["changed"] is False
    prove(holdfast, tmp_path, history)


def test_a_point_pinned_when_it_was_taken_stays(holdfast, tmp_path, history):
    conftest.execute(tmp_path / "app.db", "update note set body = 'pinned' where id = 1",
                     "pragma wal_checkpoint(truncate)")
    holdfast("backup", "--pin")
    history[9] = (tmp_path / "app.db").read_bytes()
    for step in range(10, 14):
        conftest.execute(tmp_path / "app.db", f"update note set body = '{step}' where id = {step}",
                         "pragma wal_checkpoint(truncate)")
        holdfast("backup")
        history[step] = (tmp_path / "app.db").read_bytes()
    prune(holdfast, "--keep-last", "1", "--grace", "0")
    left = points(holdfast)
    assert 9 in left and 13 in left and len(left) < 7
    prove(holdfast, tmp_path, history)


def test_the_rule_is_a_setting(holdfast, tmp_path, history):
    assert prune(holdfast, "--dry-run")["rule"] == "1h:all 24h:1m 7d:1h 30d:1d 1y:1w"
    with open(tmp_path / "holdfast.yml", "a", encoding="utf-8") as file:
        file.write("keep: 2h:all 7d:1d\n")
    assert prune(holdfast, "--dry-run")["rule"] == "2h:all 7d:1d"
    light = {"HOLDFAST_KEEP": "light"}
    assert holdfast.json("prune", "-n", env=light)["databases"][0]["rule"].startswith("1h:all 24h")
    assert history


@pytest.mark.parametrize("options, code, complaint", [
    (["--keep", "1h:all 24x:1m"], 3, "--keep: in the rule: '24x' is no age"),
    (["--keep", "24h:all 1h:1m"], 3, "must reach further back"),
    (["--keep", "light", "--keep-last", "3"], 2, "do not go together"),
    (["--keep-daily", "many"], 2, "--keep-daily: 'many' is no number"),
    (["--keep-daily", "0"], 2, "would keep no restore point"),
    (["--grace", "soon"], 2, "--grace: 'soon' is no duration"),
])
def test_a_wrong_rule_is_pointed_at(holdfast, tmp_path, db, options, code, complaint):
    holdfast("backup", "--db", db, "-r", "repo")
    holdfast("prune", "-r", "repo", *options, code=code).says(complaint)
    assert tmp_path


def test_a_wrong_rule_in_the_file_is_found_by_config_check(holdfast, tmp_path):
    (tmp_path / "holdfast.yml").write_text("repository: repo\nkeep: 1h:al\n", encoding="utf-8")
    holdfast("config", "check", code=3).says("holdfast.yml line 2", "'al' is no granularity")


@pytest.mark.parametrize("typed, code, complaint", [
    (["pin"], 2, "no restore point is named"), (["pin", "99"], 1, "there is no restore point '99'"),
    (["unpin", "no such"], 1, "there is no restore point 'no such'"),
    (["pin", "app", "3"], 1, "the point is named first")])
def test_a_point_that_is_not_there_cannot_be_pinned(holdfast, history, typed, code, complaint):
    assert history
    holdfast(*typed, code=code).says(complaint)


def test_damage_is_told_and_the_rest_thins(holdfast, tmp_path, history):
    assert history
    holdfast("pin", "3")
    holdfast("pin", "6")
    segment = sorted((tmp_path / "repo/databases").rglob("segments/0/*"))[2]
    conftest.flip(segment, 230)
    holdfast("prune", "--keep-last", "1", "--grace", "0",
             code=6).says("damaged segments could not be merged", "is damaged")
    assert segment.exists()
    assert points(holdfast) == [1, 2, 3, 6, 7, 8]


def test_pruning_beside_backups_restores_and_checks_disturbs_nobody(holdfast, tmp_path, db):
    """Two pruners that wait for nothing; whatever is restored is a state that there was."""
    options = ["-r", "repo", "--db", str(db)]
    conftest.execute(db, "create table step(number integer)", "insert into step values(0)")
    holdfast("backup", *options)
    ended, failures = threading.Event(), []

    def repeat(*arguments):
        while not ended.is_set():
            outcome = holdfast.unchecked(*arguments)
            if outcome.code:
                failures.append(outcome.err)

    workers = [threading.Thread(target=repeat, args=arguments) for arguments in (
        ["prune", "-r", "repo", "--keep-last", "3", "--grace", "0"],
        ["prune", "-r", "repo", "--keep-last", "4", "--grace", "0"],
        ["check", "-r", "repo", "--read-data"])]
    for worker in workers:
        worker.start()
    try:
        for step in range(1, 25):
            conftest.execute(db, f"update step set number = {step}",
                             f"update note set body = 'step {step}' where id % 20 = {step % 20}")
            holdfast("backup", *options)
            holdfast("restore", *options, "--to", "out.db", "--overwrite")
            connection = conftest.connect(tmp_path / "out.db")
            assert connection.execute("select number from step").fetchone() == (step,)
            connection.close()
    finally:
        ended.set()
        for worker in workers:
            worker.join()
    assert not failures
    assert holdfast.json("check", "-r", "repo", "--read-data")["losses"] == 0
    holdfast("test-restore", "-r", "repo")


def test_a_killed_prune_loses_nothing(holdfast, tmp_path, history):
    for _ in range(12):
        process = holdfast.start("prune", "--keep-last", "2", "--grace", "0")
        try:
            process.wait(0.004)
        except subprocess.TimeoutExpired:
            process.kill()
        process.communicate()
        assert set(points(holdfast)) >= {7, 8}
        prove(holdfast, tmp_path, history)
