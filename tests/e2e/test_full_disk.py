"""A disk that is really full: a small one of its own, which takes the right to mount."""
import os
import re
import subprocess

import pytest

import conftest

# In a namespace of its own: the disk is gone with the last process that sees it.
SCRIPT = """
mount -t tmpfs -o size=400k none full || exit 99
"$@"
echo "exit $?"
find full -type f
"""


def on_a_small_disk(holdfast, *arguments):
    """Exit code, messages, and the files that are left on the disk, which is the folder 'full'."""
    (holdfast.folder / "full").mkdir(exist_ok=True)
    namespace = "-m" if os.geteuid() == 0 else "-rm"
    done = subprocess.run(["unshare", namespace, "sh", "-c", SCRIPT, "sh", holdfast.path, *arguments],
                          cwd=holdfast.folder, env=holdfast.environment, text=True, timeout=60,
                          capture_output=True, check=False)
    told = re.search(r"^exit (\d+)\n(.*)", done.stdout, re.M | re.S)
    if not told:
        pytest.skip("may not mount: " + done.stderr.strip())
    return int(told[1]), done.stderr, told[2].splitlines()


@pytest.fixture
def db(tmp_path):
    path = tmp_path / "app.db"
    conftest.make(path, rows=10)
    connection = conftest.connect(path)
    connection.executemany("insert into note(extra) values(?)",
                           ((os.urandom(1000),) for _ in range(1000)))
    connection.close()
    return path


def test_the_repository(holdfast, db):
    before = conftest.content(db)
    code, err, left = on_a_small_disk(holdfast, "backup", "--db", "app.db", "-r", "full/repo")
    assert code == 1
    assert "No space left on device" in err and "hint: " in err
    assert [path for path in left if "segments" in path or "tmp" in path] == []
    assert conftest.content(db) == before


@pytest.mark.parametrize("options", [(), ("--overwrite",), ("--delta",)])
def test_the_target(holdfast, db, options):
    holdfast("backup", "--db", db, "-r", "repo")
    code, err, left = on_a_small_disk(holdfast, "restore", "-r", "repo", "--to", "full/out.db",
                                      *options)
    assert code == 1
    assert "'full/out.db' needs" in err and "hint: make room" in err
    assert left == []


def test_the_scratch_folder_proves_nothing_about_the_point(holdfast, db):
    holdfast("backup", "--db", db, "-r", "repo")
    code, err, left = on_a_small_disk(holdfast, "test-restore", "-r", "repo", "--scratch", "full")
    assert code == 1
    assert "needs" in err and "hint: make room" in err
    assert left == []
    (point,) = holdfast.json("list", "-r", "repo")["databases"][0]["points"]
    assert point["proof"]["result"] is None
