#!/usr/bin/python3
"""A watch list as an HTTP service: users, films, and who wants to see or has seen which.

The tables are those of schema.prisma; this program does not make them.

    GET  /api/health          200 when the database has what this program needs, else 503
    POST /api/films           {"tmdbId": 603, "title": "The Matrix", "year": 1999, "overview": "..."}
    POST /api/watch           {"user": "ada", "tmdbId": 603, "status": "WATCHED"}
    GET  /api/list?user=ada   the films of a user, in the order they were put there

A POST is answered with 201 when what it says is committed, never before.

Environment: DATABASE, the file (data/films.db); HOST and PORT to listen on (127.0.0.1, 8080;
port 0 is any free one, and the line on standard output says which).
"""
import json
import os
import signal
import sqlite3
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, quote, urlsplit

# All that the statements below read and write.
NEEDED = {"User": "id, name, createdAt", "Film": "id, tmdbId, title, year, overview",
          "Watch": "id, userId, filmId, status, updatedAt", "Setting": "key, value"}
STATUSES = ("WATCHLIST", "WATCHED", "BLOCKED")
LONGEST_BODY = 1 << 20


class Refused(Exception):
    """A request that makes no sense: the text says why."""


class Library:
    """The database: one connection, used by one thread at a time."""

    def __init__(self, path):
        # Never made here: an empty database in place of a lost one would look like success.
        self.connection = sqlite3.connect(f"file:{quote(path)}?mode=rw", uri=True, isolation_level=None,
                                          timeout=10, check_same_thread=False)
        self.connection.execute("pragma journal_mode=wal")
        self.connection.execute("pragma synchronous=full")
        self.connection.execute("pragma foreign_keys=on")
        self.lock = threading.Lock()

    def close(self):
        with self.lock:
            self.connection.close()

    def committed(self, change, *arguments):
        """Does `change` in a transaction of its own; what it returns is true from now on."""
        with self.lock:
            self.connection.execute("begin immediate")
            try:
                result = change(*arguments)
                self.connection.execute("commit")
                return result
            except BaseException:
                if self.connection.in_transaction:
                    self.connection.execute("rollback")
                raise

    def check(self):
        """Raises sqlite3.Error when a table or column is not there."""
        with self.lock:
            for table, columns in NEEDED.items():
                # Quoted: without a column of that name SQLite would take "x" for a text.
                wanted = ", ".join(f"[{column}]" for column in columns.split(", "))
                self.connection.execute(f'select {wanted} from "{table}" limit 1').fetchall()

    def add_film(self, film):
        row = self.connection.execute(
            """insert into Film(tmdbId, title, year, overview)
               values(:tmdbId, :title, :year, :overview)
               on conflict(tmdbId) do update set title = excluded.title, year = excluded.year,
                   overview = coalesce(excluded.overview, overview)
               returning id""", film).fetchone()
        return {"id": row[0]}

    def set_status(self, user, tmdb_id, status):
        self.connection.execute("insert into User(name) values(?) on conflict do nothing", (user,))
        row = self.connection.execute(
            """insert into Watch(userId, filmId, status, updatedAt)
               select User.id, Film.id, ?, strftime('%Y-%m-%dT%H:%M:%fZ') from User, Film
               where User.name = ? and Film.tmdbId = ?
               on conflict(userId, filmId) do update set status = excluded.status,
                   updatedAt = excluded.updatedAt
               returning id""", (status, user, tmdb_id)).fetchone()
        if not row:
            raise Refused(f"there is no film {tmdb_id}")
        return {"id": row[0]}

    def list_of(self, user):
        with self.lock:
            rows = self.connection.execute(
                """select tmdbId, title, year, overview, status, updatedAt from Watch
                   join User on User.id = userId join Film on Film.id = filmId
                   where User.name = ? order by Watch.id""", (user,)).fetchall()
        names = ("tmdbId", "title", "year", "overview", "status", "updatedAt")
        return [dict(zip(names, row)) for row in rows]


def field(body, name, kind, required=True):
    value = body.get(name)
    if not isinstance(value, kind) and (required or value is not None):
        raise Refused(f"'{name}' must be given, as {'text' if kind is str else 'a number'}")
    return value


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # an answer is one packet: two would wait for each other

    @property
    def library(self):
        return self.server.library

    def do_GET(self):
        self.answer({"/api/health": self.health, "/api/list": self.watch_list})

    def do_POST(self):
        self.answer({"/api/films": self.post_film, "/api/watch": self.post_watch})

    def answer(self, routes):
        route = routes.get(urlsplit(self.path).path)
        try:
            code, value = route() if route else (404, {"error": "no such page"})
        except Refused as error:
            code, value = 400, {"error": str(error)}
        except sqlite3.Error as error:
            code, value = 503, {"error": str(error)}
        data = json.dumps(value).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        if code >= 400:
            self.send_header("Connection", "close")  # what was not read of the request is gone
        self.end_headers()
        self.wfile.write(data)

    def body(self):
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > LONGEST_BODY:
            raise Refused("a length of at most 1 MiB is needed")
        try:
            body = json.loads(self.rfile.read(int(length)))
        except ValueError as error:
            raise Refused(f"not JSON: {error}") from None
        if not isinstance(body, dict):
            raise Refused("a JSON object is needed")
        return body

    def health(self):
        self.library.check()
        return 200, {"status": "ok"}

    def watch_list(self):
        user = parse_qs(urlsplit(self.path).query).get("user")
        if not user:
            raise Refused("whose list? ?user=NAME")
        return 200, self.library.list_of(user[0])

    def post_film(self):
        body = self.body()
        film = {"tmdbId": field(body, "tmdbId", int), "title": field(body, "title", str),
                "year": field(body, "year", int, required=False),
                "overview": field(body, "overview", str, required=False)}
        return 201, self.library.committed(self.library.add_film, film)

    def post_watch(self):
        body = self.body()
        status = field(body, "status", str)
        if status not in STATUSES:
            raise Refused(f"'status' must be one of {', '.join(STATUSES)}")
        return 201, self.library.committed(self.library.set_status, field(body, "user", str),
                                           field(body, "tmdbId", int), status)

    def log_message(self, format, *args):  # pylint: disable=redefined-builtin
        """Requests are not worth a line each."""


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address, library):
        super().__init__(address, Handler)
        self.library = library


def main():
    path = os.environ.get("DATABASE", "data/films.db")
    try:
        library = Library(path)
    except sqlite3.Error as error:
        sys.exit(f"films: {path}: {error}")
    address = os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "8080"))
    server = Server(address, library)

    def stop(*_):
        # From a thread of its own: shutdown() waits for the loop that this handler interrupts.
        threading.Thread(target=server.shutdown).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    print(f"films: listening on {server.server_address[0]}:{server.server_port}", flush=True)
    server.serve_forever(poll_interval=0.05)
    server.server_close()
    library.close()


if __name__ == "__main__":
    main()
