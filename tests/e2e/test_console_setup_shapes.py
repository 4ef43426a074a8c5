"""The Setup Wizard takes each shape that the application's copies ever had, tells of each user while
it goes on, and leaves the console's own credentials alone."""
import json
import shutil
import tarfile

import pytest

from console_rig import PASSWORD, Console, locked, wait_for
from test_console_setup import begin, looked, restored, sent  # pylint: disable=unused-import
from test_console_setup import begin_setup, run_console  # pylint: disable=unused-import
from test_profile import BARE, FILLED, MIDDLE, MOVIE, NEW, OLD, exported, lists, make

WATCHED = {"status": "WATCHED", "tmdbId": 27205}
DARK = {"title": "Dark", "tmdb_id": 70523}
SINGLE = {"username": "carl", "exported_at": "2024-01-01T00:00:00.000Z",
          "data": {"movies": [MOVIE], "series": [], "watchlist": {"movies": [], "series": [DARK]},
                   "do_not_recommend": [{"title": "Cats", "tmdb_id": 536869}]}}
MULTI = {"version": "2.4.1", "users": [
    {"username": "ann", "data": {"movies": [MOVIE], "series": []}},
    {"username": "bo", "data": {"movies": [], "series": [],
                                "watchlist": {"movies": [MOVIE], "series": [DARK]}}}]}
FLAT = {"watchlist.movies": [MOVIE], "items": [DARK]}
FIRST = {"ann": {"movies": [MOVIE]}, "jo.e": {"watchlist": {"movies": [MOVIE], "series": [DARK]}}}
SHAPES = {
    "multi_user": (MULTI, None, {"ann": {"movies": 1}, "bo": {"watchlist": 2}},
                   {("ann", "WATCHED", 27205), ("bo", "WATCHLIST", 27205), ("bo", "WATCHLIST", 70523)}),
    "single_user": (SINGLE, None, {"carl": {"movies": 1, "watchlist": 1, "blocked": 1}},
                    {("carl", "WATCHED", 27205), ("carl", "WATCHLIST", 70523),
                     ("carl", "BLOCKED", 536869)}),
    "bare": (BARE, "dora", {"dora": {"movies": 1, "series": 1}},
             {("dora", "WATCHED", 27205), ("dora", "WATCHED", 70523)}),
    "bare_in_data": ({"data": BARE}, "dora", {"dora": {"movies": 1, "series": 1}},
                     {("dora", "WATCHED", 27205), ("dora", "WATCHED", 70523)}),
    "flat_keys_and_items": (FLAT, "dora", {"dora": {"watchlist": 2}},
                            {("dora", "WATCHLIST", 27205), ("dora", "WATCHLIST", 70523)}),
    "users_by_name": (FIRST, None, {"ann": {"movies": 1}, "jo.e": {"watchlist": 2}},
                      {("ann", "WATCHED", 27205), ("jo.e", "WATCHLIST", 27205),
                       ("jo.e", "WATCHLIST", 70523)}),
}


def items(source):
    return {user["user"]: {name: count for name, count in user["items"].items() if count}
            for user in source["users"]}


@pytest.mark.parametrize("shape", SHAPES)
def test_each_shape_of_a_copy_is_summed_up_and_restored(client, tmp_path, shape):
    copy, user, summed, became = SHAPES[shape]
    raw = json.dumps(copy).encode()
    if user:
        refused = client.job("/api/v1/setup/sources", {"upload": sent(client, raw)}, state="failed")
        assert refused["code"] == "usage"
    source = looked(client, raw, **({"user": user} if user else {}))
    assert source["kind"] == "application_copy" and source["problem_total"] == 0
    assert items(source) == summed
    done = restored(client, source)["import"]
    assert {one["user"]: one["imported"] for one in done["users"]} == {
        name: sum(counts.values()) for name, counts in summed.items()}
    assert {row[:3] for row in lists(tmp_path / "dev.db")} == became


@pytest.mark.parametrize("schema", [OLD, MIDDLE, NEW], ids=["old", "middle", "new"])
@pytest.mark.parametrize("is_file", [False, True], ids=["copy", "database"])
def test_each_version_of_the_database_is_summed_up_and_restored(client, holdfast, tmp_path, schema,
                                                                is_file):
    folder = tmp_path / "old"
    folder.mkdir()
    before = make(folder / "dev.db", schema, *FILLED)
    source = looked(client, (before if is_file else exported(holdfast, before)).read_bytes())
    assert items(source) == {"ann": {"movies": 1, "series": 1, "watchlist": 1},
                             "bo": {"watchlist": 1, "blocked": 1}}
    restored(client, source)
    assert {row[:3] for row in lists(tmp_path / "dev.db")} == {row[:3] for row in lists(before)}


def test_a_restore_tells_of_each_user_while_it_goes_on(client, tmp_path):
    movies = [{**MOVIE, "tmdb_id": n} for n in range(1, 51)]
    many = {"users": [{"username": f"user{n}", "data": {"movies": movies, "series": []}}
                      for n in range(400)]}
    source = looked(client, json.dumps(many).encode())
    with locked(tmp_path / "dev.db"):
        job = client.post("/api/v1/setup/restores",
                          {"source": source["source"], "accept_failed_tests": True}, 202)["job"]
        wait_for(lambda: client.get(f"/api/v1/jobs/{job}")["stage"], "the restore")
    seen = []
    while not seen or seen[-1]["state"] == "running":
        seen.append(client.get(f"/api/v1/jobs/{job}"))
    assert seen[-1]["state"] == "done", seen[-1]
    under_way = [one for one in seen if one["state"] == "running" and
                 str(one["stage"]).startswith("user user")]
    assert under_way and len({one["stage"] for one in under_way}) > 1
    names = [stage["name"] for stage in under_way[-1]["stages"]]
    assert any(name.startswith("user user") for name in names)


HOSTILE = "the hostile password 1"


@pytest.fixture(name="hostile")
def make_hostile_folder(holdfast, tmp_path):
    """The folder of another console, whose password somebody else knows."""
    folder = tmp_path / "hostile"
    folder.mkdir()
    other = Console(holdfast, "--db", make(folder / "dev.db", MIDDLE, *FILLED), "-r",
                    folder / "repo").start()
    try:
        client = other.client()
        client.session(client.post("/api/v1/setup/session", {"code": "test-setup-code"}))
        client.post("/api/v1/setup/password", {"password": HOSTILE})
    finally:
        other.stop()
    assert (folder / "dev.db-holdfast-console" / "credentials.json").exists()
    return folder


def test_what_is_restored_never_brings_a_consoles_credentials(console, client, hostile, tmp_path):
    """Neither as the folder beside a database of the data directory, nor as a file to be restored."""
    client.session(client.post("/api/v1/setup/password", {"password": PASSWORD}))
    brought = tmp_path / "brought"
    brought.mkdir()
    shutil.copy(hostile / "dev.db", brought / "dev.db")
    shutil.copytree(hostile / "dev.db-holdfast-console", brought / "dev.db-holdfast-console")
    with tarfile.open(tmp_path / "all.tar", "w") as packed:
        packed.add(brought, "dev.db-holdfast-console")
    found = {one["name"]: one["id"] for one in client.job("/api/v1/setup/candidates")["candidates"]}
    assert "brought/dev.db" in found and "all.tar" not in found
    source = client.job("/api/v1/setup/sources", {"candidate": found["brought/dev.db"]})
    restored(client, source)
    assert len(lists(tmp_path / "dev.db")) == 5
    client.job("/api/v1/setup/sources", {"upload": sent(client, (tmp_path / "all.tar").read_bytes())},
               state="failed")
    credentials = brought / "dev.db-holdfast-console" / "credentials.json"
    restored(client, looked(client, credentials.read_bytes()))  # a copy in which nothing is known
    console.stop()
    console.start()
    console.client().sign_in()
    assert console.client().ask("POST", "/api/v1/session", {"password": HOSTILE}).status in (401, 403)
