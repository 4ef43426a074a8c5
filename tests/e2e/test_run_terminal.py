"""`holdfast run` at a terminal: what a person types goes to the application."""
import os
import pty
import signal

import pytest

import conftest


class Terminal:
    """A session with a terminal of its own, in which holdfast was started."""

    def __init__(self, holdfast, folder, command):
        self.said = b""
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.execvpe(command[0], command, holdfast.environment)

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

    def start(script, *options, by=()):
        started.append(Terminal(holdfast, tmp_path, [*by, holdfast.path, "run", "--db", "app.db",
                                                     *options, "--", "sh", "-c", script]))
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
    # A shell that reads may miss what comes right before it begins to.
    there = terminal("trap 'n=x$n; echo got $n' INT; echo up; "
                     "while [ \"$n\" != xx ]; do sleep 0.05; done; exit 6")
    there.wait_for(b"up\r\n")
    there.type(b"\x03")
    there.wait_for(b"got x\r\n")
    there.type(b"\x03")
    there.wait_for(b"got xx")
    assert os.waitstatus_to_exitcode(there.wait()) == 6


def test_an_application_that_is_ended_by_an_interrupt_is_protected_at_last(terminal, holdfast):
    there = terminal("echo up; exec sleep 600")
    there.wait_for(b"up\r\n")
    conftest.execute(holdfast.folder / "app.db", "delete from note")
    there.type(b"\x03")
    assert os.waitstatus_to_exitcode(there.wait()) == 130
    points = holdfast.json("list", "--db", "app.db")["databases"][0]["points"]
    # The replicator may have had it before the end.
    assert len(points) > 1 and points[0]["reason"] == "startup"
    holdfast("restore", "--db", "app.db", "--to", "out.db")
    assert conftest.content(holdfast.folder / "out.db") == conftest.content(holdfast.folder / "app.db")


@pytest.mark.parametrize("policy", ["on-failure", "always"])
@pytest.mark.parametrize("script, code", [("echo up; exec sleep 600", 130),
                                          ("trap 'exit 3' INT; echo up; while :; do sleep 0.1; done", 3)])
def test_what_ends_by_an_interrupt_is_not_started_again(terminal, policy, script, code):
    there = terminal(script, "--restart", policy)
    there.wait_for(b"up\r\n")
    there.type(b"\x03")
    assert os.waitstatus_to_exitcode(there.wait()) == code
    assert there.said.count(b"started sh") <= 1


def test_what_ends_by_a_signal_of_its_own_is_started_again(terminal):
    there = terminal("echo up; kill -INT $$", "--restart", "on-failure")
    there.wait_for(b"started again")
    there.type(b"\x03")
    assert os.waitstatus_to_exitcode(there.wait()) == 130


def test_a_shell_stops_it_and_lets_it_go_on_with_the_application(terminal):
    there = terminal("echo up; read word; echo read $word; exit 7",
                     by=["bash", "-mc", '"$@"; echo shell; fg', "bash"])
    there.wait_for(b"up\r\n")
    there.type(b"\x1a")
    there.wait_for(b"shell\r\n")
    there.type(b"again\n")
    there.wait_for(b"read again")
    assert os.waitstatus_to_exitcode(there.wait()) == 7


def test_without_a_shell_that_could_continue_it_nothing_stops(terminal):
    there = terminal("echo up; read word; echo read $word; exit 7")
    there.wait_for(b"up\r\n")
    there.type(b"\x1a")
    there.type(b"again\n")
    there.wait_for(b"read again")
    assert os.waitstatus_to_exitcode(there.wait()) == 7
