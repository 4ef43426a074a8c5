"""The sample application under `holdfast run`, and a client that remembers what was acknowledged.

A `Films` is one installation: a data directory, a schema, a port. Each `boot()` is what a container
would be: `kill()` ends it with all that runs in it.
"""
import contextlib
import http.client
import json
import os
import pathlib
import random
import select
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time

import conftest

APPLICATION = pathlib.Path(__file__).parents[2] / "examples" / "films" / "app.py"
V1 = (APPLICATION.parent / "schema.prisma").read_text(encoding="utf-8")
LONGEST = 60  # seconds that anything may take


def edited(schema, old, new):
    assert schema.count(old) == 1, old
    return schema.replace(old, new)


# A column, an index and a table more.
V2 = edited(V1, "  overview String?\n  watches  Watch[]\n",
            "  overview String?\n  minutes  Int     @default(0)\n  watches  Watch[]\n"
            "  reviews  Review[]\n\n  @@index([title])\n") + """
model Review {
  id     Int    @id @default(autoincrement())
  filmId Int
  text   String
  film   Film   @relation(fields: [filmId], references: [id])
}
"""
# Without a column that has data, and that the application cannot do without.
V3 = edited(V1, "  overview String?\n", "")
BROKEN = edited(V1, "  year     Int?\n", "  year\n")


def wait_for(condition, what, seconds=LONGEST):
    """What `condition` says as soon as that is true."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"waited {seconds} s in vain for {what}"
        select.select([], [], [], 0.005)
    return value


def free_port():
    """Below those that the system gives to connections."""
    while True:
        port = random.randrange(15000, 30000)
        with socket.socket() as attempt:
            try:
                attempt.bind(("127.0.0.1", port))
                return port
            except OSError:
                pass


def session_of(pid):
    """Everybody in the session that `pid` leads: (pid, state, parent)"""
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdecimal():
            continue
        try:
            state, parent, _, session = (entry / "stat").read_text().rsplit(")", 1)[1].split()[:4]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(session) == pid:
            yield int(entry.name), state, int(parent)


class Boot:
    """A running `holdfast run`, in a session of its own."""

    def __init__(self, command, folder, env, number, stdin=subprocess.DEVNULL):
        self.out_path = folder / f"boot-{number}.out"
        self.err_path = folder / f"boot-{number}.err"
        with open(self.out_path, "wb") as out, open(self.err_path, "wb") as err:
            self.process = subprocess.Popen(list(map(str, command)), cwd=folder, env=env, stdin=stdin,
                                            stdout=out, stderr=err, start_new_session=True)

    @property
    def err(self):
        return self.err_path.read_text(encoding="utf-8")

    @property
    def out(self):
        return self.out_path.read_bytes()

    def told(self):
        return f"exit code {self.process.poll()}\n{self.err}"

    def says(self, *texts):
        for text in texts:
            assert text in self.err, self.err
        return self

    def ended(self, code):
        """Waits until it ends by itself."""
        try:
            self.process.wait(LONGEST)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"does not end\n{self.err}") from None
        assert self.process.returncode == code, self.told()
        return self

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self, code=0):
        self.signal(signal.SIGTERM)
        return self.ended(code)

    def others(self):
        """What runs in it besides holdfast, without what is dead already."""
        return [pid for pid, state, _ in session_of(self.process.pid)
                if pid != self.process.pid and state not in "ZX"]

    def programs(self):
        """Those that are not holdfast, nor a process that it has for itself."""
        own = os.readlink(f"/proc/{self.process.pid}/exe")
        return [pid for pid in self.others() if os.readlink(f"/proc/{pid}/exe") != own]

    def application(self):
        """Its process id: holdfast's only child of that name."""
        def found():
            assert self.process.poll() is None, self.told()
            for pid, state, _ in session_of(self.process.pid):
                if pid == self.process.pid or state in "ZX":
                    continue
                try:
                    words = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
                except (FileNotFoundError, ProcessLookupError):
                    continue
                if str(APPLICATION).encode() in words and b"run" not in words:
                    return pid
            return None
        return wait_for(found, "the application's process")

    def kill(self):
        """Everything at once, as when the machine or the container ends: holdfast sees nothing of
        the application's end, nor that of holdfast's."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGSTOP)

        def alone():
            others = self.others()
            for pid in others:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            return not others

        wait_for(alone, "the end of every process")
        self.process.kill()
        self.process.wait()


class Films:
    """One installation of the sample application."""

    def __init__(self, holdfast, folder):
        self.holdfast, self.folder = holdfast, folder
        self.data = folder / "data"
        self.data.mkdir()
        self.db = self.data / "films.db"
        self.schema = folder / "schema.prisma"
        self.write_schema(V1)
        self.port = free_port()
        self.env = {**holdfast.environment, "HOLDFAST_DB": str(self.db), "DATABASE": str(self.db),
                    "PORT": str(self.port)}
        self.boots = []

    def write_schema(self, text):
        self.schema.write_text(text, encoding="utf-8")

    @property
    def ready_url(self):
        return f"http://127.0.0.1:{self.port}/api/health"

    def wal(self):
        return self.db.with_name("films.db-wal")

    def boot(self, *options, command=None, env=None, prefix=(), stdin=subprocess.DEVNULL):
        command = command or [sys.executable, "-B", APPLICATION]
        boot = Boot([*prefix, self.holdfast.path, "run", "--schema", self.schema, *options, "--",
                     *command], self.folder, {**self.env, **(env or {})}, len(self.boots), stdin)
        self.boots.append(boot)
        return boot

    def up(self, *options, **others):
        """A boot that ends in an application that is healthy."""
        boot = self.boot(*options, **others)
        self.wait_until_healthy(boot)
        return boot

    def wait_until_healthy(self, boot):
        def healthy():
            assert boot.process.poll() is None, boot.told()
            return self.is_healthy()
        wait_for(healthy, "a healthy application")

    def is_healthy(self):
        try:
            return self.ask("GET", "/api/health")[0] == 200
        except OSError:
            return False

    def ask(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LONGEST)
        try:
            connection.request(method, path, body=json.dumps(body) if body else None)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    def films(self):
        """Numbers of the films that the application lists, in the order they came."""
        code, films = self.ask("GET", "/api/list?user=ada")
        assert code == 200, films
        for film in films:
            assert film["title"] == title(film["tmdbId"])
            assert film["overview"] == overview(film["tmdbId"])
        return [film["tmdbId"] for film in films]

    def points(self):
        """What the repository has, oldest first."""
        found = self.holdfast.json("list", "-r", self.data / "backups")["databases"]
        return found[0]["points"] if found else []

    def close(self):
        for boot in self.boots:
            boot.kill()
        for boot in self.boots:
            print(f"--- {boot.err_path.name}, exit code {boot.process.returncode}\n{boot.err}")


def title(number):
    return f"Film {number}"


def overview(number):
    return f"What happens in film {number}. " * (1 + number % 20)


class Client(threading.Thread):
    """Adds one film after another while the application answers, and goes on when it does again.

    `acknowledged` are the films of which the application said that they are there.
    """

    def __init__(self, films, first=1):
        super().__init__()
        self.films, self.next = films, first
        self.acknowledged = []
        self.times = []  # when each was, on the wall clock
        self.stopped = threading.Event()
        self.unexpected = None

    def run(self):
        try:
            while not self.stopped.wait(0.002):
                self.add_some()
        except Exception as error:  # pylint: disable=broad-except
            self.unexpected = error
            raise

    def add_some(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.films.port, timeout=LONGEST)
        try:
            while not self.stopped.wait(0.002):
                number = self.next
                self.post(connection, "/api/films", {
                    "tmdbId": number, "title": title(number), "year": 1900 + number % 120,
                    "overview": overview(number)})
                self.post(connection, "/api/watch", {"user": "ada", "tmdbId": number,
                                                     "status": "WATCHED"})
                self.acknowledged.append(number)
                self.times.append(time.time())
                self.next += 1
        except (OSError, http.client.HTTPException):
            pass  # not there, or no more: the same film again
        finally:
            connection.close()

    @staticmethod
    def post(connection, path, body):
        connection.request("POST", path, body=json.dumps(body))
        answer = connection.getresponse()
        data = answer.read()
        if answer.status == 503:
            raise http.client.HTTPException(data)
        assert answer.status == 201, data

    def wait_for_more(self, count=20):
        wanted = len(self.acknowledged) + count
        def there():
            assert not self.unexpected, self.unexpected
            return len(self.acknowledged) >= wanted
        wait_for(there, f"{count} films more")

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        self.join()


def add_films(films, count=20):
    """Adds that many and returns all that were acknowledged by now."""
    have = films.films()
    with Client(films, first=max(have, default=0) + 1) as client:
        client.wait_for_more(count)
    return have + client.acknowledged


def numbers(path):
    """Of the films in a database that may have no tables yet."""
    connection = conftest.connect(path)
    try:
        return [row[0] for row in connection.execute("select tmdbId from Film order by id")]
    except sqlite3.OperationalError:
        return []
    finally:
        connection.close()


def dump(films):
    """All of the database, whoever has it open, and as the next one finds it who opens it."""
    conftest.execute(films.db, "select count(*) from sqlite_schema")
    return conftest.content(films.db)
