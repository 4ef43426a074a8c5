"""What is not as it should be: each a clear line with a hint, its exit code, and no harm."""
import ctypes
import json
import os
import resource
import shutil

import pytest

import conftest

def names(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def refused(holdfast, code, *arguments, says=(), hint=True):
    outcome = holdfast(*arguments, code=code).says(*says)
    texts = [line for line in outcome.err.splitlines() if line.startswith("holdfast: ")]
    assert len(texts) == 1, outcome.err
    assert not hint or "  hint: " in outcome.err, outcome.err
    return outcome


def backup_refused(holdfast, tmp_path, code, db, *says):
    """Refused, and nothing is left of the attempt: no repository, no other file."""
    before = names(tmp_path)
    refused(holdfast, code, "backup", "--db", db, "--name", "x", "-r", "repo", says=says)
    assert names(tmp_path) == before


def test_a_missing_file(holdfast, tmp_path):
    backup_refused(holdfast, tmp_path, 1, "none.db", "none.db", "No such file")


def test_an_empty_file(holdfast, tmp_path):
    (tmp_path / "app.db").touch()
    backup_refused(holdfast, tmp_path, 6, "app.db", "app.db", "empty")


@pytest.mark.parametrize("size", [16, 99, 100, 5000])
def test_a_file_that_is_no_database(holdfast, tmp_path, size):
    (tmp_path / "app.db").write_bytes(b"x" * size)
    backup_refused(holdfast, tmp_path, 6, "app.db", "app.db", "not a SQLite database")


def test_an_encrypted_database(holdfast, tmp_path):
    (tmp_path / "app.db").write_bytes(os.urandom(40960))
    backup_refused(holdfast, tmp_path, 6, "app.db", "encrypted")


def test_a_directory(holdfast, tmp_path):
    (tmp_path / "app.db").mkdir()
    backup_refused(holdfast, tmp_path, 1, "app.db", "app.db", "directory")


def without_privileges():
    """Root may read everything, but not what it starts after this."""
    drop, override, search = 24, 1, 2  # PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
    prctl = ctypes.CDLL(None).prctl
    if os.geteuid() == 0:
        assert prctl(drop, override, 0, 0, 0) == prctl(drop, search, 0, 0, 0) == 0


def test_an_unreadable_file(holdfast, tmp_path, db):
    db.chmod(0)
    before = names(tmp_path)
    done = holdfast.start("backup", "--db", db, "-r", "repo", preexec_fn=without_privileges)
    _, err = done.communicate(timeout=60)
    assert done.returncode == 1
    assert "cannot access" in err and "app.db'" in err
    assert "hint: " in err
    assert names(tmp_path) == before


def test_a_folder_that_may_not_be_written(holdfast, tmp_path, db):
    (tmp_path / "repo").mkdir(mode=0o500)
    done = holdfast.start("backup", "--db", db, "-r", "repo", preexec_fn=without_privileges)
    _, err = done.communicate(timeout=60)
    assert done.returncode in (1, 5)
    assert "repo" in err and "Permission denied" in err


@pytest.mark.parametrize("keep", [101, 4096, 5000, 100000])
def test_a_truncated_database(holdfast, tmp_path, db, keep):
    data = db.read_bytes()
    assert len(data) > keep
    db.write_bytes(data[:keep])
    holdfast("backup", "--db", db, "-r", "repo", code=6).says("app.db", "hint: ")


def test_a_repository_that_is_there_does_not_learn_a_name_in_vain(holdfast, tmp_path, db):
    holdfast("backup", "--db", db, "-r", "repo")
    (tmp_path / "letter").write_text("dear", encoding="utf-8")
    before = names(tmp_path)
    for wrong, code in (("letter", 6), ("none.db", 1), ("/dev/null", 1)):
        refused(holdfast, code, "backup", "--db", wrong, "-r", "repo")
    refused(holdfast, 3, "backup", "other", "--db", db, "-r", "repo", says=["'other'"])
    assert names(tmp_path) == before


def test_an_exclusively_locked_database(holdfast, tmp_path):
    db = tmp_path / "app.db"
    conftest.make(db, rows=10, journal="delete")
    owner = conftest.connect(db)
    owner.execute("begin exclusive")
    backup_refused(holdfast, tmp_path, 4, "app.db", "app.db", "lock")
    owner.close()


def test_a_path_of_4000_characters(holdfast, tmp_path):
    long_path = "/".join(["d" * 99] * 40)
    outcome = refused(holdfast, 1, "backup", "--db", long_path, "--name", "x", "-r", "repo",
                      says=["…"])
    assert len(outcome.err) < 1500
    assert names(tmp_path) == []


def test_a_path_of_nearly_4000_characters_that_is_there(holdfast, tmp_path, db):
    """SQLite opens no such path; all else works in one."""
    folder = tmp_path
    here = os.open(tmp_path, os.O_RDONLY)
    while len(str(folder)) < 3800:
        folder /= "d" * 99
        os.mkdir("d" * 99, dir_fd=here)
        deeper = os.open("d" * 99, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = deeper
    os.close(here)
    shutil.copy(db, folder / "app.db")
    refused(holdfast, 1, "backup", "--db", folder / "app.db", "-r", "repo",
            says=["SQLite cannot open", "bytes"])
    assert not (tmp_path / "repo").exists()
    holdfast("backup", "--db", db, "-r", folder / "r")
    holdfast("check", "--read-data", "-r", folder / "r")
    holdfast("restore", "-r", folder / "r", "--to", folder / "out.db")
    assert (folder / "out.db").stat().st_size > 100000


def test_a_name_that_is_too_long_for_the_file_system(holdfast, tmp_path):
    backup_refused(holdfast, tmp_path, 1, "d" * 300 + ".db", "File name too long")


def test_control_characters_in_a_path_do_not_reach_the_terminal(holdfast):
    outcome = holdfast("backup", "--db", "a\033[2J\nb.db", "--name", "x", "-r", "repo", code=1)
    assert "\033" not in outcome.err
    assert len(outcome.err.splitlines()) == 2


def test_no_repository_there(holdfast):
    for verb in ("list", "restore", "check", "test-restore", "status", "key list", "key kit"):
        refused(holdfast, 5, *verb.split(), "-r", "none", says=["none", "there is no repository"])


def test_a_folder_that_is_no_repository(holdfast, tmp_path, db):
    (tmp_path / "repo").mkdir()
    (tmp_path / "repo/letter.txt").write_text("dear", encoding="utf-8")
    refused(holdfast, 6, "list", "-r", "repo", says=["letter.txt", "not a Holdfast repository"])
    outcome = holdfast("backup", "--db", db, "-r", "repo", code=6)
    assert "letter.txt" in outcome.err
    assert names(tmp_path / "repo") == ["letter.txt"]
    assert holdfast("init", "-r", "repo", code=9).says("letter.txt")


def test_a_file_in_the_place_of_the_repository(holdfast, tmp_path, db):
    (tmp_path / "repo").write_text("a file", encoding="utf-8")
    holdfast("backup", "--db", db, "-r", "repo", code=5).says("repo")
    assert (tmp_path / "repo").read_text(encoding="utf-8") == "a file"


def test_a_repository_of_a_newer_format(holdfast, tmp_path, db):
    holdfast("backup", "--db", db, "-r", "repo")
    head = tmp_path / "repo/holdfast.json"
    written = json.loads(head.read_text(encoding="utf-8"))
    key = next(name for name in written if "format" in name or "version" in name)
    written[key] = 99
    head.chmod(0o600)
    head.write_text(json.dumps(written), encoding="utf-8")
    holdfast("list", "-r", "repo", code=1).says("repo", "hint: ")


def test_making_a_repository_twice(holdfast, tmp_path):
    holdfast("init", "-r", "repo")
    before = {path: path.read_bytes() for path in conftest.objects(tmp_path / "repo")}
    holdfast("init", "-r", "repo", code=1).says("there is a repository already")
    assert {path: path.read_bytes() for path in conftest.objects(tmp_path / "repo")} == before


def limited(holdfast, size, *arguments):
    """Runs with files limited to this size, which is how a full disk looks without having one."""
    done = holdfast.start(*arguments, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE,
                                                                            (size, size)))
    _, err = done.communicate(timeout=60)
    return done.returncode, err


def test_no_room_in_the_repository(holdfast, tmp_path, db):
    holdfast("backup", "--db", db, "-r", "repo")
    writer = conftest.connect(db)
    writer.execute("begin")
    writer.executemany("insert into note(extra) values(?)",
                       ((os.urandom(1000),) for _ in range(500)))
    writer.execute("commit")
    writer.close()
    before = {path: path.read_bytes() for path in conftest.objects(tmp_path / "repo")}
    for size in (1, 100, 5000, 60000):
        code, err = limited(holdfast, size, "backup", "--db", db, "-r", "repo")
        assert code == 1, err
        assert "File too large" in err
        now = {path: path.read_bytes() for path in conftest.objects(tmp_path / "repo")
               if "segments" in str(path)}
        assert now == {path: data for path, data in before.items() if "segments" in str(path)}
    holdfast("backup", "--db", db, "-r", "repo")
    holdfast("check", "--read-data", "-r", "repo")
    holdfast("restore", "-r", "repo", "--to", "out.db")
    assert conftest.content(tmp_path / "out.db") == conftest.content(db)


def test_two_databases_of_one_name_do_not_mix_silently(holdfast, tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        conftest.make(tmp_path / folder / "app.db", rows=20 + ord(folder))
    holdfast("backup", "--db", "a/app.db", "-r", "repo")
    outcome = holdfast("backup", "--db", "b/app.db", "-r", "repo", code=9)
    assert "app" in outcome.err and "--take-over" in outcome.err
    holdfast("backup", "--db", "b/app.db", "-r", "repo", "--take-over")


def test_a_repository_can_be_moved(holdfast, tmp_path, db):
    holdfast("backup", "--db", db, "-r", "repo")
    shutil.move(tmp_path / "repo", tmp_path / "elsewhere")
    holdfast("restore", "-r", "elsewhere", "--to", "out.db")
    assert conftest.content(tmp_path / "out.db") == conftest.content(db)
