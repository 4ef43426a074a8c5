"""Connection tests of the Setup Wizard against servers that really behave so: each reason is one that
a person can act on, and nothing that was sent or answered is in it."""
import contextlib
import http.server
import json
import socket
import ssl
import subprocess
import threading

import pytest

from console_rig import Console
from test_console_setup import SECRET, begin, make_backup, looked  # pylint: disable=unused-import
from test_profile import NEW, make

ANSWER = {"ServerName": "films", "Version": "10", "version": "2", "id": 1}


class Jellyfin(http.server.BaseHTTPRequestHandler):
    """What the application's services answer when all is well."""

    def log_message(self, *_):
        pass

    def do_GET(self):  # pylint: disable=invalid-name
        raw = json.dumps(ANSWER).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)


def status(code, *headers):
    """A service that answers with this alone."""
    class Handler(Jellyfin):
        asked = []

        def do_GET(self):
            self.asked.append(self.path)
            self.send_response(code)
            for name, value in headers:
                self.send_header(name, value)
            self.send_header("Content-Length", "6")
            self.end_headers()
            self.wfile.write(b"canary")
    return Handler


@contextlib.contextmanager
def serving(handler=Jellyfin, certificate=None):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate.with_suffix(".pem"), certificate.with_suffix(".key"))
        server.socket = context.wrap_socket(server.socket, server_side=True)
        server.handle_error = lambda *_: None  # who refuses a certificate hangs up
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http{'s' if certificate else ''}://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@contextlib.contextmanager
def talking(talk):
    """A server below HTTP: `talk` gets each connection."""
    listener = socket.create_server(("127.0.0.1", 0))
    ended = threading.Event()

    def accept():
        while not ended.is_set():
            with contextlib.suppress(OSError):
                talk(listener.accept()[0], ended)
    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        ended.set()
        listener.close()


class Authority:
    """Signs certificates, and is what the console trusts."""

    def __init__(self, folder):
        self.folder = folder
        self.own = self.self_signed("authority")

    def openssl(self, *words):
        subprocess.run(["openssl", *map(str, words)], cwd=self.folder, capture_output=True,
                       check=True)

    def self_signed(self, name, *words):
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                     "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.pem", "-days", "2",
                     "-subj", f"/CN={name}", *words)
        return self.folder / name

    def signed(self, name, of="IP:127.0.0.1", days=2):
        self.openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                     "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
        (self.folder / f"{name}.ext").write_text(f"subjectAltName={of}\n", encoding="ascii")
        self.openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "authority.pem", "-CAkey",
                     "authority.key", "-CAcreateserial", "-days", days, "-extfile", f"{name}.ext",
                     "-out", f"{name}.pem")
        return self.folder / name


@pytest.fixture(name="authority")
def make_authority(tmp_path):
    folder = tmp_path / "certificates"
    folder.mkdir()
    return Authority(folder)


@pytest.fixture(name="tried")
def try_connections(holdfast, tmp_path, backup, authority):
    """`tried(address)`: what the first test of the application's profile comes to."""
    make(tmp_path / "dev.db", NEW)
    console = Console(holdfast, "--db", tmp_path / "dev.db", "-r", "repo",
                      env={"SSL_CERT_FILE": str(authority.own.with_suffix(".pem"))}).start()
    client = begin(console)
    source = looked(client, backup.read_bytes())["source"]

    def tried(address, test="jellyfin", field="jellyfinUrl"):
        result = client.job("/api/v1/setup/tests", {"test": test, "source": source,
                                                    "fields": {field: address}})
        assert result["ok"] == (result["reason"] == "ok")
        assert result["ok"] or (result["text"] and result["hint"]), result
        assert "canary" not in json.dumps(result) and SECRET not in json.dumps(result)
        return result["reason"]
    yield tried
    console.stop()


def test_a_certificate_that_is_in_order_is_accepted(tried, authority):
    with serving(certificate=authority.signed("good")) as address:
        assert tried(address) == "ok"


def test_each_fault_of_a_certificate_has_its_own_reason(tried, authority):
    faults = {"tls_expired": authority.signed("expired", days=-1),
              "tls_name": authority.signed("elsewhere", of="DNS:films.example"),
              "tls_unknown": authority.self_signed("alone", "-addext", "subjectAltName=IP:127.0.0.1")}
    for reason, certificate in faults.items():
        with serving(certificate=certificate) as address:
            assert tried(address) == reason


def test_http_and_https_that_were_mixed_up_are_told(tried, authority):
    with serving() as address:
        assert tried(address.replace("http:", "https:")) == "tls"
    with serving(certificate=authority.signed("good")) as address:
        assert tried(address.replace("https:", "http:")) == "lost"


def test_a_server_that_never_answers_is_given_up(tried):
    with talking(lambda connection, ended: ended.wait(60) and connection.close()) as address:
        assert tried(address) == "timeout"


def test_a_server_that_hangs_up_is_no_service(tried):
    with talking(lambda connection, _: (connection.recv(9999), connection.close())) as address:
        assert tried(address) == "lost"


def test_what_is_no_http_is_another_service(tried):
    def greet(connection, _):
        connection.sendall(b"SSH-2.0-canary\r\n")
        connection.close()
    with talking(greet) as address:
        assert tried(address) == "wrong_service"


@pytest.mark.parametrize("code, reason", [(401, "unauthorized"), (403, "unauthorized"),
                                          (404, "wrong_service"), (200, "wrong_service"),
                                          (503, "unavailable")])
def test_what_a_service_answers_says_what_to_do(tried, code, reason):
    with serving(status(code)) as address:
        assert tried(address) == reason


def test_no_redirect_is_followed(tried):
    with serving() as elsewhere:
        for code in (301, 302, 307, 308):
            handler = status(code, ("Location", elsewhere + "/System/Info/Public"))
            with serving(handler) as address:
                assert tried(address) == "redirect"
                assert handler.asked == ["/System/Info/Public"]


def test_a_key_is_sent_to_the_service_alone(tried):
    """A redirect to another port of the same host would be given the key."""
    handler = status(302, ("Location", "http://127.0.0.1:1/"))
    with serving(handler) as address:
        assert tried(address, "jellyseerr", "jellyseerrUrl") == "redirect"
        assert handler.asked == ["/api/v1/status"]
