"""The migrations of a corpus of real and constructed schema upgrades, each brought from old to new
by the program, and compared by meaning with the state that Prisma's own engine reaches - or with the
safer one, where the engine loses something.

The corpus is no part of the project: HOLDFAST_PRISMA_CORPUS names its folder (default:
../shared/corpus/prisma beside the tree). With HOLDFAST_PRISMA_ENGINE, a folder with Prisma's packages
(tests/prisma/engine.mjs), its engine is asked, too, whether it finds anything left to do."""
import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "prisma"))
from compare_with_engine import Engine  # noqa: E402

CORPUS = Path(os.environ.get("HOLDFAST_PRISMA_CORPUS")
              or Path(__file__).parents[2].parent / "shared" / "corpus" / "prisma")
ENGINE = os.environ.get("HOLDFAST_PRISMA_ENGINE")
MIGRATIONS = sorted(path.name for path in CORPUS.glob("migrations/*") if path.is_dir())

pytestmark = pytest.mark.skipif(not MIGRATIONS, reason="there is no corpus")

# Where the engine's own end is not what a safe tool may reach: what must be true instead.
SAFER = {
    "q-addopt_now": ["select u from A", "the engine fails; a rebuild does it"],
    "q-atomic": ["select 1/(count(*) = 2) from pragma_table_info('A')",
                 "duplicates are found first, nothing is changed"],
    "q-colcase": ["select 1/(N = 1) from A", "the value is kept under its new name"],
    "q-fkadd_orphan": ["select 1/(count(*) = 0) from pragma_foreign_key_list('B')",
                       "a foreign key is not added over rows that refer to nothing"],
    "q-litestream": ["select 1/(count(*) = 1) from _litestream_seq", "another tool's tables"],
    "q-othertrig": ["select 1/(sum(extra) = 10 and count(*) = 2) from A",
                    "the engine dies in its middle"],
    "q-redef_full": ["select 1/(count(*) = 3) from sqlite_schema where name in ('part', 'expr',"
                     " 'trg')", "indexes, trigger, CHECK and COLLATE are kept"],
    "q-worowid": ["select 1/(wr and w = 1) from pragma_table_list('S'), S", "WITHOUT ROWID is kept"],
    "app-homarr-934bc0945-729fe40a9": [
        "select 1/(count(*) = 3) from httpCode", "a change of letter case keeps the rows"],
}

# The engine fails on these or does not stop rebuilding; what it says afterwards means nothing.
ENGINE_IS_WRONG = {"q-gen_declared", "q-litestream"}


def outcome_of(name):
    index = json.loads((CORPUS / "migrations.index.json").read_text())
    return next(entry["outcome"] for entry in index if entry["id"] == name)


def statements(holdfast, schema):
    return holdfast("schema", "show", "--schema", schema).out


def make_old(holdfast, case, db):
    sql = case / "old.sql"
    connection = sqlite3.connect(db)
    connection.executescript(sql.read_text() if sql.exists()
                             else statements(holdfast, case / "old.prisma"))
    if (case / "seed.sql").exists():
        connection.executescript((case / "seed.sql").read_text())
    connection.close()


def everything(db):
    connection = sqlite3.connect(db)
    connection.text_factory = lambda text: text.decode("utf-8", "surrogateescape")
    tables = [name for name, in connection.execute(
        "select name from sqlite_schema where type = 'table' order by 1")]
    rows = {name: sorted(map(repr, connection.execute(f'select * from "{name}"')))
            for name in tables}
    schema = sorted(connection.execute("select type, name, sql from sqlite_schema").fetchall(),
                    key=repr)
    connection.close()
    return schema, rows


def violations(db):
    connection = sqlite3.connect(db)
    found = connection.execute("pragma foreign_key_check").fetchall()
    sound = connection.execute("pragma integrity_check").fetchall()
    connection.close()
    assert sound == [("ok",)]
    return len(found)


@pytest.mark.parametrize("name", MIGRATIONS)
def test_a_migration_ends_as_it_should(holdfast, tmp_path, name):
    case, db = CORPUS / "migrations" / name, tmp_path / "app.db"
    make_old(holdfast, case, db)
    before, orphans = everything(db), violations(db)
    apply = ["schema", "apply", "--schema", case / "new.prisma", "--db", db]
    first = holdfast.unchecked(*apply)
    assert first.code in (0, 9), first.err
    if first.code:
        assert everything(db) == before
    assert violations(db) <= orphans or "refers to nothing" in first.out
    second = holdfast.unchecked(*apply, "--accept-data-loss")
    assert second.code in (0, 9), second.err
    if second.code:
        assert everything(db) == before
        assert name in SAFER or outcome_of(name) == "unexecutable"
    else:
        holdfast("schema", "plan", "--schema", case / "new.prisma", "--db", db,
                 "--accept-data-loss", "--check")
    if name in SAFER:
        connection = sqlite3.connect(db)
        assert connection.execute(SAFER[name][0]).fetchone()[0] is not None, SAFER[name][1]
        connection.close()
        return
    checked = subprocess.run([sys.executable, CORPUS / "check.py", case / "after.json", db],
                             capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


@pytest.fixture(scope="module")
def engine():
    if not ENGINE:
        pytest.skip("Prisma's engine is not there")
    return Engine(ENGINE)


def assert_nothing_left(engine, schema, db):
    found = engine.ask("diff", schema.read_text(), db=str(db))
    assert found.get("sql", "").strip() in ("", "-- This is an empty migration."), found


@pytest.mark.parametrize("name", MIGRATIONS)
def test_prismas_engine_finds_nothing_left_to_do(holdfast, engine, tmp_path, name):
    case, db = CORPUS / "migrations" / name, tmp_path / "app.db"
    make_old(holdfast, case, db)
    done = holdfast.unchecked("schema", "apply", "--schema", case / "new.prisma", "--db", db,
                              "--accept-data-loss")
    if done.code == 9 or name in ENGINE_IS_WRONG:
        return
    assert_nothing_left(engine, case / "new.prisma", db)


SCHEMAS = sorted(path.name for path in CORPUS.glob("schemas/*") if (path / "master.json").exists())
# Defaults of Bytes and dbgenerated(), which the engine rebuilds for at every look; Unsupported().
ENGINE_ALWAYS_REBUILDS = {entry["id"] for entry in json.loads(
    (CORPUS / "schemas.index.json").read_text()) if entry["repush_steps"]} if SCHEMAS else set()


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_makes_the_database_that_prisma_makes(holdfast, tmp_path, name):
    case, db = CORPUS / "schemas" / name, tmp_path / "app.db"
    schema = case / "schema.prisma"
    holdfast("schema", "apply", "--schema", schema, "--db", db)
    checked = subprocess.run([sys.executable, CORPUS / "check.py", case / "master.json", db,
                              "--schema-only"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout
    holdfast("schema", "plan", "--schema", schema, "--db", db, "--check")


@pytest.mark.parametrize("name", [name for name in SCHEMAS if name not in ENGINE_ALWAYS_REBUILDS])
def test_prismas_engine_finds_nothing_to_do_in_a_new_database(holdfast, engine, tmp_path, name):
    schema, db = CORPUS / "schemas" / name / "schema.prisma", tmp_path / "app.db"
    holdfast("schema", "apply", "--schema", schema, "--db", db)
    assert_nothing_left(engine, schema, db)
