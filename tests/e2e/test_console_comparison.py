"""Two states of a database compared: a point with now, or with another point."""
import pytest

import conftest
from console_rig import Console, wait_for

COMPARISONS = "/api/v1/databases/app/comparisons"
MANY = ("with recursive n(i) as (values(1) union all select i + 1 from n where i < 400000) "
        "insert into large select i, i * 7919 % 400000 from n")


@pytest.fixture
def client(holdfast, db):
    conftest.execute(db, "create virtual table words using fts5(title)")
    conftest.execute(db, "create virtual table bare using fts5(title, content='')")
    conftest.execute(db, "create table large(a, b)")
    console = Console(holdfast, "--db", db, "-r", "repo", "--sync-interval", "100ms").start()
    signed_in = console.client()
    signed_in.set_up()
    yield signed_in
    console.stop()


def point(client):
    return client.job("/api/v1/databases/app/points")["point"]


def compare(client, first, second):
    """The tables by their names, and the names of the job's stages."""
    job = client.post(COMPARISONS, {"from": first, "to": second}, 202)["job"]
    ended = wait_for(lambda: (now := client.get(f"/api/v1/jobs/{job}"))["state"] != "running"
                     and now, "the comparison")
    assert ended["state"] == "done", ended
    assert all(stage["state"] == "done" for stage in ended["stages"])
    return ({table["name"]: table for table in ended["result"]["tables"]},
            [stage["name"] for stage in ended["stages"]])


def counts(table):
    return tuple(table[key] for key in ("rows_from", "rows_to", "added", "removed", "changed"))


def test_a_point_is_compared_with_now_and_with_another_point(client, db):
    first = point(client)
    conftest.execute(db, "insert into words values('one')")
    conftest.execute(db, "insert into words values('two')")
    second = point(client)
    conftest.execute(db, "delete from words where rowid = 1")
    tables, stages = compare(client, first, second)
    assert counts(tables["words"]) == (0, 2, 2, 0, 0) and tables["words"]["virtual"]
    assert stages == ["restore_from", "restore_to", "compare"]
    tables, stages = compare(client, second, "now")
    assert counts(tables["words"]) == (2, 1, 0, 1, 0) and tables["words"]["how"] == "rows"
    assert stages == ["restore_from", "compare"]
    tables, stages = compare(client, "now", first)
    assert counts(tables["words"]) == (1, 0, 0, 1, 0)
    assert stages == ["restore_to", "compare"]


def test_what_cannot_be_compared_is_said_and_shadow_tables_go_with_their_virtual_one(client):
    tables, _ = compare(client, point(client), "now")
    assert tables["bare"]["how"] == "skipped" and tables["bare"]["reason"] == "index_only"
    assert counts(tables["bare"]) == (None, None, None, None, None)
    assert not [name for name in tables if name.startswith(("words_", "bare_"))]


def test_one_that_is_stopped_leaves_no_scratch(client, holdfast, db):
    conftest.execute(db, MANY)
    scratch = holdfast.folder / "app.db-holdfast-console" / "scratch"
    job = client.post(COMPARISONS, {"from": point(client), "to": "now"}, 202)["job"]
    wait_for(lambda: list(scratch.glob(f"*{job}-*")), "its scratch")
    assert client.ask("DELETE", f"/api/v1/jobs/{job}").status in (200, 202, 204)
    ended = wait_for(lambda: (now := client.get(f"/api/v1/jobs/{job}"))["state"] != "running"
                     and now, "its end")
    assert "stopped" in ended["error"]["text"]
    wait_for(lambda: not list(scratch.iterdir()), "the scratch to go")
    compare(client, point(client), "now")
    assert not list(scratch.iterdir())
