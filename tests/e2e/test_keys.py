"""Who can open a repository."""
import os

import pytest

import conftest


@pytest.fixture
def secrets(tmp_path):
    (tmp_path / "pw").write_text("open sesame\n", encoding="utf-8")
    (tmp_path / "other").write_text("close sesame\n", encoding="utf-8")
    (tmp_path / "key").write_bytes(os.urandom(32))
    (tmp_path / "short").write_bytes(os.urandom(31))


def slots(holdfast, *options):
    return [slot["kind"] for slot in holdfast.json("key", "list", "-r", "repo", *options)["slots"]]


def test_a_passphrase_opens_and_another_does_not(holdfast, tmp_path, db, secrets):
    holdfast("backup", "--db", db, "-r", "repo", "--passphrase-file", "pw")
    assert holdfast.json("status", "-r", "repo", "--passphrase-file", "pw")["encrypted"] is True
    holdfast("restore", "-r", "repo", "--to", "out.db",
             env={"HOLDFAST_PASSPHRASE": "open sesame"})
    assert conftest.content(tmp_path / "out.db") == conftest.content(db)
    for options in (["--passphrase-file", "other"], ["--keyfile", "key"], []):
        for verb in ("list", "restore", "check", "status", "key list", "key kit"):
            holdfast(*verb.split(), "-r", "repo", *options, code=7).says("passphrase", "hint: ")


def test_nothing_of_the_content_is_readable_in_an_encrypted_repository(holdfast, tmp_path, db,
                                                                      secrets):
    conftest.execute(db, "insert into note(body) values('SECRETWORD' || hex(randomblob(2000)))")
    holdfast("backup", "--db", db, "-r", "repo", "--keyfile", "key", "--label", "LABELWORD")
    for path in conftest.objects(tmp_path / "repo"):
        for word in (b"SECRETWORD", b"LABELWORD", b"SQLite format", b"CREATE TABLE", b"app"):
            assert word not in path.read_bytes()


def test_a_keyfile_opens_and_a_short_one_is_refused(holdfast, db, secrets):
    holdfast("init", "-r", "repo", "--keyfile", "key")
    holdfast("backup", "--db", db, "-r", "repo", "--keyfile", "key")
    holdfast("init", "-r", "other-repo", "--keyfile", "short", code=3).says("32 bytes")
    holdfast("init", "-r", "other-repo", "--keyfile", "none", code=3).says("none")


def test_slots_are_added_listed_and_removed(holdfast, db, secrets):
    holdfast("backup", "--db", db, "-r", "repo")
    assert slots(holdfast) == ["plain"]
    holdfast("key", "add", "-r", "repo", "--new-passphrase-file", "pw", "--slot-name", "mine")
    assert sorted(slots(holdfast)) == ["passphrase", "plain"]
    plain = next(slot["slot"] for slot in holdfast.json("key", "list", "-r", "repo")["slots"]
                 if slot["kind"] == "plain")
    holdfast("key", "remove", "-r", "repo", plain)
    holdfast("list", "-r", "repo", code=7)
    assert slots(holdfast, "--passphrase-file", "pw") == ["passphrase"]
    holdfast("key", "remove", "-r", "repo", "--passphrase-file", "pw", "mine",
             code=9).says("last key slot")
    holdfast("key", "remove", "-r", "repo", "--passphrase-file", "pw", "nobody", code=1)


def test_a_slot_is_rotated(holdfast, db, secrets):
    holdfast("init", "-r", "repo", "--passphrase-file", "pw")
    (slot,) = holdfast.json("key", "list", "-r", "repo", "--passphrase-file", "pw")["slots"]
    holdfast("key", "rotate-slot", "-r", "repo", "--passphrase-file", "pw", slot["slot"],
             "--new-keyfile", "key")
    assert slots(holdfast, "--keyfile", "key") == ["keyfile"]
    holdfast("list", "-r", "repo", "--passphrase-file", "pw", code=7)
    holdfast("key", "rotate-slot", "-r", "repo", "--keyfile", "key", "nobody", "--plain",
             code=1).says("there is no key slot 'nobody'")
    assert slots(holdfast, "--keyfile", "key") == ["keyfile"]


def test_a_rotated_slot_can_keep_its_name(holdfast, secrets):
    holdfast("init", "-r", "repo", "--passphrase-file", "pw")
    holdfast("key", "rotate-slot", "passphrase", "-r", "repo", "--passphrase-file", "pw",
             "--new-passphrase-file", "other", "--slot-name", "passphrase")
    (slot,) = holdfast.json("key", "list", "-r", "repo", "--passphrase-file", "other")["slots"]
    assert slot["name"] == "passphrase"
    holdfast("list", "-r", "repo", "--passphrase-file", "pw", code=7)


def test_of_two_slots_with_one_name_none_is_touched(holdfast, secrets):
    holdfast("init", "-r", "repo")
    holdfast("key", "add", "-r", "repo", "--new-keyfile", "key", "--slot-name", "plain")
    for verb in (["remove"], ["rotate-slot", "--new-keyfile", "key"]):
        holdfast("key", *verb, "plain", "-r", "repo", code=9).says("several key slots", "key list")
    assert sorted(slots(holdfast)) == ["keyfile", "plain"]


def test_a_repository_that_opens_by_itself_gets_a_key_as_it_advises(holdfast, db, secrets):
    advice = "holdfast key rotate-slot plain --new-passphrase-file PATH"
    assert advice in holdfast("init", "-r", "repo").out
    assert "key rotate-slot plain" in holdfast("backup", "--db", db, "-r", "second").err
    holdfast(*advice.replace("PATH", "pw").split()[1:], "-r", "repo")
    assert holdfast.json("status", "-r", "repo", "--passphrase-file", "pw")["encrypted"] is True
    holdfast("list", "-r", "repo", code=7)


def test_a_new_slot_needs_exactly_one_secret(holdfast, secrets):
    holdfast("init", "-r", "repo")
    holdfast("key", "add", "-r", "repo", code=2).says("needs one of")
    holdfast("key", "add", "-r", "repo", "--plain", "--new-keyfile", "key", code=2)
    holdfast("key", "remove", "-r", "repo", code=2).says("needs a slot's id or name")


def test_the_recovery_kit_restores_without_anything_else(holdfast, tmp_path, db, secrets):
    holdfast("backup", "--db", db, "-r", "repo", "--passphrase-file", "pw")
    kit = holdfast.json("key", "kit", "-r", "repo", "--passphrase-file", "pw")
    page = holdfast("key", "kit", "-r", "repo", "--passphrase-file", "pw").out
    assert kit["recovery_key"] in page
    assert kit["repository"] == str(tmp_path / "repo")
    assert len(page.splitlines()) < 24
    (tmp_path / "kit").write_text(kit["recovery_key"].lower().replace("-", " "), encoding="utf-8")
    holdfast("restore", "-r", "repo", "--recovery-key-file", "kit", "--to", "out.db")
    assert conftest.content(tmp_path / "out.db") == conftest.content(db)


def test_a_wrong_recovery_key_is_told_from_a_mistyped_one(holdfast, tmp_path, db):
    holdfast("backup", "--db", db, "-r", "one")
    holdfast("backup", "--db", db, "-r", "two", "--state-dir", "state")
    key = holdfast.json("key", "kit", "-r", "one")["recovery_key"]
    (tmp_path / "kit").write_text(key, encoding="utf-8")
    holdfast("list", "-r", "two", "--recovery-key-file", "kit",
             code=7).says("belongs to another repository")
    wrong = ("A" if key[0] != "A" else "B") + key[1:]
    (tmp_path / "kit").write_text(wrong, encoding="utf-8")
    holdfast("list", "-r", "one", "--recovery-key-file", "kit", code=7).says("hint: ")
