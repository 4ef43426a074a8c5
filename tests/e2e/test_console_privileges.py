"""A console that began as root and serves as somebody else: what only root may read was read before."""
import os
import pathlib
import shutil
import sys
import tempfile

import pytest

import conftest
from console_rig import PASSWORD, Console, wait_for
from test_console_setup import begin, looked, restored
from test_profile import FILLED, MIDDLE, NEW, exported, make, rows

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="takes root")

APPLICATION = """
import signal, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
signal.pause()
"""


@pytest.fixture(name="place")
def open_place(holdfast):
    """Where every user may go; the data is user 1234's, as containers have it, the key root's alone."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="holdfast-"))
    folder.chmod(0o755)
    shutil.copy(holdfast.path, folder / "holdfast")
    other = conftest.Program(folder)
    other.path = str(folder / "holdfast")
    (folder / "key").write_bytes(os.urandom(32))
    (folder / "key").chmod(0o600)
    data = folder / "data"
    data.mkdir()
    make(data / "dev.db", NEW)
    for path in (folder, data, *data.iterdir()):
        os.chown(path, 1234, 1235)
    yield other
    shutil.rmtree(folder)


@pytest.fixture(name="console")
def run_console(place):
    started = Console(place, "--db", "data/dev.db", "-r", "data/repo", "--keyfile", "key", "--user",
                      "1234:1235", "--sync-interval", "100ms", verb="run",
                      command=["--", sys.executable, "-c", APPLICATION]).start()
    yield started
    started.stop()


def test_nothing_reads_the_keyfile_again(console, place, holdfast, tmp_path):
    backup = exported(holdfast, make(tmp_path / "old.db", MIDDLE, *FILLED))
    client = begin(console)
    source = looked(client, backup.read_bytes())
    assert restored(client, source)["point_before"]
    assert rows(place.folder / "data/dev.db", "select count(*) from User") == [(2,)]
    client.session(client.post("/api/v1/setup/password", {"password": PASSWORD}))
    assert client.job("/api/v1/jobs", {"kind": "check"})["whole"]
    assert client.job("/api/v1/settings/repository/tests")["ok"]
    point = client.job("/api/v1/databases/dev/points")["point"]
    wait_for(lambda: client.get("/api/v1/databases/dev/points")["points"], "its points")
    assert client.job("/api/v1/databases/dev/test-restores", {"point": point})["passed"]
    assert os.stat(place.folder / "data/repo").st_uid == 1234
