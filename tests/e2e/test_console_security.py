"""What the console lets nobody do: every route by who asks, tries that are slowed down, cookies, headers, bytes that are no
request, and secrets that must be nowhere."""
import base64
import contextlib
import http.client
import json
import os
import pathlib
import random
import re
import socket
import threading
import time

import pytest
import yaml

from console_rig import CODE, LONGEST, PASSWORD, Client, Console, wait_for

ROOT = pathlib.Path(__file__).parents[2]
ROUTE = re.compile(r'{"([A-Z]+)",\s*"([^"]+)",\s*HF_ACCESS_(\w+),')
HEADERS = ("Content-Security-Policy", "X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy",
           "Cross-Origin-Opener-Policy", "Cross-Origin-Resource-Policy", "Permissions-Policy")
LEVELS = ["anyone", "known", "setup", "viewer", "operator", "owner"]
SEED = 20261127
# HOLDFAST_FUZZ_REQUESTS=20000 for a long run: with build/asan, now and then.
FUZZ_REQUESTS = int(os.environ.get("HOLDFAST_FUZZ_REQUESTS", "1500"))


def routes():
    """(method, path, least access) of the program's tables."""
    found = [(method, path, access.lower()) for source in (ROOT / "src/console").glob("*.c")
             for method, path, access in ROUTE.findall(source.read_text(encoding="utf-8"))]
    assert len(found) > 40
    return sorted(found)


ROUTES = routes()


def filled(path):
    return re.sub(r"{\w+}", "none", path)


def bearer(console, client, access):
    machine = console.client()
    machine.token = client.post("/api/v1/tokens", {"name": access, "access": access})["text"]
    return machine


def test_every_route_is_closed_to_who_has_less_than_it_needs(console, client):
    visitors = {"anyone": console.client(), "viewer": bearer(console, client, "viewer"),
                "operator": bearer(console, client, "operator")}
    for method, path, access in routes():
        for who, visitor in visitors.items():
            enough = access != "setup" and LEVELS.index(who) >= LEVELS.index(access)
            if enough:
                continue
            answer = visitor.ask(method, filled(path), {} if method != "GET" else None)
            assert answer.status == (401 if who == "anyone" else 403), (method, path, who)
            assert set(answer.json) == {"error"}, (method, path, who)


def events_of(visitor, job):
    """All that the stream of a job that has ended says."""
    return visitor.ask("GET", f"/api/v1/jobs/{job}/events").bytes.decode()


def test_what_an_owners_job_tells_is_not_told_to_tokens(console, client):
    pulled = client.post("/api/v1/databases/app/schema-pulls", {"language": "sql"}, 202)["job"]
    failed = client.post("/api/v1/databases/app/points/999999/downloads", {"what": "database"},
                         202)["job"]
    for job in (pulled, failed):
        wait_for(lambda job=job: client.get(f"/api/v1/jobs/{job}")["state"] != "running", "its end")
    content = "CREATE TABLE"
    assert content in client.get(f"/api/v1/jobs/{pulled}")["result"]["text"]
    assert content in events_of(client, pulled)
    said = client.get(f"/api/v1/jobs/{failed}")["error"]["text"]
    for access in ("viewer", "operator"):
        machine = bearer(console, client, access)
        seen = {job["id"]: job for job in machine.get("/api/v1/jobs")["jobs"]}
        for job, state in ((pulled, "done"), (failed, "failed")):
            assert machine.get(f"/api/v1/jobs/{job}") == seen[job]
            assert seen[job]["state"] == state and seen[job]["access"] == "owner"
            assert seen[job]["result"] is None and seen[job]["stages"] == []
            assert state in events_of(machine, job)
        everything = str(seen) + events_of(machine, pulled) + events_of(machine, failed)
        assert content not in everything and said not in everything
        assert seen[failed]["error"]["code"] == "not_found"
        refused = machine.ask("DELETE", f"/api/v1/jobs/{pulled}")  # nor is it theirs to stop
        assert refused.status == 403 and "token" in refused.error["text"]


def test_what_changes_something_needs_the_token_and_a_page_of_ours(console, client):
    other = {"Origin": "https://evil.example"}
    ours = {"Origin": f"http://127.0.0.1:{console.port}"}
    for method, path, access in routes():
        if method == "GET":
            continue
        for headers in ({**other}, {"Sec-Fetch-Site": "cross-site"},
                        {"Sec-Fetch-Site": "same-site"}, {"Origin": "null"}):
            answer = client.ask(method, filled(path), {}, headers)
            assert answer.status == 403, (method, path, headers)
        if access != "anyone":
            for token in (None, "", "0" * 64):
                answer = client.ask(method, filled(path), {}, {**ours, "X-Holdfast-CSRF": token})
                assert answer.status == 403, (method, path, token)
    assert client.get("/api/v1/session")["state"] == "signed_in"


def test_a_host_that_is_not_ours_is_answered_nothing(client):
    for method, path, _ in routes():
        for host in ("evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", ""):
            answer = client.ask(method, filled(path), {} if method != "GET" else None,
                                {"Host": host})
            assert answer.status in (400, 421), (method, path, host)


def test_unknown_paths_and_methods_are_refused(client):
    for path in ("/api/v1/none", "/api/v1", "/api/v2/session", "/..%2f..%2fetc/passwd",
                 "/assets/../../etc/passwd", "/api/v1/jobs/..%2f..%2fcredentials.json",
                 "/api/v1/downloads/..%2fcredentials.json"):
        assert client.ask("GET", path).status == 404, path
    for method in ("TRACE", "CONNECT", "PROPFIND", "OPTIONS", "PATCH"):
        assert client.ask(method, "/api/v1/session").status in (400, 405, 501), method


def test_every_kind_of_answer_has_the_security_headers(console, client):
    stranger = console.client()
    answers = [client.ask("GET", "/"), client.ask("GET", "/healthz"), client.ask("GET", "/metrics"),
               client.ask("GET", "/api/v1/overview"), client.ask("GET", "/api/v1/none"),
               client.ask("DELETE", "/api/v1/overview"), stranger.ask("GET", "/api/v1/overview"),
               client.ask("GET", "/healthz", headers={"Host": "evil.example"}),
               client.ask("POST", "/api/v1/kit", raw=b"{", headers={
                   "Content-Type": "application/json"}),
               client.ask("POST", "/api/v1/kit", raw=b"x" * 100000, headers={
                   "Content-Type": "application/json"}),
               client.ask("DELETE", "/api/v1/sessions")]
    for answer in answers:
        for name in HEADERS:
            assert answer.headers.get(name), (answer.status, name)
        assert not answer.headers.get("Access-Control-Allow-Origin")
        assert "'unsafe" not in answer.headers["Content-Security-Policy"]


def test_tries_are_slowed_down_for_each_address(console, client):
    stranger = console.client()
    tries = [stranger.ask("POST", "/api/v1/session", {"password": f"wrong password {i}"},
                          {"X-Forwarded-For": f"10.0.0.{i}"}) for i in range(7)]
    assert [one.status for one in tries[:4]] == [403] * 4
    assert tries[-1].status == 429 and int(tries[-1].headers["Retry-After"]) >= 1
    # Also with the right password; but who is signed in is not kept from anything by strangers.
    assert stranger.ask("POST", "/api/v1/session", {"password": PASSWORD}).status == 429
    assert client.ask("POST", "/api/v1/kit", {"password": PASSWORD}).status == 200
    tries = [client.ask("POST", "/api/v1/kit", {"password": f"wrong password {i}"}).status
             for i in range(7)]
    assert tries[:4] == [403] * 4 and tries[-1] == 429


def test_codes_of_the_setup_are_slowed_down_too(holdfast, db):
    console = Console(holdfast, "--db", db, "-r", "repo", verb="serve").start()
    try:
        tries = [console.client().ask("POST", "/api/v1/setup/session", {"code": f"WRONG-{i}"}).status
                 for i in range(7)]
        assert tries[:4] == [403] * 4 and tries[-1] == 429
    finally:
        console.stop()


def listen(client, path):
    """(connection, a stream's answer, which has begun)"""
    connection = http.client.HTTPConnection("127.0.0.1", client.port, timeout=LONGEST)
    connection.request("GET", path, headers={"Authorization": f"Bearer {client.token}"}
                       if client.token else {"Cookie": client.cookie})
    return connection, connection.getresponse()


def until_its_end(stream):
    """Its lines. One that stays open is sent something again and again, and so never times out."""
    deadline = time.monotonic() + LONGEST
    while line := stream.readline():
        assert time.monotonic() < deadline, "the stream does not end"
        yield line


def ways_out(console, client):
    """Who listens, and what ends that: a token that is revoked, somebody who signs out, everybody else at
    another password."""
    machine, guest, other = console.client(), console.client(), console.client()
    token = client.post("/api/v1/tokens", {"name": "watcher", "access": "viewer"})
    machine.token = token["text"]
    guest.sign_in()
    other.sign_in()
    return ((machine, lambda: client.ask("DELETE", f"/api/v1/tokens/{token['token']}")),
            (guest, lambda: guest.ask("DELETE", "/api/v1/session")),
            (other, lambda: client.ask("PUT", "/api/v1/password",
                                       {"old": PASSWORD, "new": "quite another password"})))


def test_streams_end_with_what_let_them_in(console, client):
    for listener, end in ways_out(console, client):
        connection, stream = listen(listener, "/api/v1/events")
        mine, kept = listen(client, "/api/v1/events")
        assert end().status == 204
        list(until_its_end(stream))
        assert kept.fp.peek(1) is not None and not kept.isclosed()
        connection.close()
        mine.close()


def test_who_signs_in_with_the_old_password_while_it_changes_does_not_stay(console, client):
    late = [console.client() for _ in range(5)]
    threads = [threading.Thread(target=lambda: client.ask(
        "PUT", "/api/v1/password", {"old": PASSWORD, "new": "quite another password"}))]
    threads += [threading.Thread(target=one.ask, args=("POST", "/api/v1/session",
                                                       {"password": PASSWORD})) for one in late]
    for thread in threads:
        thread.start()
        time.sleep(0.02)
    for thread in threads:
        thread.join()
    console.client().sign_in("quite another password")
    assert [one.ask("GET", "/api/v1/sessions").status for one in late] == [401] * 5


HALF = {"nothing": b"", "a head": b"GET / HTTP/1.1\r\nHost: 127.",
        "a body": b"POST /api/v1/session HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n"
                  b"Content-Type: application/json\r\n\r\n{",
        "an operator's body": b"POST /api/v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n"
                              b"Authorization: Bearer TOKEN\r\n"
                              b"Content-Type: application/json\r\n\r\n{"}


@pytest.mark.parametrize("half", HALF)
def test_strangers_who_hold_connections_keep_nobody_out(console, client, half):
    """Sooner than a connection ends that says nothing."""
    token = client.post("/api/v1/tokens", {"name": "busy", "access": "operator"})["text"]
    half_way = HALF[half].replace(b"TOKEN", token.encode())
    question = (f"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:{console.port}\r\n"
                "Connection: close\r\n\r\n").encode()
    with contextlib.ExitStack() as held:
        for number in range(700):
            stranger = held.enter_context(socket.create_connection(
                ("127.0.0.1", console.port), timeout=5, source_address=(f"127.0.0.{2 + number % 3}", 0)))
            stranger.sendall(half_way)
            if number % 100 == 99:
                assert said(console.port, question, patience=15).startswith(b"HTTP/1.1 200"), number
        assert client.get("/api/v1/session")["state"] == "signed_in"
        console.client().sign_in()


def test_who_watches_keeps_nobody_out(console, client):
    token = client.post("/api/v1/tokens", {"name": "many", "access": "viewer"})["text"]
    watch = (f"GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1:{console.port}\r\n"
             f"Authorization: Bearer {token}\r\n\r\n").encode()
    with contextlib.ExitStack() as held:
        for number in range(700):
            held.enter_context(socket.create_connection(("127.0.0.1", console.port),
                                                        timeout=20)).sendall(watch)
            if number % 100 == 99:
                console.client().sign_in()


def test_a_proxys_own_line_counts_below_what_a_client_sends(holdfast, db):
    """Some proxies add a line of their own, and pass the client's on."""
    console = Console(holdfast, "--db", db, "-r", "repo", verb="serve",
                      env={"HOLDFAST_TRUSTED_PROXIES": "127.0.0.1"}).start()
    try:
        for number in range(7):
            request = (f"POST /api/v1/setup/session HTTP/1.1\r\nHost: 127.0.0.1:{console.port}\r\n"
                       f"X-Forwarded-For: 9.9.9.{number}\r\nX-Forwarded-For: 203.0.113.7\r\n"
                       "Content-Type: application/json\r\nContent-Length: 19\r\nConnection: close\r\n\r\n"
                       '{"code":"WRONG-01"}').encode()
            answer = said(console.port, request, patience=20)
            assert answer.startswith(b"HTTP/1.1 403" if number < 5 else b"HTTP/1.1 429"), (number, answer)
        console.says("tried from 203.0.113.7")
        assert "9.9.9" not in console.text
    finally:
        console.stop()


def test_damaged_credentials_are_said_to_be_damaged_once(holdfast, console, client):
    path = next(holdfast.folder.glob("*-console/credentials.json"))
    (path.parent / "cut").write_bytes(path.read_bytes()[:-40])
    (path.parent / "cut").rename(path)
    for _ in range(5):
        answer = console.client().ask("POST", "/api/v1/session", {"password": PASSWORD})
        assert answer.status == 422 and "reset-password" in answer.error["text"]
    assert console.says("is damaged: nobody can sign in")
    assert console.text.count("is damaged") == 1
    assert client.ask("GET", "/api/v1/overview").status == 401
    (holdfast.folder / "new").write_text("a new password", encoding="utf-8")
    holdfast("console", "reset-password", "--db", "app.db", "--password-file", "new")
    console.client().sign_in("a new password")


def test_strangers_with_many_addresses_keep_nobody_out_who_was_in(console, client):
    assert client.get("/api/v1/session")["state"] == "signed_in"
    for number in range(33):
        wrong = http.client.HTTPConnection("127.0.0.1", console.port, timeout=20,
                                           source_address=(f"127.0.1.{1 + number}", 0))
        wrong.request("POST", "/api/v1/session", '{"password":"not this one"}',
                      {"Content-Type": "application/json"})
        last = wrong.getresponse().status
        wrong.close()
    assert last == 429
    console.client().sign_in()  # from where somebody is signed in


class ProxiedConsole(Console):
    """With a base path and a name of its own."""

    def answers(self):
        assert self.process.poll() is None, self.text
        try:
            return self.client().ask("GET", "/healthz",
                                     headers={"Host": "home.example"}).status == 200
        except OSError:
            return False

    def client(self):
        return Client(self.port, base="/hold")


def test_a_trusted_proxy_says_who_asks_and_how(holdfast, db):
    console = ProxiedConsole(holdfast, "--db", db, "-r", "repo", "--trusted-proxies", "127.0.0.1",
                      "--url", "https://home.example/hold").start()
    try:
        client = console.client()
        proxied = {"Host": "home.example", "X-Forwarded-Proto": "https"}

        def tried(address, password):
            return client.ask("POST", "/api/v1/session", {"password": password},
                              {**proxied, "X-Forwarded-For": address})
        client.session(client.ask("POST", "/api/v1/setup/session", {"code": CODE}, proxied).json)
        answer = client.ask("POST", "/api/v1/setup/password", {"password": PASSWORD}, proxied)
        cookie = answer.headers["Set-Cookie"]
        assert cookie.startswith("__Host-holdfast=")
        for part in ("Secure", "HttpOnly", "SameSite=Strict", "Path=/;"):
            assert part in cookie, cookie
        client.cookie = client.csrf = None
        for _ in range(5):
            assert tried("10.0.0.1", "wrong password").status == 403
        assert tried("10.0.0.1", PASSWORD).status == 429
        # What the client itself puts in front is not who it is.
        assert tried("10.9.9.9, 10.0.0.1", PASSWORD).status == 429
        assert tried("10.0.0.2", PASSWORD).status == 200
    finally:
        console.stop()


def test_a_sign_in_gives_a_new_cookie_that_ends_with_it(console, client):
    thief = console.client()
    thief.cookie = client.cookie
    client.cookie = "holdfast=" + "a" * 64  # what somebody else has chosen
    answer = client.ask("POST", "/api/v1/session", {"password": PASSWORD})
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Strict" in cookie and "Secure" not in cookie
    assert re.match(r"holdfast=[0-9a-f]{64};", cookie) and "a" * 64 not in cookie
    assert client.cookie != thief.cookie
    client.csrf = answer.json["csrf"]
    kept = client.cookie
    assert client.ask("DELETE", "/api/v1/session").status == 204
    client.cookie = kept
    assert client.ask("GET", "/api/v1/overview").status == 401


def said(port, request, patience=0.1):
    """All that comes back for raw bytes."""
    with socket.create_connection(("127.0.0.1", port), timeout=patience) as connection:
        try:
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
            got = b""
            while len(got) < 1 << 20 and (more := connection.recv(65536)):
                got += more
            return got
        except OSError:  # it hung up: that is an answer too
            return b""


def mutated(chance, request):
    """A request with some bytes changed, doubled, cut or put in."""
    request = bytearray(request)
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(request) + 1)
        what = chance.randrange(5)
        if what == 0 and at < len(request):
            request[at] = chance.randrange(256)
        elif what == 1:
            del request[at:at + chance.randrange(1, 20)]
        elif what == 2:
            request[at:at] = request[at:at + chance.randrange(1, 200)]
        elif what == 3:
            request[at:at] = chance.choice([b"\0", b"\r\n", b"%00", b"%", b"../", b"\xff\xfe", b"{" * 50,
                                            b"[" * 3000, b"A" * 20000, b"\r\n\r\n", b": ", b"\\u0000"])
        elif request:
            request = request[:at] or bytearray(b"\n")
    return bytes(request)


def seeds(chance, client):
    method, path, _ = chance.choice([one for one in ROUTES if one[1] != "/api/v1/events"])
    body = chance.choice([b"{}", b'{"password":"x"}', b'{"a":1,"a":2}', b"[" * 5000, b'{"rule":"1h:all"}',
                          b'{"code":"' + b"9" * 500 + b'"}', b"", b"\xff", b'{"name":"\\u0000"}'])
    head = [f"{method} {filled(path)} HTTP/1.1", f"Host: 127.0.0.1:{client.port}",
            f"Cookie: {client.cookie}", f"X-Holdfast-CSRF: {client.csrf}",
            "Content-Type: application/json"]
    if path in ("/api/v1/session", "/api/v1/sessions", "/api/v1/password"):
        head[2] = "Cookie: holdfast=none"  # it would end what the others need
    kind = chance.randrange(4)
    if kind == 0:
        head.append("Transfer-Encoding: chunked")
        body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    elif kind == 1:
        head.append(f"Content-Length: {chance.choice([0, len(body), len(body) + 5, 10**12, -1])}")
    else:
        head.append(f"Content-Length: {len(body)}")
    request = "\r\n".join(head + ["Connection: close", "", ""]).encode() + body
    return request * chance.choice([1, 1, 1, 3])


def test_no_bytes_bring_it_down(console, client):
    """Thousands of requests that are almost right; the seed is fixed."""
    chance = random.Random(SEED)
    process = console.process.pid
    for step in range(FUZZ_REQUESTS):
        request = mutated(chance, seeds(chance, client))
        status = said(console.port, request)[:12]
        assert not status.startswith(b"HTTP/1.1 500"), (SEED, step, request[:300])
        if step % 200 == 0:
            assert client.ask("GET", "/healthz").status == 200, (SEED, step)
    assert client.ask("GET", "/healthz").status == 200
    assert console.process.poll() is None and console.process.pid == process
    for word in ("ERROR: AddressSanitizer", "runtime error", "was ended", "ended by"):
        assert word not in console.text, word


def body_words():
    """Names of members that some route's body has, and words that may be their values."""
    names, words = set(), set()

    def walk(node):
        if isinstance(node, list):
            for one in node:
                walk(one)
        elif isinstance(node, dict):
            names.update(node.get("properties", {}))
            words.update(one for one in node.get("enum", []) if isinstance(one, str))
            for one in node.values():
                walk(one)
    document = yaml.safe_load((ROOT / "docs/openapi.yml").read_text(encoding="utf-8"))
    walk([operation["requestBody"] for item in document["paths"].values()
          for operation in item.values() if "requestBody" in operation])
    walk([document["components"]["schemas"][name] for name in
          ("new_key", "confirmation", "new_download")])
    assert {"plan", "kind", "upload", "scope"} <= names and "keyfile" in words
    return sorted(names), sorted(words)


def jobs(client):
    return client.get("/api/v1/jobs")["jobs"]


def test_no_json_brings_it_down(console, client):
    """Bodies of members that are known, with values that are not what they should be."""
    chance = random.Random(SEED)
    names, words = body_words()
    upload = client.ask("POST", "/api/v1/setup/uploads", raw=b"{}").json["upload"]
    strange = [None, True, False, 0, -1, 1, 2**63 - 1, -2**63, 1.5, "", "now", "app", "none", "1h:all",
               "x" * 5000, "\u0001", "\U0001f600" * 40, "../app.db", "/etc/passwd", [], {}, [[]] * 50,
               {"a": {"a": {"a": None}}}, PASSWORD, upload]
    ended = ("/api/v1/session", "/api/v1/sessions", "/api/v1/password")
    asked = [one for one in ROUTES if one[0] != "GET" and one[1] not in ended]
    for step in range(FUZZ_REQUESTS // 3):
        method, path, _ = chance.choice(asked)
        path = re.sub(r"{\w+}", lambda _: chance.choice(["app", "none", "1", "%20", "0" * 64]), path)
        body = {name: chance.choice(words if chance.random() < 0.4 else strange)
                for name in chance.sample(names, chance.randint(0, 6))}
        answer = client.ask(method, path, body)
        assert answer.status != 500, (SEED, step, method, path, body, answer.bytes)
        if step % 20 == 0:  # so that there is room for others
            wait_for(lambda: all(job["state"] != "running" for job in jobs(client)), "the jobs")
    assert len({job["kind"] for job in jobs(client)}) > 3
    for job in jobs(client):
        assert "ended before" not in json.dumps(job["error"]), job
    assert client.ask("GET", "/healthz").status == 200
    for word in ("ERROR: AddressSanitizer", "runtime error", "was ended", "ended by"):
        assert word not in console.text, word


def test_bounded_things_are_bounded(console, client):
    head = f"Host: 127.0.0.1:{console.port}\r\nCookie: {client.cookie}\r\n"
    for request in (f"GET /{'a' * 20000} HTTP/1.1\r\n{head}\r\n",
                    f"GET / HTTP/1.1\r\n{head}X-Long: {'a' * 60000}\r\n\r\n",
                    "GET / HTTP/1.1\r\n" + head + "".join(f"X-{i}: a\r\n" for i in range(3000)) + "\r\n"):
        assert re.match(rb"HTTP/1.1 4(00|14|31|13)|$", said(console.port, request.encode())), request[:40]
    json_type = {"Content-Type": "application/json"}
    assert client.ask("POST", "/api/v1/kit", raw=b"[" * 60000, headers=json_type).status == 400
    assert client.ask("POST", "/api/v1/kit", raw=b'{"password":"a","password":"b"}',
                      headers=json_type).status == 400
    assert client.ask("POST", "/api/v1/kit", raw=b'{"password":"' + b"a" * 600 + b'"}',
                      headers=json_type).status == 400
    assert client.ask("POST", "/api/v1/kit", raw=b"a" * 70000, headers=json_type).status == 413
    assert client.ask("POST", "/api/v1/kit", raw=b"{}",
                      headers={"Content-Type": "text/plain"}).status == 415


def test_slow_clients_keep_nobody_waiting(console, client):
    waiting = []
    for _ in range(100):
        connection = socket.create_connection(("127.0.0.1", console.port), timeout=20)
        connection.sendall(b"POST /api/v1/session HTTP/1.1\r\nHost: 127.")
        waiting.append(connection)
    assert client.get("/api/v1/session")["state"] == "signed_in"
    for connection in waiting:
        connection.close()


def test_secrets_are_nowhere(holdfast, db, tmp_path):
    passphrase = "CANARY-passphrase-5f2b81"
    (tmp_path / "passphrase").write_text(passphrase, encoding="utf-8")
    console = Console(holdfast, "--db", db, "-r", "repo", "--sync-interval", "100ms",
                      "--passphrase-file", "passphrase",
                      env={"HOLDFAST_SETUP_CODE": "CANARY-SETUP-CODE-77"}).start()
    try:
        client = console.client()
        client.session(client.post("/api/v1/setup/session", {"code": "CANARY-SETUP-CODE-77"}))
        password = "CANARY-password-91d3"
        client.session(client.post("/api/v1/setup/password", {"password": password}))
        client.job("/api/v1/databases/app/points", {"label": "one"})
        token = client.post("/api/v1/tokens", {"name": "t", "access": "viewer"})["text"]
        kit = client.post("/api/v1/kit", {"password": password})["recovery_key"]
        client.ask("PUT", "/api/v1/password", {"old": "wrong CANARY-typed", "new": password + "x"})
        client.job("/api/v1/settings/repository/tests")
        keyfile = base64.b64encode(b"CANARY-keyfile-" * 5).decode()
        add = {"password": password, "kind": "passphrase", "passphrase": "CANARY-new-key-4e"}
        slot = client.job("/api/v1/keys", add)["added"]["slot"]
        client.job(f"/api/v1/keys/{slot}/rotations",
                   {"password": password, "kind": "keyfile", "keyfile": keyfile})
        client.job("/api/v1/keys/none/rotations", add, state="failed")
        client.ask("POST", "/api/v1/keys", {**add, "name": "\n"})
        secrets = ["CANARY-new-key-4e", keyfile, "CANARY-keyfile-", passphrase, "CANARY-SETUP-CODE-77", "CANARYSETUPCODE77", password, token, kit,
                   kit.replace("-", ""), "CANARY-typed", client.cookie.split("=")[1]]
        texts = {"log": console.text}
        for method, path, _ in routes():
            if method == "GET" and not path.endswith("/events"):
                path = path.replace("{database}", "app")
                texts[path] = client.ask("GET", filled(path)).bytes.decode("utf-8", "replace")
        job = [one["id"] for one in json.loads(texts["/api/v1/jobs"])["jobs"]]
        for one in job:
            texts[one] = json.dumps(client.get(f"/api/v1/jobs/{one}"))
        files = [path for folder in tmp_path.glob(".*-console") for path in folder.rglob("*")]
        files += [path for folder in tmp_path.glob("*-console") for path in folder.rglob("*")]
        for path in {path for path in files if path.is_file()}:
            texts[str(path)] = path.read_text(encoding="utf-8", errors="replace")
            assert path.stat().st_mode & 0o077 == 0, path
        assert any("credentials.json" in name for name in texts)
        for where, text in texts.items():
            for secret in secrets:
                assert secret not in text, (where, secret)
    finally:
        console.stop()
