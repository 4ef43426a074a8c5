"""What the program writes, read by a second reader that knows docs/format.md and nothing else."""
import os
import pathlib
import re
import subprocess
import sys

import pytest

import conftest

pytest.importorskip("nacl", reason="needs Debian's python3-nacl")
pytest.importorskip("zstandard", reason="needs Debian's python3-zstandard")
sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "format"))
reader = pytest.importorskip("reader")


def assert_restores(tmp_path, point, expected, **secrets):
    out = tmp_path / f"second-{point}.db"
    repository = reader.Repository(tmp_path / "repo", **secrets)
    reader.Database(repository, "app").restore(point, out)
    assert out.read_bytes() == expected
    out.unlink()


def settled(db):
    """The file's bytes once its log is folded into it."""
    conftest.execute(db, "pragma wal_checkpoint(truncate)")
    return db.read_bytes()


@pytest.mark.parametrize("page_size", [512, 4096, 65536])
def test_increments_growth_and_shrinking_restore(holdfast, tmp_path, page_size):
    db = tmp_path / "app.db"
    conftest.make(db, rows=3000, page_size=page_size)
    states = []
    for change in ("update note set body = 'other' where id % 40 = 3",
                   "delete from note where id > 1200", "vacuum",
                   "insert into note(body) select hex(randomblob(400)) from note",
                   "update note set body = 'third' where id % 300 = 7"):
        states.append(settled(db))
        holdfast("backup", "--db", db, "-r", "repo")
        conftest.execute(db, change)
    for point, expected in enumerate(states, 1):
        assert_restores(tmp_path, point, expected)


def test_each_kind_of_key_slot_opens(holdfast, tmp_path, db):
    keyfile = os.urandom(40)
    (tmp_path / "key").write_bytes(keyfile)
    (tmp_path / "pw").write_text("öpen sesame\n", encoding="utf-8")
    expected = settled(db)
    holdfast("backup", "--db", db, "-r", "repo", "--keyfile", "key")
    assert_restores(tmp_path, 1, expected, keyfile=keyfile)
    with pytest.raises(reader.Damaged):
        reader.Repository(tmp_path / "repo", keyfile=b"x" * 40)
    other = tmp_path / "other"
    other.mkdir()
    holdfast("init", "-r", "other/repo", "--passphrase-file", "pw")
    holdfast("backup", "--db", db, "-r", "other/repo", "--passphrase-file", "pw")
    assert_restores(other, 1, expected, passphrase="öpen sesame")
    with pytest.raises(reader.Damaged):
        reader.Repository(other / "repo", passphrase="close sesame")


def test_a_dictionary_is_read(holdfast, tmp_path):
    db = tmp_path / "app.db"
    conftest.make(db, rows=10)
    conftest.execute(db, "with recursive n(i) as (select 1 union all select i + 1 from n where "
                         "i < 90000) insert into note(body) select 'row ' || i || ' of a table "
                         "whose rows are alike, as rows are: ' || hex(i * 7919) || "
                         "hex(randomblob(40)) || ' and so on to the end of it' from n")
    expected = settled(db)
    assert len(expected) > 17 << 20
    holdfast("backup", "--db", db, "-r", "repo")
    assert_restores(tmp_path, 1, expected)
    database = reader.Database(reader.Repository(tmp_path / "repo"), "app")
    assert reader.SegmentObject(database, database.plan(1)[0][2]).dictionary


def test_a_segment_in_parts_restores(tmp_path):
    build = pathlib.Path(os.environ["HOLDFAST_BIN"]).parent.parent.parent
    program = build / "tests" / "format" / "make_parts"
    if not program.exists():
        pytest.skip("needs the build's tests/format/make_parts")
    subprocess.run([program, tmp_path / "repo"], check=True)
    names = [path.name for path in conftest.objects(tmp_path / "repo") if "segments" in path.parts]
    assert len(names) == 4
    expected = b"".join(page.to_bytes(4, "little") * 1024 for page in range(1, 101))
    assert_restores(tmp_path, 1, expected)


def test_a_flipped_bit_is_refused(holdfast, tmp_path, db):
    expected = settled(db)
    holdfast("backup", "--db", db, "-r", "repo")
    for path in conftest.objects(tmp_path / "repo"):
        if "writers" in path.parts:
            continue  # a restore does not ask who wrote
        for at in (9, path.stat().st_size // 2, path.stat().st_size - 20):
            conftest.flip(path, at)
            with pytest.raises((reader.Damaged, reader.CryptoError, ValueError)):
                repository = reader.Repository(tmp_path / "repo")
                reader.Database(repository, "app").restore(1, tmp_path / "damaged.db")
            (tmp_path / "damaged.db").unlink(missing_ok=True)
            conftest.flip(path, at)
    assert_restores(tmp_path, 1, expected)


def vectors():
    page = (pathlib.Path(__file__).parent.parent.parent / "docs" / "format.md").read_text("utf-8")
    return {name: bytes.fromhex(digits) for name, digits in
            re.findall(r"```vector (\S+)\n([0-9a-f\n]*)```", page)}


def test_the_repository_of_the_page_restores(tmp_path):
    vector = vectors()
    folder = tmp_path / "repo"
    prefix = "databases/" + vector["database-id"].hex()
    for name, content in (("holdfast.json", "head"), ("keys/30313233", "slot"),
                          (f"{prefix}/about/00000001", "about"),
                          (f"{prefix}/segments/0/0000000000000001-0000000000000001.00000001."
                           "1795000000000", "segment")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(vector[content])
    first = b"".join(reader.digest(bytes([i])) for i in range(16))
    assert_restores(tmp_path, 1, first + bytes(512))
    repository = reader.Repository(folder)
    secret = reader.Database(repository, "app").secret
    assert repository.master == vector["master"]
    fingerprint = reader.xxh3_64_with_secret(first, secret)
    assert fingerprint.to_bytes(8, "little") == vector["page-fingerprint"]
    assert reader.Database._term(1, fingerprint).to_bytes(8, "little") == vector["state-term"]
    assert reader.derive(bytes(32), b"keyfile", first) == vector["keyfile-key"]
    assert reader.argon2id.kdf(32, b"open sesame", bytes(range(16)), opslimit=3,
                               memlimit=64 << 20) == vector["passphrase-key"]


def test_merged_history_restores(holdfast, tmp_path):
    db = tmp_path / "app.db"
    conftest.make(db, rows=3000)
    states = []
    for step in range(8):
        conftest.execute(db, f"update note set body = 'step {step}' where id % 8 = {step}",
                         "delete from note where id > 2000" if step == 3 else "vacuum")
        states.append(settled(db))
        holdfast("backup", "--db", db, "-r", "repo")
    holdfast("pin", "3", "-r", "repo")
    holdfast("prune", "-r", "repo", "--keep-last", "2", "--grace", "0")
    left = [point["point"] for point in holdfast.json("list", "-r", "repo")["databases"][0]["points"]]
    assert len(left) < 8 and {3, 7, 8} <= set(left)
    for point in left:
        assert_restores(tmp_path, point, states[point - 1])
