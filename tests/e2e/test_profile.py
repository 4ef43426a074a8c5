"""An application's own copies: the first profile, over databases of both ends of its history, every
shape that the application ever wrote, and a service that knows titles."""
import datetime
import http.server
import json
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import textwrap

import pytest

import conftest

OLD = """
CREATE TABLE "User" ("id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, "username" TEXT NOT NULL,
    "createdAt" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP);
CREATE TABLE "Media" ("id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, "tmdbId" INTEGER NOT NULL,
    "title" TEXT NOT NULL, "mediaType" TEXT NOT NULL, "posterUrl" TEXT, "releaseYear" TEXT);
CREATE TABLE "UserMedia" ("id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "userId" INTEGER NOT NULL, "mediaId" INTEGER NOT NULL, "status" TEXT NOT NULL,
    "updatedAt" DATETIME NOT NULL,
    FOREIGN KEY ("userId") REFERENCES "User" ("id") ON DELETE RESTRICT ON UPDATE CASCADE,
    FOREIGN KEY ("mediaId") REFERENCES "Media" ("id") ON DELETE RESTRICT ON UPDATE CASCADE);
CREATE UNIQUE INDEX "User_username_key" ON "User"("username");
CREATE UNIQUE INDEX "Media_tmdbId_key" ON "Media"("tmdbId");
CREATE UNIQUE INDEX "UserMedia_userId_mediaId_key" ON "UserMedia"("userId", "mediaId");
"""
MIDDLE = OLD + """
ALTER TABLE "User" ADD COLUMN "movieProfile" TEXT;
ALTER TABLE "User" ADD COLUMN "tvProfile" TEXT;
ALTER TABLE "Media" ADD COLUMN "overview" TEXT;
ALTER TABLE "Media" ADD COLUMN "backdropUrl" TEXT;
ALTER TABLE "Media" ADD COLUMN "voteAverage" REAL;
ALTER TABLE "Media" ADD COLUMN "language" TEXT;
CREATE TABLE "SystemConfig" ("id" INTEGER NOT NULL PRIMARY KEY DEFAULT 1, "jellyfinUrl" TEXT,
    "jellyseerrUrl" TEXT, "jellyseerrApiKey" TEXT, "geminiApiKey" TEXT,
    "geminiModel" TEXT NOT NULL DEFAULT 'gemini-2.5-flash-lite',
    "isConfigured" BOOLEAN NOT NULL DEFAULT false);
"""
NEW = OLD + """
ALTER TABLE "User" ADD COLUMN "passwordHash" TEXT;
ALTER TABLE "User" ADD COLUMN "isSystemAdmin" BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE "User" ADD COLUMN "movieProfile" TEXT;
ALTER TABLE "User" ADD COLUMN "tvProfile" TEXT;
ALTER TABLE "Media" ADD COLUMN "overview" TEXT;
ALTER TABLE "Media" ADD COLUMN "backdropUrl" TEXT;
ALTER TABLE "Media" ADD COLUMN "voteAverage" REAL;
ALTER TABLE "Media" ADD COLUMN "language" TEXT;
ALTER TABLE "Media" ADD COLUMN "genres" TEXT;
ALTER TABLE "UserMedia" ADD COLUMN "permanentBlock" BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE "UserMedia" ADD COLUMN "redemptionAttempts" INTEGER NOT NULL DEFAULT 0;
CREATE TABLE "SystemConfig" ("id" INTEGER NOT NULL PRIMARY KEY DEFAULT 1, "jellyfinUrl" TEXT,
    "jellyseerrUrl" TEXT, "jellyseerrApiKey" TEXT, "tmdbApiKey" TEXT, "geminiApiKey" TEXT,
    "aiProvider" TEXT NOT NULL DEFAULT 'google', "openrouterApiKey" TEXT,
    "aiModel" TEXT NOT NULL DEFAULT 'gemini-3-flash-preview',
    "isConfigured" BOOLEAN NOT NULL DEFAULT false);
CREATE TABLE "Session" ("id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, "tokenHash" TEXT NOT NULL,
    "userId" INTEGER NOT NULL, "expiresAt" DATETIME NOT NULL,
    FOREIGN KEY ("userId") REFERENCES "User" ("id") ON DELETE CASCADE ON UPDATE CASCADE);
CREATE UNIQUE INDEX "Session_tokenHash_key" ON "Session"("tokenHash");
"""
SCHEMAS = {"old": OLD, "middle": MIDDLE, "new": NEW}
T = 1700000000123  # 2023-11-14T22:13:20.123Z


def make(path, schema, *statements):
    connection = sqlite3.connect(path)
    connection.execute("pragma journal_mode=wal")
    connection.executescript(schema)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()
    return path


def rows(path, sql):
    connection = sqlite3.connect(path)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


LISTS = """select username, status, tmdbId, title, mediaType, releaseYear, posterUrl
           from UserMedia join User on User.id = userId join Media on Media.id = mediaId
           order by UserMedia.id"""


def lists(path):
    return rows(path, LISTS)


FILLED = (
    f"insert into User(id, username, createdAt) values (1, 'ann', {T}), (2, 'bo', 'x')",
    "insert into Media(id, tmdbId, title, mediaType, posterUrl, releaseYear) values"
    " (1, 603, 'The Matrix', 'movie', '/p.jpg', '1999'), (2, 70523, 'Dark', 'tv', null, null),"
    " (3, 949, 'Heat \"1995\"', 'movie', '', ''), (4, 5, 'Nobody saw this', 'movie', null, null)",
    f"insert into UserMedia(userId, mediaId, status, updatedAt) values (1, 1, 'WATCHED', {T}),"
    " (1, 2, 'WATCHED', '2024-02-03T04:05:06.789+00:00'), (1, 3, 'WATCHLIST', '2024-02-03 04:05:06'),"
    " (2, 2, 'WATCHLIST', '2024-02-03T06:05:06.000+02:00'), (2, 3, 'BLOCKED', 0)")


def exported(holdfast, path, *arguments):
    to = path.with_suffix(".json")
    holdfast("export", "--db", path, "--to", to, *arguments)
    return to


def shape(path):
    """A copy's text as far as the application knows it."""
    text = path.read_text(encoding="utf-8")
    copy = json.loads(text)
    assert list(copy)[-2:] == ["holdfast", "checksum"]
    return {name: value for name, value in copy.items() if name not in ("holdfast", "checksum")}


def test_a_copy_has_the_applications_own_shape(holdfast, tmp_path):
    path = make(tmp_path / "dev.db", MIDDLE, *FILLED,
                "update User set movieProfile = 'likes \u00e4', tvProfile = '' where id = 1",
                "update Media set overview = 'Red.', backdropUrl = '/b.jpg', voteAverage = 8.2"
                " where id = 1",
                "update Media set voteAverage = 0 where id = 2",
                "insert into SystemConfig(id, jellyfinUrl, geminiApiKey, isConfigured)"
                " values (1, 'http://jf:8096', 'k', 1)")
    copy = shape(exported(holdfast, path))
    moment = datetime.datetime.fromisoformat(copy.pop("exported_at").replace("Z", "+00:00"))
    assert abs(moment.timestamp() - datetime.datetime.now().timestamp()) < 100
    assert copy == {
        "version": "2.4.1",
        "system_config": {"jellyfinUrl": "http://jf:8096", "geminiApiKey": "k",
                          "geminiModel": "gemini-2.5-flash-lite", "isConfigured": True},
        "users": [
            {"username": "ann", "movieProfile": "likes \u00e4", "data": {
                "movies": [{"title": "The Matrix", "tmdb_id": 603, "media_type": "movie",
                            "release_year": "1999", "poster_url": "/p.jpg", "overview": "Red.",
                            "backdrop_url": "/b.jpg", "vote_average": 8.2,
                            "added_at": "2023-11-14T22:13:20.123Z"}],
                "series": [{"title": "Dark", "tmdb_id": 70523, "media_type": "tv",
                            "added_at": "2024-02-03T04:05:06.789Z"}],
                "watchlist": {"movies": [{"title": 'Heat "1995"', "tmdb_id": 949,
                                          "media_type": "movie",
                                          "added_at": "2024-02-03T04:05:06.000Z"}],
                              "series": []},
                "do_not_recommend": []}},
            {"username": "bo", "data": {
                "movies": [], "series": [],
                "watchlist": {"movies": [],
                              "series": [{"title": "Dark", "tmdb_id": 70523, "media_type": "tv",
                                          "added_at": "2024-02-03T04:05:06.000Z"}]},
                "do_not_recommend": [{"title": 'Heat "1995"', "tmdb_id": 949,
                                      "media_type": "movie",
                                      "added_at": "1970-01-01T00:00:00.000Z"}]}}]}


def test_a_copy_is_laid_out_as_javascript_does(holdfast, tmp_path):
    path = exported(holdfast, make(tmp_path / "dev.db", OLD, *FILLED))
    text = path.read_text(encoding="utf-8")
    own = json.dumps(shape(path), indent=2, ensure_ascii=False)
    assert text.startswith(own[:-2] + ",\n  \"holdfast\": {\n")
    assert shape(path)["system_config"] is None


def test_a_newer_database_tells_its_models_under_both_names(holdfast, tmp_path):
    path = make(tmp_path / "dev.db", NEW, "insert into SystemConfig(aiModel, openrouterApiKey,"
                " jellyseerrUrl) values ('m', 'o', '')")
    assert shape(exported(holdfast, path))["system_config"] == {
        "geminiModel": "m", "isConfigured": False, "aiProvider": "google", "openrouterApiKey": "o",
        "aiModel": "m"}


def test_every_time_of_a_day_keeps_its_milliseconds(holdfast, tmp_path):
    times = [T + i * 86399 for i in range(1000)]
    path = make(tmp_path / "dev.db", OLD, "insert into User(id, username) values (1, 'a')")
    connection = sqlite3.connect(path)
    connection.executemany("insert into Media(id, tmdbId, title, mediaType) values (?, ?, 't', 'tv')",
                           ((i, i) for i in range(1, 1001)))
    connection.executemany("insert into UserMedia(userId, mediaId, status, updatedAt)"
                           " values (1, ?, 'WATCHED', ?)", zip(range(1, 1001), times))
    connection.commit()
    connection.close()
    series = shape(exported(holdfast, path))["users"][0]["data"]["series"]
    found = [datetime.datetime.fromisoformat(item["added_at"].replace("Z", "+00:00"))
             for item in series]
    assert [round(moment.timestamp() * 1000) for moment in found] == times


@pytest.mark.parametrize("version", SCHEMAS)
def test_a_copy_into_an_empty_database_brings_back_everything(holdfast, tmp_path, version):
    path = make(tmp_path / "dev.db", SCHEMAS[version], *FILLED)
    if version == "new":
        conftest.execute(path, "update User set passwordHash = 'scrypt$1', isSystemAdmin = 1",
                         "insert into Session(tokenHash, userId, expiresAt) values ('t', 1, 5)",
                         "update UserMedia set redemptionAttempts = 7, permanentBlock = 1",
                         "update Media set genres = '[\"Drama\"]', title = x'ff00' where id = 4")
    copy = exported(holdfast, path)
    other = make(tmp_path / "other.db", SCHEMAS[version])
    holdfast("import", copy, "--db", other, "--no-restore-point")
    assert conftest.content(other) == conftest.content(path)
    holdfast("import", copy, "--db", tmp_path / "third.db", "--no-restore-point")
    assert conftest.content(tmp_path / "third.db") == conftest.content(path)


@pytest.mark.parametrize("before, after", [("middle", "new"), ("new", "middle"), ("new", "old")])
def test_a_copy_of_another_version_is_taken_in_the_applications_form(holdfast, tmp_path, before,
                                                                     after):
    path = make(tmp_path / "dev.db", SCHEMAS[before], *FILLED,
                "insert into SystemConfig(jellyfinUrl, isConfigured) values ('http://jf', 1)",
                f"update SystemConfig set {'gemini' if before == 'middle' else 'ai'}Model = 'mine'")
    copy = exported(holdfast, path)
    other = make(tmp_path / "other.db", SCHEMAS[after])
    holdfast("import", copy, "--db", other, "--no-restore-point").says(
        "not everything in the copy has a place", "--accept-data-loss")
    assert sorted(lists(other)) == sorted(
        tuple(value or None for value in row) for row in lists(path))
    if after != "old":
        model = "aiModel" if after == "new" else "geminiModel"
        assert rows(other, f"select jellyfinUrl, {model}, isConfigured from SystemConfig") == [
            ("http://jf", "mine", 1)]
    third = make(tmp_path / "third.db", SCHEMAS[after])
    holdfast("import", copy, "--db", third, "--no-restore-point", "--accept-data-loss")
    assert rows(third, "select * from UserMedia")[0][:5] == rows(path, "select * from UserMedia")[0][:5]


def imported(holdfast, path, copy, *arguments, name="in.json", **options):
    file = path.parent / name
    file.write_text(copy if isinstance(copy, str) else json.dumps(copy), encoding="utf-8")
    return holdfast.json("import", file, "--db", path, "--no-restore-point", *arguments, **options)


def counts(result):
    assert result["total"] == (result["imported"] + result["skipped"] + result["unresolved"]
                               + result["errors"])
    return {name: result[name] for name in ("imported", "skipped", "unresolved", "errors")
            if result[name]}


MOVIE = {"title": "Inception", "tmdb_id": 27205, "release_year": 2010, "rating": 8.4,
         "media_type": "movie", "added_at": "2024-01-02T03:04:05.678Z"}


@pytest.mark.parametrize("version", SCHEMAS)
def test_the_multi_user_copy_is_merged(holdfast, tmp_path, version):
    source = exported(holdfast, make(tmp_path / "source.db", MIDDLE, *FILLED))
    path = make(tmp_path / "dev.db", SCHEMAS[version],
                "insert into User(id, username) values (9, 'bo')",
                "insert into Media(id, tmdbId, title, mediaType, posterUrl)"
                " values (7, 70523, 'Dark', 'tv', '/kept.jpg'), (8, 603, 'The Matrix', 'movie', '')",
                f"insert into UserMedia(userId, mediaId, status, updatedAt) values (9, 7,"
                f" 'WATCHED', {T})")
    result = imported(holdfast, path, source.read_text(encoding="utf-8"))
    assert counts(result) == {"imported": 4, "skipped": 1}
    assert [(user["user"], user["imported"], user["skipped"]) for user in result["users"]] == [
        ("ann", 3, 0), ("bo", 1, 1)]
    assert lists(path) == [
        ("bo", "WATCHED", 70523, "Dark", "tv", None, "/kept.jpg"),
        ("ann", "WATCHED", 603, "The Matrix", "movie", "1999", "/p.jpg"),
        ("ann", "WATCHED", 70523, "Dark", "tv", None, "/kept.jpg"),
        ("ann", "WATCHLIST", 949, 'Heat "1995"', "movie", None, None),
        ("bo", "BLOCKED", 949, 'Heat "1995"', "movie", None, None)]
    assert rows(path, "pragma foreign_key_check") == []
    assert counts(imported(holdfast, path, source.read_text(encoding="utf-8"))) == {"skipped": 5}


def test_the_single_user_export_is_taken(holdfast, tmp_path):
    path = make(tmp_path / "dev.db", MIDDLE)
    copy = {"username": "carl", "exported_at": "2024-01-01T00:00:00.000Z",
            "data": {"movies": [MOVIE], "series": [], "watchlist": {"movies": [], "series": []},
                     "do_not_recommend": [{"title": "Cats", "tmdb_id": 536869}]}}
    assert counts(imported(holdfast, path, copy)) == {"imported": 2}
    assert lists(path) == [("carl", "WATCHED", 27205, "Inception", "movie", "2010", None),
                           ("carl", "BLOCKED", 536869, "Cats", "movie", None, None)]
    assert rows(path, "select voteAverage from Media") == [(8.4,), (None,)]
    assert rows(path, "select updatedAt from UserMedia where id = 1") == [(1704164645678,)]


def test_times_are_stored_as_the_database_has_them(holdfast, tmp_path):
    path = make(tmp_path / "dev.db", MIDDLE, *FILLED[:2],
                "insert into UserMedia(userId, mediaId, status, updatedAt)"
                " values (1, 1, 'WATCHED', '2024-02-03T04:05:06.789+00:00')")
    imported(holdfast, path, {"username": "ann", "movies": [MOVIE]})
    assert rows(path, "select updatedAt from UserMedia where id = 2") == [
        ("2024-01-02T03:04:05.678+00:00",)]


BARE = {"movies": [MOVIE], "series": [{"name": "Dark", "id": "70523"}]}


@pytest.mark.parametrize("added", [1e300, -5, "9" * 30, "-4000-01-01", "soon"])
def test_a_time_that_cannot_be_is_the_time_of_the_import(holdfast, tmp_path, added):
    make(tmp_path / "x.db", MIDDLE)
    imported(holdfast, tmp_path / "x.db",
             {"username": "ann", "data": {"movies": [{"title": "a", "id": 1, "added_at": added}]}})
    assert rows(tmp_path / "x.db",
                'SELECT "updatedAt" BETWEEN 1700000000000 AND 4000000000000 FROM "UserMedia"') == [(1,)]


def test_the_export_of_a_user_without_titles_is_taken(holdfast, tmp_path):
    make(tmp_path / "x.db", MIDDLE)
    result = imported(holdfast, tmp_path / "x.db", {"username": "ann", "data": {
        "movies": [], "series": [], "watchlist": {"movies": [], "series": []}}})
    assert result["total"] == 0 and counts(result) == {}


@pytest.mark.parametrize("copy", [BARE, {"data": BARE}])
def test_a_bare_data_object_belongs_to_the_user_who_is_named(holdfast, tmp_path, copy):
    path = make(tmp_path / "dev.db", MIDDLE)
    imported(holdfast, path, copy, "--user", "Dora the 2nd")
    assert [row[:3] for row in lists(path)] == [("Dora the 2nd", "WATCHED", 27205),
                                                ("Dora the 2nd", "WATCHED", 70523)]


def test_without_a_name_the_only_user_is_meant(holdfast, tmp_path):
    path = make(tmp_path / "dev.db", MIDDLE, "insert into User(username) values ('eve')")
    imported(holdfast, path, BARE)
    assert {row[0] for row in lists(path)} == {"eve"}


@pytest.mark.parametrize("users", [(), ("a", "b")])
def test_without_a_name_nothing_is_guessed(holdfast, tmp_path, users):
    path = make(tmp_path / "dev.db", MIDDLE,
                *(f"insert into User(username) values ('{user}')" for user in users))
    (tmp_path / "in.json").write_text(json.dumps(BARE))
    holdfast("import", "in.json", "--db", path, code=2).says(
        "the copy does not say whose titles these are", "--user NAME")
    assert lists(path) == []


def test_flat_keys_and_items_go_to_the_watchlist(holdfast, tmp_path):
    path = make(tmp_path / "dev.db", MIDDLE)
    copy = {"watchlist.movies": [{"title": "A", "tmdb_id": 1}],
            "watchlist.series": [{"title": "B", "tmdb_id": 2}],
            "items": [{"title": "C", "tmdb_id": 3}, {"title": "D", "tmdb_id": 4, "type": "show"}]}
    imported(holdfast, path, copy, "--user", "x")
    assert [row[1:5] for row in lists(path)] == [
        ("WATCHLIST", 1, "A", "movie"), ("WATCHLIST", 2, "B", "tv"),
        ("WATCHLIST", 3, "C", "movie"), ("WATCHLIST", 4, "D", "tv")]


def test_the_first_versions_database_json_has_users_by_name(holdfast, tmp_path):
    path = make(tmp_path / "dev.db", OLD)
    copy = {"ann": {"movies": [{"title": "A", "tmdb_id": 1}], "watchlist": {"series": []}},
            "jo.e": {"watchlist": {"movies": [{"title": "B", "tmdb_id": 2}]}}}
    imported(holdfast, path, copy)
    assert [row[:3] for row in lists(path)] == [("ann", "WATCHED", 1), ("jo.e", "WATCHLIST", 2)]


def test_names_in_the_copy_are_not_lost_to_a_name_that_is_given(holdfast, tmp_path):
    path = make(tmp_path / "dev.db", OLD)
    one = {"backup": {"movies": [{"title": "A", "tmdb_id": 1}]}}
    imported(holdfast, path, one, "--user", "zoe")
    imported(holdfast, path, {**one, "ann": {"data": {"movies": [{"title": "A", "tmdb_id": 1}]}}},
             "--user", "zoe")
    assert [row[0] for row in lists(path)] == ["zoe", "backup", "ann"]


@pytest.mark.parametrize("entry, row", [
    ({"tmdb_id": 1, "title": "T"}, (1, "T", "movie", None, None)),
    ({"tmdbId": 1, "title": "T"}, (1, "T", "movie", None, None)),
    ({"media_id": "1", "title": "T"}, (1, "T", "movie", None, None)),
    ({"id": 1.0, "title": "T"}, (1, "T", "movie", None, None)),
    ({"id": 9, "tmdb_id": None, "tmdbId": 1, "title": "T"}, (1, "T", "movie", None, None)),
    ({"id": 1, "name": "N"}, (1, "N", "movie", None, None)),
    ({"id": 1, "title": 1917}, (1, "1917", "movie", None, None)),
    ({"id": 1, "title": " T ", "year": 1999}, (1, "T", "movie", "1999", None)),
    ({"id": 1, "title": "T", "year": "1999"}, (1, "T", "movie", "1999", None)),
    ({"id": 1, "title": "T", "releaseDate": "2010-07-16"}, (1, "T", "movie", "2010", None)),
    ({"id": 1, "title": "T", "release_year": "2010"}, (1, "T", "movie", "2010", None)),
    ({"id": 1, "title": "T", "release_year": {"a": 1}}, (1, "T", "movie", None, None)),
    ({"id": 1, "title": "T", "media_type": "tv"}, (1, "T", "tv", None, None)),
    ({"id": 1, "title": "T", "mediaType": "SERIES"}, (1, "T", "tv", None, None)),
    ({"id": 1, "title": "T", "type": "show"}, (1, "T", "tv", None, None)),
    ({"id": 1, "title": "T", "posterUrl": "/p"}, (1, "T", "movie", None, "/p")),
    ({"id": 1, "title": "T", "poster_url": "", "poster_path": "/p"}, (1, "T", "movie", None, "/p")),
    ({"id": 1, "title": "T", "poster_url": ["/p"]}, (1, "T", "movie", None, None)),
])
def test_entries_were_written_in_many_ways(holdfast, tmp_path, entry, row):
    path = make(tmp_path / "dev.db", MIDDLE)
    assert counts(imported(holdfast, path, {"username": "a", "movies": [entry]})) == {"imported": 1}
    assert [found[2:] for found in lists(path)] == [row]


def test_wrong_types_everywhere_are_told_with_their_line(holdfast, tmp_path):
    path = make(tmp_path / "dev.db", MIDDLE)
    copy = textwrap.dedent("""\
        {"users": [
        {"username": "a", "data": {"movies": [
        1, true, null, [],
        {}, {"title": []},
        {"title": "fine", "tmdb_id": 5}],
        "series": "none", "watchlist": {"movies": {"a": 1}},
        "favourites": [1, 2]}},
        {"data": {"movies": [{"title": "A", "tmdb_id": 1}]}},
        "b",
        {"username": 5}]}""")
    result = imported(holdfast, path, copy)
    assert result["imported"] == 1 and result["errors"] == 14
    assert [row[2] for row in lists(path)] == [5]
    told = {(problem["line"], problem["place"]) for problem in result["problems"]}
    assert told >= {(3, "users[0].data.movies[0]"), (4, "users[0].data.movies[4]"),
                    (6, "users[0].data.series"), (6, "users[0].data.watchlist.movies"),
                    (7, "users[0].data.favourites"), (8, "users[1]"), (9, "users[2]")}


@pytest.mark.parametrize("text, line", [
    ('{"movies": [\n' + "[" * 100000, 2),
    ('{"movies":\n["' + "x" * 10_000_000 + '"]}', 2),
    ('{"movies": [\n{"title": "a"\n', 2),
    ('{"movies": [1]}\n}', 2),
    ('{"movies": [\n"a\xff"]}', 2),
    ("", 1),
], ids=["deep", "long", "cut off", "more behind", "no UTF-8", "empty"])
def test_hostile_copies_are_refused_with_a_line(holdfast, tmp_path, text, line):
    path = make(tmp_path / "dev.db", MIDDLE)
    (tmp_path / "in.json").write_bytes(text.encode("latin-1"))
    holdfast("import", "in.json", "--db", path, "--user", "a", code=6).says(f"line {line}")
    assert lists(path) == []


def test_a_dry_run_tells_and_changes_nothing(holdfast, tmp_path):
    path = make(tmp_path / "dev.db", MIDDLE)
    before = conftest.content(path)
    result = imported(holdfast, path, {"username": "a", "movies": [MOVIE, "Unknown"]}, "--dry-run")
    assert counts(result) == {"imported": 1, "unresolved": 1}
    assert conftest.content(path) == before
    assert not list(tmp_path.glob("import_unresolved_*"))


def test_what_is_unresolved_can_be_imported_again(holdfast, tmp_path):
    path = make(tmp_path / "dev.db", MIDDLE)
    result = imported(holdfast, path, {"username": "a", "series": ["Lost"], "items": ["X", "Y"]})
    assert counts(result) == {"unresolved": 3}
    kept = json.loads((tmp_path / result["unresolved_file"]).read_text())
    assert kept["users"][0]["data"]["series"] == ["Lost"]
    assert kept["users"][0]["data"]["items"] == ["X", "Y"]
    kept["users"][0]["data"]["items"] = [{"title": "X", "tmdb_id": 7}]
    assert counts(imported(holdfast, path, kept)) == {"imported": 1, "unresolved": 1}


def test_a_title_is_the_one_that_is_known_when_only_one_fits(holdfast, tmp_path):
    path = make(tmp_path / "dev.db", MIDDLE,
                "insert into Media(tmdbId, title, mediaType, releaseYear) values"
                " (1, 'Dune', 'movie', '1984'), (2, 'Dune', 'movie', '2021'), (3, 'Dark', 'tv', null),"
                " (4, 'Dark', 'movie', '2005')")
    copy = {"username": "a", "movies": ["dune", {"title": "DUNE", "year": 2021}, "Dark", "Alien",
                                        {"title": "Alien", "tmdb_id": 348}],
            "series": ["dark"]}
    result = imported(holdfast, path, copy)
    assert counts(result) == {"imported": 4, "skipped": 1, "unresolved": 1}
    assert sorted(row[2] for row in lists(path)) == [2, 3, 4, 348]


SERVER = r"""
import http.server, json, sys, urllib.parse
KNOWN = json.loads(sys.argv[1])
class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass
    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        query = urllib.parse.parse_qs(url.query).get("query", [""])[0]
        print(json.dumps([url.path, query, self.headers.get("X-Api-Key")]), flush=True)
        good = self.headers.get("X-Api-Key") == "right"
        body = json.dumps({"results": KNOWN.get(query, [])} if good else {"error": "no"}).encode()
        self.send_response(200 if good else 403)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
"""


class Titles:
    """What stands in for Jellyseerr: a process of its own."""

    def __init__(self, known):
        self.process = subprocess.Popen([sys.executable, "-c", SERVER, json.dumps(known)],
                                        stdout=subprocess.PIPE, text=True)
        self.url = f"http://127.0.0.1:{int(self.process.stdout.readline())}"

    def asked(self):
        self.process.kill()
        return [json.loads(line) for line in self.process.communicate()[0].splitlines()]


@pytest.fixture
def titles():
    running = []

    def start(known):
        running.append(Titles(known))
        return running[-1]
    yield start
    for server in running:
        server.process.kill()
        server.process.wait()
        server.process.stdout.close()


def film(number, title, date, **more):
    return {"id": number, "mediaType": "movie", "title": title, "releaseDate": date, **more}


def configured(path, url, key="right"):
    conftest.execute(path, "insert into SystemConfig(jellyseerrUrl, jellyseerrApiKey, isConfigured)"
                           f" values ('{url}', '{key}', 1)")
    return path


def test_titles_without_an_id_are_looked_up(holdfast, tmp_path, titles):
    server = titles({
        "Am\u00e9lie & co": [{"id": 9, "mediaType": "person", "name": "Am\u00e9lie & co"},
                             film(1, "Another", "2001-01-01"),
                             film(2, "Am\u00e9lie & Co", "2001-04-25", posterPath="/a.jpg",
                                  overview="Paris.", voteAverage=7.9)],
        "Dune": [film(3, "Dune", "2021-09-15"), film(4, "Dune", "1984-12-14")],
        "Office": [film(5, "Office Space", "1999-02-19"), film(6, "The Office Party", "2016-01-01")],
        "Chernob": [{"id": 7, "mediaType": "tv", "name": "Chernobyl", "firstAirDate": "2019-05-06"}],
        "Broken": ["x", {"id": "1"}, {"mediaType": "movie"}, None, 5]})
    path = configured(make(tmp_path / "dev.db", MIDDLE), server.url + "/")
    copy = {"username": "a", "movies": ["Am\u00e9lie & co", {"title": "Dune", "year": "1984"}, "Office",
                                        "Nowhere", "Broken"],
            "series": ["Chernob", "Chernob"]}
    result = imported(holdfast, path, copy)
    assert counts(result) == {"imported": 3, "skipped": 1, "unresolved": 3}
    assert result["looked_up"] == 6
    assert lists(path) == [
        ("a", "WATCHED", 2, "Am\u00e9lie & co", "movie", "2001",
         server.url + "/imageproxy/tmdb/t/p/w300_and_h450_face/a.jpg"),
        ("a", "WATCHED", 4, "Dune", "movie", "1984", None),
        ("a", "WATCHED", 7, "Chernob", "tv", "2019", None)]
    assert rows(path, "select overview, voteAverage from Media where tmdbId = 2") == [("Paris.", 7.9)]
    asked = server.asked()
    assert sorted(query for _, query, _ in asked) == sorted(
        ["Am\u00e9lie & co", "Dune", "Office", "Nowhere", "Broken", "Chernob"])
    assert {(place, key) for place, _, key in asked} == {("/api/v1/search", "right")}


def test_the_copys_own_settings_are_used_for_looking_up(holdfast, tmp_path, titles):
    server = titles({"Alien": [film(348, "Alien", "1979-05-25")]})
    path = make(tmp_path / "dev.db", MIDDLE)
    copy = {"system_config": {"jellyseerrUrl": server.url, "jellyseerrApiKey": "right",
                              "isConfigured": True, "geminiModel": "g"},
            "users": [{"username": "a", "data": {"movies": ["Alien"]}}]}
    assert counts(imported(holdfast, path, copy)) == {"imported": 1}
    assert rows(path, "select jellyseerrUrl, geminiModel, isConfigured from SystemConfig") == [
        (server.url, "g", 1)]


def test_a_refused_key_is_told_and_asked_once(holdfast, tmp_path, titles):
    server = titles({})
    path = configured(make(tmp_path / "dev.db", MIDDLE), server.url, "wrong")
    (tmp_path / "in.json").write_text(json.dumps({"username": "a", "movies": ["A", "B", "C"]}))
    holdfast("import", "in.json", "--db", path, "--no-restore-point").says(
        "does not accept the key (HTTP 403)")
    assert len(server.asked()) == 1
    kept = json.loads(next(tmp_path.glob("import_unresolved_*.json")).read_text())
    assert kept["users"][0]["data"]["movies"] == ["A", "B", "C"]


def test_a_service_that_is_not_there_leaves_titles_unresolved(holdfast, tmp_path):
    with http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as server:
        port = server.server_port
    path = configured(make(tmp_path / "dev.db", MIDDLE), f"http://127.0.0.1:{port}")
    (tmp_path / "in.json").write_text(json.dumps({"username": "a", "movies": ["A", MOVIE]}))
    outcome = holdfast("import", "in.json", "--db", path, "--no-restore-point")
    outcome.says("the connection was refused")
    assert [row[2] for row in lists(path)] == [27205]


def test_settings_that_are_there_stay(holdfast, tmp_path):
    path = configured(make(tmp_path / "dev.db", NEW), "http://mine")
    copy = {"system_config": {"jellyseerrUrl": "http://theirs", "jellyfinUrl": "http://jf",
                              "aiModel": "other", "isConfigured": True},
            "users": [{"username": "a", "movieProfile": "m", "data": {"movies": []}}]}
    imported(holdfast, path, copy)
    assert rows(path, "select jellyseerrUrl, jellyfinUrl, aiModel from SystemConfig") == [
        ("http://mine", "http://jf", "gemini-3-flash-preview")]
    assert rows(path, "select username, movieProfile from User") == [("a", "m")]


def test_settings_of_other_types_are_no_settings(holdfast, tmp_path):
    path = make(tmp_path / "dev.db", MIDDLE)
    copy = {"system_config": {"jellyfinUrl": {"a": 1}, "geminiModel": None, "geminiApiKey": 5,
                              "isConfigured": 1}, "users": [{"username": "a", "tvProfile": [1]}]}
    imported(holdfast, path, copy)
    assert rows(path, "select count(*) from SystemConfig") == [(0,)]
    assert rows(path, "select username, tvProfile from User") == [("a", None)]


def test_a_damaged_copy_is_refused_and_an_edited_one_is_taken_on_demand(holdfast, tmp_path):
    copy = exported(holdfast, make(tmp_path / "source.db", MIDDLE, *FILLED))
    text = copy.read_text(encoding="utf-8").replace("The Matrix", "The Matrox", 1)
    path = make(tmp_path / "dev.db", MIDDLE)
    copy.write_text(text, encoding="utf-8")
    holdfast("import", copy, "--db", path, code=6).says("checksum differs")
    assert lists(path) == []
    conftest.execute(path, "insert into User(username) values ('z')")
    holdfast("import", copy, "--db", path, code=6).says("checksum differs", "--edited")
    holdfast("import", copy, "--db", path, "--edited", "--no-restore-point")
    assert lists(path)[0][3] == "The Matrox"


def test_a_restore_point_is_taken_first(holdfast, tmp_path):
    path = make(tmp_path / "dev.db", MIDDLE, *FILLED)
    (tmp_path / "in.json").write_text(json.dumps({"username": "a", "movies": [MOVIE]}))
    result = holdfast.json("import", "in.json", "--db", path)
    assert result["point_before"] == 1


def test_a_profile_can_be_named_and_turned_off(holdfast, tmp_path, db):
    path = make(tmp_path / "dev.db", OLD)
    assert "format" in json.loads(exported(holdfast, path, "--generic").read_text())
    assert "format" in json.loads(exported(holdfast, path, "--profile", "none").read_text())
    holdfast("export", "--db", path, "--to", "x", "--profile", "jelyfin", code=2).says(
        "there is no profile 'jelyfin'", "jellyfin-ai-recommender")
    holdfast("export", "--db", path, "--to", "x", "--profile", "none", "--generic", code=2)
    assert "format" in json.loads(exported(holdfast, db).read_text())


def test_a_profile_of_ones_own_lies_in_a_folder(holdfast, tmp_path):
    path = make(tmp_path / "dev.db", OLD)
    built_in = pathlib.Path(__file__).parents[2] / "profiles" / "jellyfin-ai-recommender"
    shutil.copytree(built_in, tmp_path / "profiles" / "mine")
    (tmp_path / "profiles" / "mine" / "export.sql").write_text("-- @at who\nselect 'mine' as name;\n")
    copy = exported(holdfast, path, "--profile", "mine", "--profiles-dir", tmp_path / "profiles")
    assert json.loads(copy.read_text())["who"] == {"name": "mine"}
    holdfast("export", "--db", path, "--to", "x", env={"HOLDFAST_PROFILES_DIR": "nowhere"},
             code=1).says("HOLDFAST_PROFILES_DIR", "nowhere")
