"""A console that really runs, and who talks to it: over HTTP as programs do (Client), or in Chromium
(tests/browser)."""
import contextlib
import http.client
import json
import os
import pathlib
import re
import signal
import socket
import sqlite3
import subprocess
import time
import urllib.parse

PASSWORD = "correct horse battery staple"
CODE = "TEST-SETUP-CODE"
LONGEST = 120


def wait_for(condition, what, seconds=LONGEST):
    """What `condition` says as soon as that is true."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"waited {seconds} s in vain for {what}"
        time.sleep(0.02)
    return value


@contextlib.contextmanager
def locked(path):
    """Nobody else can write there meanwhile."""
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("begin immediate")
    try:
        yield
    finally:
        database.execute("rollback")
        database.close()


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.bytes = response.read()

    @property
    def json(self):
        return json.loads(self.bytes)

    @property
    def error(self):
        return self.json["error"]


class Client:
    """One browser or program: keeps its cookie, and sends the CSRF token of its session."""

    def __init__(self, port, base="", host="127.0.0.1"):
        self.port, self.base, self.host = port, base, host
        self.cookie = self.csrf = self.token = None

    def ask(self, method, path, body=None, headers=None, raw=None):
        """`body` is sent as JSON, `raw` as it is."""
        sent = {}
        if body is not None:
            raw = json.dumps(body).encode()
            sent["Content-Type"] = "application/json"
        if self.cookie:
            sent["Cookie"] = self.cookie
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        if self.csrf and method not in ("GET", "HEAD"):
            sent["X-Holdfast-CSRF"] = self.csrf
        sent.update(headers or {})
        connection = http.client.HTTPConnection(self.host, self.port, timeout=LONGEST)
        try:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it may answer before it has all
                connection.request(method, self.base + path, raw,
                                   {name: value for name, value in sent.items() if value is not None})
            answer = Answer(connection.getresponse())
        finally:
            connection.close()
        if cookie := answer.headers.get("Set-Cookie"):
            self.cookie = cookie.split(";")[0]
        return answer

    def get(self, path, **query):
        """The JSON of a 200."""
        if query:
            path += "?" + urllib.parse.urlencode(query)
        answer = self.ask("GET", path)
        assert answer.status == 200, (path, answer.status, answer.bytes)
        return answer.json

    def post(self, path, body=None, status=200, method="POST"):
        answer = self.ask(method, path, body if body is not None else {})
        assert answer.status == status, (path, answer.status, answer.bytes)
        return answer.json if answer.bytes else None

    def session(self, answer):
        self.csrf = answer["csrf"]
        return answer

    def set_up(self):
        """The first start: setup code, then a password. Signed in afterwards."""
        self.session(self.post("/api/v1/setup/session", {"code": CODE}))
        return self.session(self.post("/api/v1/setup/password", {"password": PASSWORD}))

    def sign_in(self, password=PASSWORD):
        return self.session(self.post("/api/v1/session", {"password": password}))

    def job(self, path, body=None, method="POST", state="done"):
        """Starts a job and waits for its end; its result, or its error."""
        job = self.post(path, body, 202, method)["job"]
        ended = wait_for(lambda: (now := self.get(f"/api/v1/jobs/{job}"))["state"] != "running"
                         and now, f"job of {path}")
        assert ended["state"] == state, ended
        return ended["result"] if state == "done" else ended["error"]


def descendants(pid):
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return set(children).union(*(descendants(child) for child in children))


@contextlib.contextmanager
def stopped(processes):
    for process in processes:
        os.kill(int(process), signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            os.kill(int(process), signal.SIGCONT)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Console:
    """`holdfast replicate` (or another verb) with a console on a port of its own."""

    def __init__(self, holdfast, *arguments, verb="replicate", env=None, command=()):
        self.holdfast, self.verb, self.arguments = holdfast, verb, arguments
        self.command, self.env = command, env or {}
        self.port = free_port()
        self.log = holdfast.folder / "console.log"
        self.process = None

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [self.holdfast.path, self.verb, *map(str, self.arguments),
                 "--console", f"127.0.0.1:{self.port}", *self.command],
                cwd=self.holdfast.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env={name: value for name, value in
                     {**self.holdfast.environment, "HOLDFAST_SETUP_CODE": CODE, **self.env}.items()
                     if value is not None})
        wait_for(self.answers, "the console")
        return self

    def answers(self):
        assert self.process.poll() is None, self.text
        try:
            return self.client().ask("GET", "/healthz").status == 200
        except OSError:
            return False

    def follows(self):
        """Waits until the first database's changes go to the repository: from then on its newest
        point is the state that a preview is bound to."""
        def is_followed():
            shown = self.holdfast.json("status", *self.arguments[:4])["databases"]
            return shown and (shown[0].get("live") or {}).get("capture") in ("wal", "scan")
        wait_for(is_followed, "the replicator")
        return self

    def client(self):
        return Client(self.port)

    def serving(self):
        """The process that serves: the child that waits for connections."""
        out = subprocess.run(["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True,
                             check=True).stdout.split()
        for pid in out:
            with contextlib.suppress(OSError):  # one that has just ended
                links = [os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")]
                if any("eventpoll" in link for link in links):
                    return int(pid)
        return None

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/"

    @property
    def text(self):
        return self.log.read_text(encoding="utf-8", errors="replace")

    def says(self, pattern):
        return wait_for(lambda: re.search(pattern, self.text), f"'{pattern}' in the log")

    def stop(self):
        """Ends it, if it still runs, as the system does; it ends well, and so does the console in it."""
        if not self.process or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            assert self.process.wait(30) == 0, self.text
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        crash = re.search(r"as it stopped|Sanitizer|runtime error", self.text)
        assert not crash, self.text[max(crash.start() - 500, 0):]
