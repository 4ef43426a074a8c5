"""Key slots in the console: what opens the repository is listed, added, replaced and removed by who is signed in and
types the password, and never told."""
import base64
import os

import pytest

from console_rig import PASSWORD, Console, descendants, stopped, wait_for

KEYS = "/api/v1/keys"
PASSPHRASE, OTHER = "open sesame of the host", "another sesame"


@pytest.fixture(name="console")
def running_console(holdfast, db, tmp_path):
    (tmp_path / "pw").write_text(PASSPHRASE, encoding="utf-8")
    started = Console(holdfast, "--db", db, "-r", "repo", "--sync-interval", "100ms",
                      "--passphrase-file", "pw").start()
    yield started
    started.stop()


def slots(client):
    return client.get(KEYS)["slots"]


def opens(holdfast, **secret):
    return not holdfast.unchecked("list", "-r", "repo", env={
        f"HOLDFAST_{name.upper()}": value for name, value in secret.items()}).code


def key(kind="passphrase", **more):
    return {"password": PASSWORD, "kind": kind, **more}


def test_the_slots_say_which_one_is_in_use(client):
    (slot,) = slots(client)
    assert (slot["kind"], slot["name"], slot["in_use"]) == ("passphrase", "passphrase", True)
    assert slot["created_ms"]


def test_a_passphrase_and_a_keyfile_are_added_and_open(holdfast, client, tmp_path):
    added = client.job(KEYS, key(passphrase=OTHER, name="of the safe"))["added"]
    assert (added["kind"], added["name"], added["in_use"]) == ("passphrase", "of the safe", False)
    secret = os.urandom(40)
    (tmp_path / "key").write_bytes(secret)
    client.job(KEYS, key("keyfile", keyfile=base64.b64encode(secret).decode()))
    assert sorted(slot["kind"] for slot in slots(client)) == ["keyfile", "passphrase", "passphrase"]
    assert opens(holdfast, passphrase=OTHER) and opens(holdfast, keyfile="key")
    listed = holdfast.json("key", "list", "-r", "repo", "--keyfile", "key")["slots"]
    assert [slot["kind"] for slot in listed if slot["in_use"]] == ["keyfile"]


def test_what_is_no_key_is_refused_before_the_password_is_tried(client):
    for wrong in (key(), key("keyfile"), key("keyfile", passphrase=OTHER), key("recovery"),
                  key(passphrase=""), key(passphrase="two\nlines"), key(passphrase="x" * 1025),
                  key(passphrase=OTHER, name=""), key(passphrase=OTHER, name="x" * 65),
                  {"password": PASSWORD}, {"kind": "plain"}):
        assert client.ask("POST", KEYS, wrong).status == 400, wrong
    short = client.job(KEYS, key("keyfile", keyfile=base64.b64encode(b"x" * 31).decode()),
                       state="failed")
    assert "32 bytes" in short["text"]
    assert client.job(KEYS, key("keyfile", keyfile="no base64!"), state="failed")["code"] == "usage"
    assert len(slots(client)) == 1


def test_nothing_changes_without_the_password(client):
    (slot,) = slots(client)
    wrong = {"password": "not the password"}
    assert client.ask("POST", KEYS, key(passphrase=OTHER) | wrong).status == 403
    assert client.ask("POST", f"{KEYS}/{slot['slot']}/removals", wrong).status == 403
    assert client.ask("POST", f"{KEYS}/{slot['slot']}/rotations",
                      key("plain") | wrong).status == 403
    assert slots(client) == [slot]


def test_a_slot_is_removed_and_the_last_one_is_not(holdfast, client):
    added = client.job(KEYS, key(passphrase=OTHER))["added"]["slot"]
    assert client.job(f"{KEYS}/{added}/removals", {"password": PASSWORD}) == {"removed": added}
    assert not opens(holdfast, passphrase=OTHER)
    (last,) = slots(client)
    refused = client.job(f"{KEYS}/{last['slot']}/removals",
                         {"password": PASSWORD, "accept_in_use": True}, state="failed")
    assert refused["code"] == "refused" and "last key slot" in refused["text"]
    assert client.job(f"{KEYS}/nobody/removals", {"password": PASSWORD},
                      state="failed")["code"] == "not_found"
    assert opens(holdfast, passphrase=PASSPHRASE)


def test_the_key_in_use_goes_only_when_that_is_accepted(holdfast, client):
    (own,) = slots(client)
    client.job(KEYS, key(passphrase=OTHER))
    for what, body in (("removals", {"password": PASSWORD}), ("rotations", key("plain"))):
        refused = client.job(f"{KEYS}/{own['slot']}/{what}", body, state="failed")
        assert refused["code"] == "refused" and "opens the repository with" in refused["text"]
    assert len(slots(client)) == 2
    done = client.job(f"{KEYS}/{own['slot']}/rotations",
                      key(passphrase="third sesame", accept_in_use=True))
    assert done["removed"] == own["slot"] and done["added"]["slot"] != own["slot"]
    assert opens(holdfast, passphrase="third sesame") and not opens(holdfast, passphrase=PASSPHRASE)
    # What is running goes on.
    assert client.job("/api/v1/databases/app/points", {"label": "after"})["point"]


def test_a_slot_is_replaced(holdfast, client):
    old = client.job(KEYS, key(passphrase=OTHER, name="spare"))["added"]["slot"]
    done = client.job(f"{KEYS}/{old}/rotations", key(passphrase="newer sesame", name="spare"))
    assert done["removed"] == old and done["added"]["name"] == "spare"
    assert opens(holdfast, passphrase="newer sesame") and not opens(holdfast, passphrase=OTHER)


def test_a_change_of_keys_is_not_stopped_in_its_middle(console, client):
    (slot,) = slots(client)
    before = descendants(console.process.pid)
    job = client.post(f"{KEYS}/{slot['slot']}/rotations",
                      {**key(passphrase=OTHER), "accept_in_use": True}, 202)["job"]
    with stopped(descendants(console.process.pid) - before):
        if client.get(f"/api/v1/jobs/{job}")["state"] == "running":
            assert client.ask("DELETE", f"/api/v1/jobs/{job}").status == 403
    wait_for(lambda: client.get(f"/api/v1/jobs/{job}")["state"] == "done", "the change of the key")
    assert len(slots(client)) == 1
    ended = client.ask("DELETE", f"/api/v1/jobs/{job}")
    assert (ended.status, ended.error["text"]) == (409, "it has ended already")
