"""`holdfast run` as the parent of any command: signals, exit codes, restarts, streams, users."""
import os
import pathlib
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile

import pytest

import conftest
import films_rig

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="takes root")


@pytest.fixture
def films(films):
    """With a database, so that a boot has everything to do that it ever has."""
    films.boot(command=["true"]).ended(0)
    return films


def shell(text, *arguments):
    return ["sh", "-c", text, "sh", *arguments]


def python(text, *arguments):
    return [sys.executable, "-c", text, *arguments]


def running(films, boot, name="started"):
    """Waits until the command has made a file that says that it runs."""
    def there():
        assert boot.process.poll() is None, boot.told()
        return (films.folder / name).exists()
    films_rig.wait_for(there, name)
    return boot


# Exit codes


@pytest.mark.parametrize("text, code", [
    ("exit 0", 0), ("exit 7", 7), ("exit 255", 255), ("kill -KILL $$", 137), ("kill -TERM $$", 143),
    ("kill -SEGV $$", 139)])
def test_it_ends_as_the_command_ended(films, text, code):
    films.boot(command=shell(text)).ended(code)


def test_a_command_that_is_not_there(films):
    # Without folders that only another user may look into: they might have it.
    boot = films.boot(command=["no-such-command"], env={"PATH": "/usr/bin:/bin"})
    boot.ended(127).says("no-such-command")


def test_a_command_that_cannot_be_run(films):
    (films.folder / "text").write_text("not a program", encoding="utf-8")
    films.boot(command=["./text"]).ended(126).says("./text")


def test_no_command_is_a_mistake_of_use(films, holdfast):
    holdfast("run", code=2, env=films.env)
    holdfast("run", "--", code=2, env=films.env)


def test_the_words_of_the_command_are_its_own(films):
    boot = films.boot(command=shell('printf "<%s>" "$@"', "--restart", "a b", "", "--", "-x"))
    assert boot.ended(0).out == b"<--restart><a b><><--><-x>"


def test_without_a_database_or_schema_there_is_nothing_to_do_but_run(holdfast, tmp_path):
    (tmp_path / "data").mkdir()
    env = {"HOLDFAST_DB": str(tmp_path / "data" / "dev.db")}
    assert holdfast("run", "--", "echo", "hello", env=env).out == "hello\n"
    assert not (tmp_path / "data" / "dev.db").exists()


def test_an_application_that_makes_its_own_database_is_protected_from_its_end_on(holdfast,
                                                                                  tmp_path):
    db = tmp_path / "data" / "dev.db"
    db.parent.mkdir()
    env = {"HOLDFAST_DB": str(db)}
    make = "import sqlite3; c = sqlite3.connect('data/dev.db'); c.execute('create table t(x)'); " \
        "c.execute('insert into t values(7)'); c.commit()"
    holdfast("run", "--", *python(make), env=env)
    db.unlink()
    holdfast("run", "--", "true", env=env)
    assert conftest.connect(db).execute("select x from t").fetchall() == [(7,)]


# Streams


def test_standard_input_and_output_are_untouched(films):
    data = os.urandom(300_000) + bytes(range(256)) + b"\x00\r\n\xff no newline"
    path = films.folder / "input"
    path.write_bytes(data)
    with open(path, "rb") as stdin:
        boot = films.boot(command=["cat"], stdin=stdin).ended(0)
    assert boot.out == data


def test_nothing_of_its_own_goes_to_standard_output(films):
    films.write_schema(films_rig.V2)
    assert films.boot(command=["true"]).ended(0).out == b""


def test_standard_error_of_the_command_is_passed_through(films):
    boot = films.boot("--log", "json", command=shell("echo plain >&2")).ended(0)
    assert "plain" in boot.err.splitlines()


def test_the_environment_and_the_folder_are_those_that_it_was_given(films):
    boot = films.boot(command=shell('printf %s "$WORD:$PWD"'), env={"WORD": "kept"}).ended(0)
    assert boot.out.decode() == f"kept:{films.folder}"


def test_the_command_begins_with_no_signal_blocked_or_ignored_and_no_file_but_three(films):
    """What is inherited by accident keeps locks, or makes a service deaf."""
    text = ("import os, re; s = open('/proc/self/status').read(); "
            "print(re.search(r'SigBlk:\\s*(\\w+)', s)[1], sorted(map(int, os.listdir('/proc/self/fd')))[:4])")
    boot = films.boot(command=python(text)).ended(0)
    # The fourth is the folder that is being listed.
    assert boot.out.decode() == "0000000000000000 [0, 1, 2, 3]\n"


def test_secrets_are_not_handed_to_the_command(films):
    env = {"HOLDFAST_PASSPHRASE": "open-sesame", "HOLDFAST_REPOSITORY": str(films.folder / "other"),
           "TOKEN": "its own"}
    films.holdfast("init", env=env)
    boot = films.boot(command=["env"], env=env).ended(0)
    assert b"sesame" not in boot.out and b"TOKEN=its own" in boot.out


@pytest.mark.parametrize("closed", ["<&-", "<&- >&-", "<&- >&- 2>&-"])
def test_streams_that_are_closed_do_no_harm(films, closed):
    """What is opened next would be taken for one of them, and be written to."""
    before = films_rig.dump(films)
    films.boot("--log", "json", command=shell("exit 7"),
               prefix=("sh", "-c", f'exec "$@" {closed}', "sh")).ended(7)
    assert films_rig.dump(films) == before


# Signals

TRAPS = """
import os, signal, sys
got = os.open("got", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
names = sys.argv[1].split(",")
def note(number, _):
    os.write(got, (signal.Signals(number).name + "\\n").encode())
for name in names:
    signal.signal(getattr(signal, name), note)
def last(number, _):
    note(number, _)
    os._exit(5)
signal.signal(signal.SIGTERM, last)
open("started", "w").close()
while True:
    signal.pause()
"""


def got(films):
    path = films.folder / "got"
    return path.read_text(encoding="utf-8").split() if path.exists() else []


def test_signals_are_handed_on(films):
    names = ["SIGHUP", "SIGUSR1", "SIGUSR2", "SIGQUIT"]
    boot = running(films, films.boot(command=python(TRAPS, ",".join(names))))
    for count, name in enumerate(names, start=1):
        boot.signal(getattr(signal, name))
        films_rig.wait_for(lambda count=count: len(got(films)) >= count, name)
    assert got(films) == names
    boot.stop(5)
    assert got(films) == [*names, "SIGTERM"]


def test_an_interrupt_is_handed_on_and_asks_for_the_end(films):
    boot = running(films, films.boot("--restart", "always", "--stop-timeout", "10m",
                                     command=python(TRAPS, "SIGINT")))
    boot.signal(signal.SIGINT)
    films_rig.wait_for(lambda: got(films), "SIGINT")
    os.kill(boot.programs()[0], signal.SIGTERM)
    boot.ended(5)
    assert got(films) == ["SIGINT", "SIGTERM"]


def test_a_second_term_does_not_wait(films):
    stubborn = shell('trap "touch asked" TERM; touch started; while :; do read x < pipe; done')
    os.mkfifo(films.folder / "pipe")
    boot = running(films, films.boot("--stop-timeout", "10m", command=stubborn))
    boot.signal(signal.SIGTERM)
    running(films, boot, "asked")
    boot.stop(137)
    assert not boot.others()


def test_who_does_not_stop_is_killed_after_the_stop_timeout(films):
    stubborn = shell('trap "" TERM; touch started; while :; do read x < pipe; done')
    os.mkfifo(films.folder / "pipe")
    boot = running(films, films.boot("--stop-timeout", "1s", command=stubborn))
    boot.stop(137)
    assert not boot.others()


def test_the_last_restore_point_is_taken_after_the_command_has_ended(films):
    """What it writes while it stops is in the point."""
    text = ("import signal, sqlite3, sys\n"
            "def stop(*_):\n"
            "    c = sqlite3.connect('data/films.db'); c.execute(\"insert into Setting values('a', 'last')\")\n"
            "    c.commit(); sys.exit(0)\n"
            "signal.signal(signal.SIGTERM, stop); open('started', 'w').close()\n"
            "while True: signal.pause()\n")
    running(films, films.boot(command=python(text))).stop()
    films.db.unlink()
    films.holdfast("restore", "-r", films.data / "backups", "--db", films.db)
    assert conftest.connect(films.db).execute("select value from Setting").fetchall() == [("last",)]


# Restarts

COUNTED = 'echo >> runs; n=$(wc -l < runs); echo "$n"; '


def runs(films):
    return len((films.folder / "runs").read_text(encoding="utf-8").splitlines())


@pytest.mark.parametrize("options", [(), ("--restart", "no")])
def test_a_command_that_failed_is_not_started_again_unasked(films, options):
    films.boot(*options, command=shell(COUNTED + "exit 3")).ended(3)
    assert runs(films) == 1


def test_on_failure_starts_again_until_it_ends_well(films):
    films.boot("--restart", "on-failure",
               command=shell(COUNTED + "[ $n = 2 ] && kill -9 $$; [ $n -ge 3 ]")).ended(0)
    assert runs(films) == 3


def test_on_failure_does_not_start_again_what_ended_well(films):
    films.boot("--restart", "on-failure", command=shell(COUNTED + "exit 0")).ended(0)
    assert runs(films) == 1


def test_always_starts_again_until_it_is_told_to_stop(films):
    boot = films.boot("--restart", "always",
                      command=shell(COUNTED + "[ $n -ge 3 ] || exit 0; touch started; exec cat pipe"))
    os.mkfifo(films.folder / "pipe")
    running(films, boot).signal(signal.SIGTERM)
    boot.process.wait(films_rig.LONGEST)
    assert runs(films) == 3


def test_told_to_stop_between_two_starts_it_stops(films):
    boot = films.boot("--restart", "always", command=shell("touch started; exit 1"))
    running(films, boot).signal(signal.SIGTERM)
    assert boot.process.wait(films_rig.LONGEST) in (0, 1, 128 + signal.SIGTERM)
    assert not boot.others()


# As process 1

IN_A_NAMESPACE = ("unshare", "--pid", "--fork", "--mount-proc", "--kill-child")

ORPHANS = """
import os, signal, sys
read, write = os.pipe()
for _ in range(20):
    if os.fork() == 0:
        if os.fork() == 0:
            while os.getppid() != 1:
                pass
            os.write(write, b"%d " % os.getpid())
        os._exit(0)
    os.wait()
pids = b""
while pids.count(b" ") < 20:
    pids += os.read(read, 4096)
def there():
    return [pid for pid in pids.split() if os.path.exists(b"/proc/" + pid)]
signal.alarm(30)
while there():
    pass
print("reaped")
"""


@pytest.fixture
def namespace():
    done = subprocess.run([*IN_A_NAMESPACE, "true"], capture_output=True, check=False)
    if done.returncode != 0:
        pytest.skip("may not make a namespace: " + done.stderr.decode().strip())
    return IN_A_NAMESPACE


def test_orphans_are_reaped_by_process_1(films, namespace):
    boot = films.boot(command=python(ORPHANS), prefix=namespace).ended(0)
    assert boot.out == b"reaped\n"


def test_orphans_do_not_end_it(films, namespace):
    """An orphan's exit code is nobody's."""
    text = "(sh -c '(exit 9) & exit 8' & exit 7) & wait; exit 6"
    films.boot(command=shell(text), prefix=namespace).ended(6)


def test_process_1_stops_when_it_is_told_to(films, namespace):
    """The kernel keeps signals from a process 1 that has no handler for them."""
    boot = running(films, films.boot(command=python(TRAPS, "SIGHUP"), prefix=namespace))
    (child,) = [pid for pid, _, parent in films_rig.session_of(boot.process.pid)
                if parent == boot.process.pid]
    os.kill(child, signal.SIGTERM)
    boot.ended(5)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_process_1_can_be_stopped_during_the_boot(films, namespace, number):
    os.mkfifo(films.folder / "pipe")
    (films.folder / "holdfast.yml").write_text(
        "generate:\n  - touch started; read x < pipe\n", encoding="utf-8")
    boot = running(films, films.boot(command=["touch", "went-on"], prefix=namespace))
    (child,) = [pid for pid, _, parent in films_rig.session_of(boot.process.pid)
                if parent == boot.process.pid]
    os.kill(child, number)
    boot.ended(128 + number)
    assert not (films.folder / "went-on").exists()
    assert not boot.others()


# Users


@pytest.fixture
def open_films(holdfast):
    """Where every user may go; the volume is user 1234's, as containers have it."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="holdfast-"))
    folder.chmod(0o755)
    shutil.copy(holdfast.path, folder / "holdfast")
    other = conftest.Program(folder)
    other.path = str(folder / "holdfast")
    installation = films_rig.Films(other, folder)
    for path in (folder, installation.data):
        os.chown(path, 1234, 1235)
    yield installation
    installation.close()
    shutil.rmtree(folder)


AS_USER = ("setpriv", "--reuid=1234", "--regid=1235", "--clear-groups")
WHO = 'echo "$(id -u) $(id -g) $(id -G)"'


@root_only
@pytest.mark.parametrize("options, env", [
    ((), {"PUID": "1234", "PGID": "1235"}), (("--user", "1234:1235"), {})])
def test_the_command_runs_as_who_it_should_be(open_films, options, env):
    boot = open_films.boot(*options, command=shell(WHO), env=env).ended(0)
    assert boot.out == b"1234 1235 1235\n"


@root_only
def test_a_user_can_be_named(open_films):
    nobody = pwd.getpwnam("nobody")
    os.chown(open_films.data, nobody.pw_uid, nobody.pw_gid)
    boot = open_films.boot("--user", "nobody", command=shell(WHO)).ended(0)
    assert boot.out.split()[:2] == [str(nobody.pw_uid).encode(), str(nobody.pw_gid).encode()]


@root_only
def test_a_user_that_does_not_exist_stops_the_boot(open_films):
    boot = open_films.boot("--user", "nobody-has-this-name", command=["touch", "started"])
    assert boot.process.wait(films_rig.LONGEST) in (2, 3), boot.told()
    boot.says("nobody-has-this-name")


@root_only
def test_the_application_can_write_when_it_is_another_user(open_films):
    """Everything that the boot makes is the user's too."""
    films, env = open_films, {"PUID": "1234", "PGID": "1235"}
    boot = films.up(env=env)
    there = films_rig.add_films(films)
    boot.stop()
    for path in films.data.iterdir():
        assert (path.stat().st_uid, path.stat().st_gid) == (1234, 1235), path
    films.db.unlink()
    boot = films.up(env=env)
    assert films.films() == there
    assert films_rig.add_films(films)
    boot.stop()


@root_only
def test_a_data_directory_that_cannot_be_written_stops_the_boot(open_films):
    films = open_films
    os.chown(films.data, 0, 0)
    boot = films.boot(command=["touch", "started"], prefix=AS_USER)
    assert boot.process.wait(films_rig.LONGEST) not in (0, -signal.SIGSEGV)
    boot.says(str(films.data), "hint: ")
    assert not (films.folder / "started").exists()
    assert list(films.data.iterdir()) == []


@root_only
def test_a_repository_that_may_not_be_read_stops_the_boot(open_films):
    films = open_films
    films.boot(command=["true"], prefix=AS_USER).ended(0)
    backups = films.data / "backups"
    mode = stat.S_IMODE(backups.stat().st_mode)
    os.chown(backups, 0, 0)
    backups.chmod(0o700)
    before = films_rig.dump(films)
    boot = films.boot(command=["touch", "started"], prefix=AS_USER)
    assert boot.process.wait(films_rig.LONGEST) not in (0, -signal.SIGSEGV)
    boot.says("Permission denied")
    assert not (films.folder / "started").exists()
    assert films_rig.dump(films) == before
    os.chown(backups, 1234, 1235)
    backups.chmod(mode)
    films.boot(command=["true"], prefix=AS_USER).ended(0)


# Mounts


def test_a_database_that_is_a_mount_of_its_own_is_told_of_and_not_torn_from_it(films, namespace):
    """What is mounted over the file cannot be renamed."""
    films.db.write_bytes(b"no database" * 1000)
    there = films.folder / "there.db"
    there.write_bytes(films.db.read_bytes())
    boot = films.boot(command=["touch", "started"],
                      prefix=[*namespace, "sh", "-c", 'mount --bind "$0" "$1" && shift && exec "$@"',
                              there, films.db])
    boot.ended(1).says("is a mount of its own", "mount the folder that it is in instead")
    assert not (films.folder / "started").exists()
    assert not list(films.data.glob("*.holdfast-restored"))
