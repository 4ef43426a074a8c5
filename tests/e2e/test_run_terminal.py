"""`holdfast run` at a terminal: what a person types goes to the application."""
import os
import pty
import signal

import pytest

import conftest


class Terminal:
    """A session with a terminal of its own, in which holdfast was started."""

    def __init__(self, holdfast, folder, script):
        self.said = b""
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.execve(holdfast.path, [holdfast.path, "run", "--db", "app.db", "--", "sh", "-c", script],
                      holdfast.environment)

    def wait_for(self, text):
        while text not in self.said:
            self.said += os.read(self.master, 4096)

    def type(self, keys):
        os.write(self.master, keys)

    def wait(self, options=0):
        return os.waitpid(self.pid, options)[1]


@pytest.fixture
def terminal(holdfast, tmp_path):
    started = []

    def start(script):
        started.append(Terminal(holdfast, tmp_path, script))
        return started[-1]

    conftest.make(tmp_path / "app.db", rows=50)
    yield start
    for one in started:
        os.close(one.master)
        try:
            os.kill(one.pid, signal.SIGKILL)
            one.wait()
        except (ProcessLookupError, ChildProcessError):
            pass


def test_the_application_reads_what_is_typed(terminal):
    there = terminal("echo up; read word; echo read $word; exit 5")
    there.wait_for(b"up\r\n")
    there.type(b"hello\n")
    there.wait_for(b"read hello")
    assert os.waitstatus_to_exitcode(there.wait()) == 5


def test_an_interrupt_goes_to_the_application_alone(terminal):
    there = terminal("trap 'n=x$n; echo got $n' INT; echo up; "
                     "while [ \"$n\" != xx ]; do read word; done; exit 6")
    there.wait_for(b"up\r\n")
    there.type(b"\x03")
    there.wait_for(b"got x\r\n")
    there.type(b"\x03")
    there.wait_for(b"got xx")
    there.type(b"\n")
    assert os.waitstatus_to_exitcode(there.wait()) == 6


def test_an_application_that_is_ended_by_an_interrupt_is_protected_at_last(terminal, holdfast):
    there = terminal("echo up; exec sleep 600")
    there.wait_for(b"up\r\n")
    conftest.execute(holdfast.folder / "app.db", "delete from note")
    there.type(b"\x03")
    assert os.waitstatus_to_exitcode(there.wait()) == 130
    points = holdfast.json("list", "--db", "app.db")["databases"][0]["points"]
    assert [point["reason"] for point in points] == ["startup", "stop"]


def test_it_stops_and_goes_on_with_the_application(terminal):
    there = terminal("echo up; read word; echo read $word; exit 7")
    there.wait_for(b"up\r\n")
    there.type(b"\x1a")
    assert os.WIFSTOPPED(there.wait(os.WUNTRACED))
    os.kill(there.pid, signal.SIGCONT)
    there.type(b"again\n")
    there.wait_for(b"read again")
    assert os.waitstatus_to_exitcode(there.wait()) == 7
