"""`holdfast schema` as a person uses it: what is said, which exit code, and the way back."""
import sqlite3

import pytest

BASE = """datasource db {
  provider = "sqlite"
  url      = "file:./dev.db"
}

model User {
  id   Int    @id @default(autoincrement())
  name String
%s}
"""


@pytest.fixture
def prisma(tmp_path):
    """Writes schema.prisma with these lines more in its model."""
    def write(*lines, text=BASE):
        path = tmp_path / "schema.prisma"
        path.write_text(text % "".join(f"  {line}\n" for line in lines))
        return path
    return write


@pytest.fixture
def users(tmp_path, holdfast, prisma):
    """A database that `apply` made, with three users in it."""
    path = tmp_path / "dev.db"
    holdfast("schema", "apply", "--schema", prisma("age Int?"), "--db", path)
    database = sqlite3.connect(path)
    database.executemany("INSERT INTO User(name, age) VALUES(?, ?)", [("a", 1), ("b", None), ("c", 3)])
    database.commit()
    database.close()
    return path


def rows(path, sql):
    database = sqlite3.connect(path)
    found = database.execute(sql).fetchall()
    database.close()
    return found


def test_show_prints_the_statements_that_prisma_runs(holdfast, prisma):
    assert holdfast("schema", "show", "--schema", prisma()).out == (
        'CREATE TABLE "User" (\n    "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,\n'
        '    "name" TEXT NOT NULL\n);\n')


def test_a_mistake_is_shown_at_its_place(holdfast, prisma):
    told = holdfast("schema", "show", "--schema", prisma("age Integer"), code=3).err
    assert "schema.prisma:9:7: " in told
    assert "  age Integer\n      ^^^^^^^\n" in told


@pytest.mark.parametrize("there", ["nothing", "an empty file"])
def test_apply_makes_a_database(tmp_path, holdfast, prisma, there):
    path = tmp_path / "new.db"
    if there == "an empty file":
        path.touch()
    assert holdfast.json("schema", "apply", "--schema", prisma(), "--db", path)["created"]
    assert rows(path, "SELECT count(*) FROM User") == [(0,)]


def test_a_database_that_could_not_be_made_is_not_left_behind(tmp_path, holdfast):
    schema = tmp_path / "schema.sql"
    schema.write_text("CREATE TABLE t(a);\nCREATE INDEX i ON t(b);\n")
    path = tmp_path / "new.db"
    holdfast("schema", "apply", "--schema", schema, "--db", path, code=3).says("schema.sql:2:")
    assert not path.exists()


def test_plan_says_and_does_not(users, holdfast, prisma):
    schema = prisma("age Int?", "email String? @unique")
    before = users.read_bytes()
    told = holdfast("schema", "plan", "--schema", schema, "--db", users).out
    assert 'ALTER TABLE "User" ADD COLUMN "email" TEXT' in told
    assert users.read_bytes() == before


def test_check_exits_with_8_while_there_is_something_to_do(users, holdfast, prisma):
    schema = prisma("age Int?", "email String?")
    holdfast("schema", "plan", "--check", "--schema", schema, "--db", users, code=8)
    holdfast("schema", "apply", "--schema", schema, "--db", users)
    holdfast("schema", "plan", "--check", "--schema", schema, "--db", users)


def test_a_restore_point_is_the_way_back(tmp_path, users, holdfast, prisma):
    point = holdfast.json("schema", "apply", "--accept-data-loss", "--schema", prisma(),
                          "--db", users)["point_before"]
    assert rows(users, "SELECT * FROM User") == [(1, "a"), (2, "b"), (3, "c")]
    holdfast("restore", "--db", users, "--point", point, "--to", tmp_path / "before.db")
    assert rows(tmp_path / "before.db", "SELECT * FROM User") == [(1, "a", 1), (2, "b", None), (3, "c", 3)]


def test_data_is_lost_only_when_that_is_accepted(users, holdfast, prisma):
    told = holdfast("schema", "apply", "--schema", prisma(), "--db", users, code=9).err
    assert "age" in told and "2 " in told and "--accept-data-loss" in told
    assert rows(users, "SELECT age FROM User") == [(1,), (None,), (3,)]
    assert not (users.parent / "backups").exists()


def test_what_is_impossible_stays_so_when_data_loss_is_accepted(users, holdfast, prisma):
    told = holdfast("schema", "apply", "--accept-data-loss", "--schema", prisma("age Int"), "--db",
                    users, code=9).err
    assert "age" in told
    assert rows(users, "SELECT age FROM User") == [(1,), (None,), (3,)]


def test_a_renamed_field_keeps_its_values(users, holdfast, prisma):
    holdfast("schema", "apply", "--schema", prisma("/// @renamed-from age", "years Int?"), "--db", users)
    assert rows(users, "SELECT years FROM User") == [(1,), (None,), (3,)]


def test_a_dry_run_tells_of_a_refusal(users, holdfast, prisma):
    holdfast("schema", "apply", "--dry-run", "--schema", prisma(), "--db", users, code=9)


def test_what_is_pulled_needs_no_change(tmp_path, users, holdfast):
    for form, name in (("prisma", "pulled.prisma"), ("sql", "pulled.sql")):
        pulled = tmp_path / name
        pulled.write_text(holdfast("schema", "pull", "--db", users, "--format", form).out)
        holdfast("schema", "plan", "--check", "--schema", pulled, "--db", users)


def test_a_database_in_use_is_left_as_it_is(users, holdfast, prisma):
    writer = sqlite3.connect(users, isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    schema = prisma("age Int?", "email String?")
    holdfast("schema", "apply", "--schema", schema, "--db", users, code=4)
    writer.execute("ROLLBACK")
    holdfast("schema", "apply", "--schema", schema, "--db", users)


def test_a_schema_that_is_not_there_is_said(tmp_path, holdfast):
    holdfast.unchecked("schema", "show", "--schema", tmp_path / "none.prisma").says("none.prisma")
