"""Repositories that lost or changed something: always noticed, and the rest is saved."""
import json
import shutil

import pytest

import conftest


@pytest.fixture
def repository(holdfast, tmp_path, db):
    """Two databases, several points, a pin, a proof, two key slots: every kind of object."""
    holdfast("backup", "--db", db, "-r", "repo", "--pin", "--label", "first")
    for step in range(3):
        conftest.execute(db, f"update note set body = 'x{step}' where id = {step + 1}")
        holdfast("backup", "--db", db, "-r", "repo")
    other = tmp_path / "other.db"
    conftest.make(other, rows=30)
    holdfast("backup", "--db", other, "-r", "repo")
    holdfast("test-restore", "-r", "repo")
    (tmp_path / "key").write_bytes(bytes(range(32)))
    holdfast("key", "add", "-r", "repo", "--new-keyfile", "key")
    return tmp_path / "repo"


def copy(repository, name="copy"):
    target = repository.parent / name
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(repository, target)
    return target


def assert_noticed(holdfast, what, path=None):
    """Exit code 6; 7 where what is damaged is the very slot that would open the repository."""
    outcome = holdfast.unchecked("check", "--read-data", "-r", "copy")
    codes = (6, 7) if path and path.parent.name == "keys" else (6,)
    assert outcome.code in codes, f"{what}: {outcome.code}\n{outcome.out}{outcome.err}"
    assert "holdfast: " in outcome.err


def offsets(size):
    """The beginning, the end, and places between: every kind of section of a small object."""
    steps = max(1, size // 24)
    return sorted({0, 7, 8, 9, size - 1, size - 33, *range(0, size, steps)} & set(range(size)))


def test_a_flipped_bit_in_any_object_is_noticed(holdfast, repository):
    tried = 0
    for path in conftest.objects(repository):
        for offset in offsets(path.stat().st_size):
            broken = copy(repository) / path.relative_to(repository)
            conftest.flip(broken, offset, offset % 8)
            assert_noticed(holdfast, f"{path.name} bit {offset % 8} of byte {offset}", path)
            tried += 1
    print(f"{tried} flipped bits")
    assert tried > 100


def test_a_truncated_object_is_noticed(holdfast, repository):
    for path in conftest.objects(repository):
        size = path.stat().st_size
        for length in {0, 1, size - 64, size - 33, size - 32, size - 1,
                       *range(0, size, size // 6 + 1)} & set(range(size)):
            broken = copy(repository) / path.relative_to(repository)
            broken.write_bytes(broken.read_bytes()[:length])
            assert_noticed(holdfast, f"{path.name} cut to {length} of {size}", path)


def test_a_longer_object_is_noticed(holdfast, repository):
    for path in conftest.objects(repository):
        broken = copy(repository) / path.relative_to(repository)
        broken.write_bytes(broken.read_bytes() + b"x")
        assert_noticed(holdfast, f"{path.name} with a byte more", path)


def segments(repository):
    """Of the database with the most points, oldest first."""
    folders = [folder / "segments/0" for folder in (repository / "databases").iterdir()]
    return max((sorted(folder.iterdir()) for folder in folders), key=len)


def test_a_missing_object_is_noticed_unless_nothing_tells_of_it(holdfast, repository):
    """Nothing but the host's memory tells of a newest segment, nor of what is only remarked."""
    newest = [sorted(folder.iterdir())[-1] for folder in repository.glob("databases/*/segments/0")]
    for path in conftest.objects(repository):
        if path in newest or path.parent.name in ("points", "writers", "keys"):
            continue
        (copy(repository) / path.relative_to(repository)).unlink()
        assert_noticed(holdfast, f"missing {path.name}")


def test_a_missing_segment_is_noticed_and_older_points_still_restore(holdfast, tmp_path,
                                                                     repository):
    broken = copy(repository)
    segments(broken)[2].unlink()
    assert_noticed(holdfast, "a missing segment")
    holdfast("restore", "app", "-r", "copy", "--to", "old.db", "--point", "2")
    assert conftest.content(tmp_path / "old.db")
    outcome = holdfast.unchecked("restore", "app", "-r", "copy", "--to", "new.db", "--point", "4")
    assert outcome.code in (1, 6)
    assert not (tmp_path / "new.db").exists()


def test_objects_that_changed_places_are_noticed(holdfast, repository):
    pairs = 0
    # The name of a key slot means nothing: what it holds opens the repository under any.
    paths = [path for path in conftest.objects(repository) if path.parent.name != "keys"]
    for one in paths:
        for two in paths:
            # Two databases' objects, two segments of one: any two of one kind, or next in order.
            if one >= two or one.parent.name != two.parent.name:
                continue
            broken = copy(repository)
            first, second = (broken / path.relative_to(repository) for path in (one, two))
            data = first.read_bytes()
            first.write_bytes(second.read_bytes())
            second.write_bytes(data)
            assert_noticed(holdfast, f"{one.name} and {two.name} swapped", one)
            pairs += 1
    assert pairs > 3


def test_a_damaged_segment_never_restores(holdfast, tmp_path, repository):
    size = segments(repository)[0].stat().st_size
    for offset in range(200, size, size // 20):
        conftest.flip(segments(copy(repository))[0], offset)
        outcome = holdfast.unchecked("restore", "app", "-r", "copy", "--to", "out.db", "--point",
                                     "1")
        if outcome.code == 0:
            # What was damaged is not needed for this state (a checksum of the whole object).
            holdfast("restore", "app", "-r", "repo", "--to", "good.db", "--point", "1")
            assert (tmp_path / "out.db").read_bytes() == (tmp_path / "good.db").read_bytes()
            (tmp_path / "good.db").unlink()
            (tmp_path / "out.db").unlink()
        else:
            assert outcome.code == 6, outcome.err
            assert [p.name for p in tmp_path.iterdir() if "out.db" in p.name] == []


def test_repair_says_what_it_would_do_and_does_it_only_when_told(holdfast, tmp_path, repository,
                                                                db):
    broken = copy(repository)
    conftest.flip(segments(broken)[3], 300)
    before = {path: path.read_bytes() for path in conftest.objects(broken)}
    shown = holdfast("check", "--read-data", "--repair", "-r", "copy", code=6)
    assert "would remove" in shown.out
    assert {path: path.read_bytes() for path in conftest.objects(broken)} == before
    holdfast.unchecked("check", "--read-data", "--repair", "--yes", "-r", "copy")
    holdfast("check", "--read-data", "-r", "copy")
    holdfast("backup", "--db", db, "-r", "copy")
    holdfast("restore", "app", "-r", "copy", "--to", "out.db")
    assert conftest.content(tmp_path / "out.db") == conftest.content(db)


def test_a_damaged_head_is_written_again(holdfast, repository):
    broken = copy(repository)
    (broken / "holdfast.json").unlink()
    holdfast("list", "-r", "copy", code=6).says("holdfast check --repair")
    holdfast("check", "--repair", "-r", "copy", code=6)
    assert not (broken / "holdfast.json").exists()
    holdfast("check", "--repair", "--yes", "-r", "copy")
    ours, theirs = (json.loads((folder / "holdfast.json").read_text(encoding="utf-8"))
                    for folder in (repository, broken))
    assert (ours["id"], ours["key_id"]) == (theirs["id"], theirs["key_id"])


def test_a_repository_that_was_rolled_back_is_noticed(holdfast, tmp_path, repository, db):
    """Its newest objects are gone, which the host remembers."""
    rolled = copy(repository)
    segments(rolled)[-1].unlink()
    outcome = holdfast.unchecked("backup", "--db", db, "-r", "copy")
    assert "note: " in outcome.err or outcome.code != 0, outcome.err
    holdfast("backup", "--db", db, "-r", "copy")
    holdfast("restore", "app", "-r", "copy", "--to", "out.db")
    assert conftest.content(tmp_path / "out.db") == conftest.content(db)
