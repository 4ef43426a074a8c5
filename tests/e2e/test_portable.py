"""Portable copies: what export writes, other programs read; what import takes is whole or refused."""
import gzip
import json
import os
import pty
import resource
import select
import shutil
import sqlite3
import subprocess
import time
import zlib

import pytest

from conftest import connect, content, execute, make

needs_age = pytest.mark.skipif(not shutil.which("age"), reason="age is not installed")


def export(holdfast, db, name="copy.json", *options, **more):
    holdfast("export", "--db", db, "--to", name, *options, **more)
    return holdfast.folder / name


def into(holdfast, copy, target="new.db", *options, **more):
    holdfast("import", copy, "--db", target, *options, **more)
    return holdfast.folder / target


def same(first, second):
    return content(first) == content(second)


def run(*command, stdin=None):
    return subprocess.run([str(word) for word in command], input=stdin, capture_output=True,
                          check=True).stdout


def age_with_passphrase(command, passphrase, prompts):
    """age reads passphrases from a terminal and from nothing else."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvp(command[0], [str(word) for word in command])
    said, answered = b"", 0
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        ready, _, _ = select.select([terminal], [], [], 1)
        if not ready:
            continue
        try:
            piece = os.read(terminal, 4096)
        except OSError:
            break
        if not piece:
            break
        said += piece
        if answered < prompts and said.count(b"passphrase") > answered:
            os.write(terminal, passphrase.encode() + b"\n")
            answered += 1
            said = b"" if prompts == 1 else said
    _, status = os.waitpid(pid, 0)
    os.close(terminal)
    assert status == 0, said


# --- what other programs make of it ---

def test_a_copy_is_json_with_a_row_a_line_for_the_owner_alone(holdfast, db):
    copy = export(holdfast, db)
    assert copy.stat().st_mode & 0o777 == 0o600
    data = json.loads(copy.read_text())
    assert data["format"] == "holdfast-copy" and data["version"] == 1
    table = next(table for table in data["tables"] if table["name"] == "note")
    assert table["count"] == len(table["rows"]) == 2000
    assert sum(line.startswith("        [") for line in copy.read_text().splitlines()) == 2000


def test_a_copy_goes_to_standard_output(holdfast, db):
    out = holdfast("export", "--db", db).out
    assert json.loads(out)["database"]["name"] == "app"
    assert out.endswith('"\n}\n')


def test_gzip_and_zstd_open_what_they_are_asked_for(holdfast, db):
    plain = json.loads(export(holdfast, db).read_text())["tables"]
    packed = export(holdfast, db, "copy.json.gz", "--gzip")
    assert json.loads(run("gzip", "-dc", packed))["tables"] == plain
    packed = export(holdfast, db, "copy.json.zst", "--zstd")
    assert json.loads(run("zstd", "-dcq", packed))["tables"] == plain


@needs_age
def test_age_opens_a_copy_for_each_of_its_recipients(holdfast, db, tmp_path):
    keys, names = [], []
    for name in ("one", "two"):
        run("age-keygen", "-o", tmp_path / name)
        keys.append(run("age-keygen", "-y", tmp_path / name).decode().strip())
        names.append(tmp_path / name)
    copy = export(holdfast, db, "copy.age", "--zstd", "--recipient", ",".join(keys))
    for name in names:
        text = run("zstd", "-dcq", stdin=run("age", "-d", "-i", name, copy))
        assert json.loads(text)["format"] == "holdfast-copy"
        assert same(into(holdfast, copy, f"{name.name}.db", "--identity", name), db)


@needs_age
def test_age_opens_a_copy_with_its_passphrase(holdfast, db, tmp_path):
    env = {"HOLDFAST_COPY_PASSPHRASE": "correct horse"}
    copy = export(holdfast, db, "copy.age", "--encrypt", env=env)
    age_with_passphrase(["age", "-d", "-o", tmp_path / "plain", copy], "correct horse", 1)
    assert json.loads((tmp_path / "plain").read_text())["format"] == "holdfast-copy"
    assert same(into(holdfast, copy, env=env), db)


@needs_age
def test_a_copy_that_age_encrypted_is_taken(holdfast, db, tmp_path):
    copy = export(holdfast, db)
    age_with_passphrase(["age", "-p", "-o", tmp_path / "sealed", copy], "battery staple", 2)
    (tmp_path / "secret").write_text("battery staple\n")
    assert same(into(holdfast, tmp_path / "sealed", "a.db", "--copy-passphrase-file",
                     tmp_path / "secret"), db)
    run("age-keygen", "-o", tmp_path / "key")
    run("age", "-e", "-i", tmp_path / "key", "-o", tmp_path / "sealed", copy)
    assert same(into(holdfast, tmp_path / "sealed", "b.db", "--identity", tmp_path / "key"), db)


# --- import ---

@pytest.mark.parametrize("options", [[], ["--gzip"], ["--zstd"]])
def test_a_copy_becomes_the_same_database_whatever_it_is_called(holdfast, db, options):
    assert same(into(holdfast, export(holdfast, db, "name.txt", *options)), db)


def test_tables_of_a_module_that_only_the_application_has_come_back(holdfast, tmp_path):
    sql = "CREATE VIRTUAL TABLE vec USING vec0(e float[3])"
    with sqlite3.connect(tmp_path / "app.db") as live:
        live.executescript("CREATE TABLE vec_rows(x); INSERT INTO vec_rows VALUES (7);"
                           "PRAGMA writable_schema = ON; INSERT INTO sqlite_schema"
                           f" VALUES ('table', 'vec', 'vec', 0, '{sql}')")
    live.close()
    into(holdfast, export(holdfast, tmp_path / "app.db"))
    with sqlite3.connect(tmp_path / "new.db") as new:
        assert new.execute("SELECT sql FROM sqlite_schema WHERE name = 'vec'").fetchall() == [(sql,)]
        assert new.execute("SELECT x FROM vec_rows").fetchall() == [(7,)]
    new.close()


def test_a_copy_comes_through_a_pipe(holdfast, db):
    packed = export(holdfast, db, "copy", "--gzip").read_bytes()
    process = subprocess.run([holdfast.path, "import", "-", "--db", "new.db"], input=packed,
                             cwd=holdfast.folder, env=holdfast.environment, capture_output=True,
                             check=False)
    assert process.returncode == 0, process.stderr
    assert same(holdfast.folder / "new.db", db)
    assert not [name for name in os.listdir(holdfast.folder) if name.endswith(".tmp")]


def test_encryption_needs_the_right_key(holdfast, db):
    env = {"HOLDFAST_COPY_PASSPHRASE": "right"}
    copy = export(holdfast, db, "copy", "--encrypt", env=env)
    holdfast("import", copy, "--db", "new.db", code=7).says("passphrase", "hint:")
    holdfast("import", copy, "--db", "new.db", code=7, env={"HOLDFAST_COPY_PASSPHRASE": "wrong"})
    assert not (holdfast.folder / "new.db").exists()


def test_options_that_contradict_each_other_are_refused(holdfast, db):
    holdfast("export", "--db", db, "--gzip", "--zstd", code=2)
    holdfast("export", "--db", db, "--json", code=2)
    holdfast("export", "--db", db, "--encrypt", "--to", "x", code=3).says("passphrase")
    holdfast("export", "--db", db, "--to", "x", "--recipient", "age1nothing", code=2)
    holdfast("import", "--db", db, code=2).says("no copy")
    assert not (holdfast.folder / "x").exists()


def test_a_copy_never_takes_the_place_of_a_database_or_a_device(holdfast, db):
    before = content(db)
    holdfast("export", "--db", db, "--to", db, code=9).says("is a SQLite database")
    holdfast("export", "--db", db, "--to", "/dev/null", code=9).says("no file")
    assert content(db) == before


def test_a_restore_point_is_taken_before_an_import(holdfast, db):
    copy = export(holdfast, db)
    before = content(db)
    execute(db, "delete from note where id > 10")
    after = holdfast.json("import", copy, "--db", db, "--merge", "-r", "repo")
    assert after["inserted"] == 1990 and after["kept"] == 10
    assert after["point_before"] == 1
    assert content(db) == before
    points = holdfast.json("list", "--db", db, "-r", "repo")["databases"][0]["points"]
    assert [point["reason"] for point in points] == ["import"]
    holdfast("restore", "--db", db, "-r", "repo", "--point", "1")
    assert connect(db).execute("select count(*) from note").fetchone() == (10,)


def test_what_is_counted_is_told(holdfast, db):
    copy = export(holdfast, db)
    told = holdfast.json("import", copy, "--db", "new.db")
    assert told["created"] and told["read"] == told["inserted"] == 2000
    assert told["tables"] == [{"name": "note", "read": 2000, "inserted": 2000, "kept": 0,
                               "not_placed": 0, "reason": None, "rebuilt": False}]
    assert "2000 rows read" in holdfast("import", copy, "--db", "two.db").out
    refused = holdfast("import", copy, "--db", "two.db", code=9)
    refused.says("has rows", "--merge")


def unpacked(data):
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, zlib.error):
        return None


def test_damage_in_a_packed_copy_changes_nothing(holdfast, db):
    copy = export(holdfast, db, "copy.gz", "--gzip")
    whole = copy.read_bytes()
    text = unpacked(whole)
    target = holdfast.folder / "target.db"
    make(target, rows=0)
    before = content(target)
    for at in range(30, len(whole), len(whole) // 20):
        for damaged in (whole[:at] + bytes([whole[at] ^ 4]) + whole[at + 1:], whole[:at]):
            if unpacked(damaged) == text:
                continue  # a match at another distance can copy the same bytes
            copy.write_bytes(damaged)
            # Damage of the first words makes of it a file that is no copy at all.
            done = holdfast.unchecked("import", copy, "--db", target, "-r", "repo")
            assert done.code in ((1, 6) if at < 100 else (6,)), (at, done.err)
    assert content(target) == before
    assert not (holdfast.folder / "repo").exists()


# --- a bad day ---

@pytest.mark.parametrize("there", [True, False])
def test_killed_in_an_import_nothing_has_changed(holdfast, tmp_path, there):
    source, target = tmp_path / "big.db", tmp_path / "target.db"
    make(source, rows=60000)
    copy = export(holdfast, source)
    if there:
        make(target, rows=0, journal="delete")
    for wait in (0.02, 0.1, 0.15, 0.2, 0.25, 0.3):
        process = holdfast.start("import", copy, "--db", target, "--no-restore-point")
        try:
            process.wait(wait)
        except subprocess.TimeoutExpired:
            process.kill()
        process.communicate()
        if process.returncode == 0:
            break
        if there:
            assert connect(target).execute("select count(*) from note").fetchone() == (0,)
            assert connect(target).execute("pragma integrity_check").fetchone() == ("ok",)
        else:
            assert not target.exists()
    if target.exists() and not there:
        target.unlink()
    if there:
        execute(target, "delete from note")
    into(holdfast, copy, "target.db", "--no-restore-point")
    assert same(source, target)


def limited(limit):
    def set_limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    return set_limit


def test_without_room_nothing_is_left_of_copy_or_database(holdfast, db):
    process = holdfast.start("export", "--db", db, "--to", "copy.json",
                             preexec_fn=limited(50000))
    _, err = process.communicate()
    assert process.returncode == 1 and "File too large" in err
    assert sorted(os.listdir(holdfast.folder)) == sorted(
        name for name in os.listdir(holdfast.folder) if name.startswith("app.db"))
    copy = export(holdfast, db)
    process = holdfast.start("import", copy, "--db", "new.db", preexec_fn=limited(100000))
    _, err = process.communicate()
    assert process.returncode == 1 and err
    assert not [name for name in os.listdir(holdfast.folder) if "new.db" in name]


def test_a_writer_goes_on_while_one_moment_is_copied(holdfast, tmp_path):
    path = tmp_path / "live.db"
    connection = connect(path)
    connection.execute("pragma journal_mode=wal")
    connection.execute("create table a(x)")
    connection.execute("create table b(x)")
    connection.execute("begin")
    connection.executemany("insert into a values(?)", ((i,) for i in range(50000)))
    connection.execute("commit")
    process = holdfast.start("export", "--db", path, "--to", "copy.json")
    while process.poll() is None:
        connection.execute("begin")
        connection.execute("insert into a values('pair')")
        connection.execute("insert into b values('pair')")
        connection.execute("commit")
    process.communicate()
    new = connect(into(holdfast, tmp_path / "copy.json"))
    pairs = new.execute("select count(*) from a where x = 'pair'").fetchone()
    assert pairs == new.execute("select count(*) from b").fetchone()


# --- size ---

LAUNCHER = """import os, resource, sys
pid = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
status = os.waitpid(pid, 0)[1]
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)
sys.exit(os.waitstatus_to_exitcode(status))"""


def peak(holdfast, *arguments):
    """Runs, and tells the most memory that it had, in MiB. A process begins with the mark of the
    one that started it, so that is a small one."""
    done = subprocess.run(["/usr/bin/python3", "-S", "-c", LAUNCHER, holdfast.path,
                           *map(str, arguments)], cwd=holdfast.folder, env=holdfast.environment,
                          capture_output=True, text=True, check=True)
    return int(done.stderr.split()[-1]) / 1024


@pytest.mark.timing
def test_memory_does_not_depend_on_size(holdfast, tmp_path):
    path = tmp_path / "million.db"
    connection = sqlite3.connect(path)
    connection.execute("create table t(id integer primary key, a text, b real, c)")
    connection.execute("""with recursive n(i) as (select 1 union all select i + 1 from n
                          where i < 1000000) insert into t select i, 'row ' || i, i / 3.0,
                          i * 1000003 from n""")
    connection.execute("create index ta on t(a)")
    connection.commit()
    connection.close()
    assert peak(holdfast, "export", "--db", path, "--to", "copy", "--zstd") < 64
    assert peak(holdfast, "import", "copy", "--db", "new.db") < 64
    new = connect(tmp_path / "new.db")
    assert new.execute("select count(*), sum(c) from t").fetchone() == (
        1000000, 1000003 * 500000500000)


@pytest.mark.timing
def test_a_hundred_thousand_rows_take_a_second_out_and_three_in(holdfast, tmp_path):
    path = tmp_path / "media.db"
    connection = sqlite3.connect(path)
    connection.execute("create table media(id integer primary key, tmdb int unique, title, kind, "
                       "poster, overview, backdrop, vote real, language, year)")
    connection.executemany(
        "insert into media values(?,?,?,?,?,?,?,?,?,?)",
        ((i, i * 7, f"title {i}", "movie", f"/p/{i:x}.jpg", "some words " * 12,
          f"/b/{i:x}.jpg", i % 100 / 10, "en", str(1950 + i % 70)) for i in range(100000)))
    connection.commit()
    connection.close()
    assert holdfast.json("export", "--db", path, "--to", "copy")["duration_ms"] < 1000
    assert holdfast.json("import", "copy", "--db", "new.db")["duration_ms"] < 3000
