"""Libraries that are put before the C library's own: what a disk or a mount does to the program, without one."""
import subprocess

import pytest

# While there is a file "slow", each piece that is written takes its time.
SLOW_DISK = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/types.h>
#include <unistd.h>
ssize_t pwrite64(int fd, const void *data, size_t size, off_t at)
{
    if (!access("slow", F_OK))
        usleep(200000);
    return ((ssize_t (*)(int, const void *, size_t, off_t))dlsym(RTLD_NEXT, "pwrite64"))(fd, data, size, at);
}
ssize_t pwrite(int fd, const void *data, size_t size, off_t at) __attribute__((alias("pwrite64")));
"""


def preloaded(folder, name, source):
    """The variables of a process that is to have this library."""
    (folder / f"{name}.c").write_text(source, encoding="ascii")
    library = folder / f"{name}.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, folder / f"{name}.c"], check=True)
    return {"LD_PRELOAD": str(library), "ASAN_OPTIONS": "verify_asan_link_order=0"}


class SlowDisk:
    """Slow between `begin` and `end`, for what was started with its variables in this folder."""

    def __init__(self, folder):
        self.env = preloaded(folder, "slow_disk", SLOW_DISK)
        self.sign = folder / "slow"

    def begin(self):
        self.sign.touch()

    def end(self):
        self.sign.unlink(missing_ok=True)


@pytest.fixture
def slow_disk(tmp_path):
    disk = SlowDisk(tmp_path)
    yield disk
    disk.end()
