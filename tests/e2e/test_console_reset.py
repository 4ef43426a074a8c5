"""`holdfast console reset-password`: the way back in for who runs the machine."""
import http.client
import re

from console_rig import CODE, LONGEST, PASSWORD, Console

OTHER = "another battery staple"


def reset(holdfast, db, *arguments):
    return holdfast.json("console", "reset-password", "--db", str(db), *arguments)


def test_a_running_console_asks_for_the_setup_code_again(holdfast, db, console, client):
    assert client.get("/api/v1/overview")
    assert reset(holdfast, db)["password"] == "cleared"
    assert client.ask("GET", "/api/v1/overview").status == 401
    stranger = console.client()
    assert stranger.get("/api/v1/session")["state"] == "setup"
    for code in ("", "-", "WRONG-CODE"):
        assert stranger.ask("POST", "/api/v1/setup/session", {"code": code}).status in (400, 403)
    assert stranger.set_up()["state"] == "signed_in"
    assert len(re.findall("set it up with the setup code", console.text)) == 2


def test_a_setup_code_of_its_own_is_told_again(holdfast, db):
    console = Console(holdfast, "--db", db, "-r", "repo", env={"HOLDFAST_SETUP_CODE": None}).start()
    try:
        first = console.says(r"setup code (\S+)")[1]
        client = console.client()
        client.session(client.post("/api/v1/setup/session", {"code": first}))
        client.post("/api/v1/setup/password", {"password": PASSWORD})
        reset(holdfast, db)
        assert console.client().ask("POST", "/api/v1/setup/session", {"code": first}).status == 403
        second = console.says(rf"setup code (?!{first})(\S+)")[1]
        assert client.ask("POST", "/api/v1/setup/session", {"code": second}).status == 200
    finally:
        console.stop()


def test_a_password_of_a_file_is_taken(holdfast, db, console, client, tmp_path):
    (tmp_path / "password").write_text(OTHER + "\n", encoding="utf-8")
    assert reset(holdfast, db, "--password-file", "password")["password"] == "set"
    assert client.ask("GET", "/api/v1/overview").status == 401
    again = console.client()
    assert again.ask("POST", "/api/v1/session", {"password": PASSWORD}).status == 403
    assert again.sign_in(OTHER)["state"] == "signed_in"
    assert again.get("/api/v1/overview")


def machine(console, client):
    made = client.post("/api/v1/tokens", {"name": "prometheus", "access": "viewer"})
    token = console.client()
    token.token = made["text"]
    assert token.get("/api/v1/overview")
    return token


def test_tokens_are_revoked_unless_they_are_kept(holdfast, db, console, client):
    token = machine(console, client)
    assert reset(holdfast, db, "--keep-tokens")["tokens_kept"] == 1
    assert client.ask("GET", "/api/v1/overview").status == 401
    assert token.get("/api/v1/overview")
    assert reset(holdfast, db)["tokens_revoked"] == 1
    assert token.ask("GET", "/api/v1/overview").status == 401
    said = holdfast("console", "reset-password", "--db", str(db)).out
    assert "everybody is signed out" in said and "tokens for machines: 0 revoked" in said


def test_who_listens_already_hears_no_more(holdfast, db, console, client):
    token = machine(console, client)
    connection = http.client.HTTPConnection("127.0.0.1", console.port, timeout=LONGEST)
    connection.request("GET", "/api/v1/events", headers={"Authorization": f"Bearer {token.token}"})
    stream = connection.getresponse()
    assert stream.status == 200
    reset(holdfast, db)
    while stream.readline():  # to its end: nobody asks for anything meanwhile
        pass
    connection.close()


def test_a_short_password_is_refused(holdfast, db, tmp_path):
    (tmp_path / "password").write_text("short\n", encoding="utf-8")
    failed = holdfast.unchecked("console", "reset-password", "--db", str(db),
                                "--password-file", "password")
    assert failed.code == 2 and "10 characters" in failed.err


def test_a_damaged_file_lets_nobody_in_until_it_is_made_anew(holdfast, db, console, client):
    path = next(db.parent.glob("*-console/credentials.json"))
    path.write_text('{"password": "', encoding="utf-8")
    assert client.ask("GET", "/api/v1/overview").status == 401
    stranger = console.client()
    assert stranger.get("/api/v1/session")["state"] == "signed_out"
    assert stranger.ask("POST", "/api/v1/session", {"password": PASSWORD}).status == 422
    assert stranger.ask("POST", "/api/v1/setup/session", {"code": CODE}).status == 409
    shown = reset(holdfast, db)
    assert shown["was_damaged"] and shown["password"] == "cleared"
    assert stranger.set_up()["state"] == "signed_in"


def test_where_no_console_has_been_is_told(holdfast, tmp_path):
    failed = holdfast.unchecked("console", "reset-password", "--db", str(tmp_path / "none.db"))
    assert failed.code == 1 and "no console has been here" in failed.err
