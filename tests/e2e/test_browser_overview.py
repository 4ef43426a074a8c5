"""The overview: one sentence that says how safe everything is, what it rests on, and the one thing to do."""
import os
import re
import signal

import conftest
from browser_rig import *  # pylint: disable=wildcard-import,unused-wildcard-import
from console_rig import wait_for

DATABASE = "/api/v1/databases/app"


def state(browser):
    """What the sentence says, on one line."""
    return " ".join(browser.driver.find_element(By.CSS_SELECTOR, ".state").text.split())


def is_said(browser, *texts, tone):
    """Waits until the sentence has this colour and these texts; the button in it, or None."""
    browser.wait(lambda d: d.find_elements(By.CSS_SELECTOR, f".state.{tone}") and
                 all(text in state(browser) for text in texts))
    buttons = browser.driver.find_elements(By.CSS_SELECTOR, ".state button, .state a.button")
    assert len(buttons) <= 1
    assert (tone == "good") == (not buttons)
    return buttons[0].text if buttons else None


def green(browser):
    return [found.text for found in browser.driver.find_elements(By.CSS_SELECTOR, "main .good")]


def protect(client):
    """Everything that a database needs to be called protected."""
    client.job(f"{DATABASE}/points", {"label": "first"})
    client.job(f"{DATABASE}/test-restores")


def damage_newest(folder):
    newest = max(folder.glob("repo/databases/*/segments/0/*"))
    newest.chmod(0o600)
    data = bytearray(newest.read_bytes())
    data[len(data) // 2] ^= 1
    newest.write_bytes(data)


@pytest.fixture(name="alone")
def a_browser_at_a_console_that_serves_alone(driver, holdfast, db):
    """Nobody follows the database."""
    holdfast("backup", "--db", db, "-r", "repo", "--label", "first")
    holdfast("test-restore", "--db", db, "-r", "repo")
    started = Console(holdfast, "--db", db, "-r", "repo", verb="serve").start()
    yield sign_in(Browser(driver, started))
    started.stop()


@pytest.fixture(name="encrypted")
def a_browser_at_an_encrypted_repository(driver, holdfast, db):
    started = Console(holdfast, "--db", db, "-r", "repo", "--sync-interval", "100ms",
                      env={"HOLDFAST_PASSPHRASE": "open sesame of the host"}).start()
    yield sign_in(Browser(driver, started))
    started.stop()


@pytest.fixture(name="two")
def a_browser_where_two_databases_are_protected(driver, holdfast, db, tmp_path):
    conftest.make(tmp_path / "other.db", rows=10)
    (tmp_path / "holdfast.yml").write_text(
        f"repository: repo\ndatabases:\n  - path: {db.name}\n  - path: other.db\n", encoding="utf-8")
    started = Console(holdfast, "--sync-interval", "100ms").start()
    yield sign_in(Browser(driver, started))
    started.stop()


def test_protected_is_said_with_what_could_be_lost_and_the_last_proven_restore(signed_in, db):
    protect(signed_in.client)
    signed_in.open("")
    is_said(signed_in, "Protected.", "You could lose at most 2 seconds.", tone="good")
    assert re.search(r"Last proven restore: .*\d\d:\d\d, took [\d.]+ m?s\.", state(signed_in))
    facts = signed_in.driver.find_elements(By.CSS_SELECTOR, ".fact")
    assert len(facts) == 5 and not signed_in.driver.find_elements(By.CSS_SELECTOR, ".fact button")
    conftest.execute(db, "insert into note(body) values('later')")
    signed_in.sees("Last activity").sees("first").sees("Storage used").sees("What happens next")
    overview = wait_for(lambda: (seen := signed_in.client.get("/api/v1/overview")["databases"][0])
                        ["next"] and seen, "the next events")
    signed_in.sees(f"{overview['points']} restore points").sees("Old points are thinned")
    bars = signed_in.driver.find_elements(By.CSS_SELECTOR, "figure svg rect, figure svg path")
    assert bars
    signed_in.picture("overview").is_accessible()
    assert not signed_in.complains()


def test_never_tested_is_amber_until_its_button_has_proven_a_restore(signed_in):
    signed_in.client.job(f"{DATABASE}/points", {"label": "first"})
    signed_in.open("")
    assert is_said(signed_in, "State unknown.", "No restore of this database was ever proven",
                   tone="attention") == "Test a restore"
    signed_in.picture("overview-never-tested").is_accessible()
    signed_in.click("Test a restore")
    is_said(signed_in, "Protected.", tone="good")
    assert not signed_in.complains()


def test_not_followed_is_amber_and_its_button_takes_a_snapshot(alone, db):
    alone.open("")
    assert is_said(alone, "Needs attention.", "No running Holdfast follows this database",
                   "How much you could lose is not known.", tone="attention") == "Snapshot now"
    alone.picture("overview-not-followed").is_accessible()
    conftest.execute(db, "insert into note(body) values('later')")
    alone.driver.find_element(By.CSS_SELECTOR, ".state button").click()
    alone.driver.find_element(By.CSS_SELECTOR, "dialog button[type=submit]").click()
    wait_for(lambda: len(alone.client.get(f"{DATABASE}/points")["points"]) == 2, "the snapshot")
    assert not alone.complains()


def test_a_repository_that_is_away_is_red_until_it_is_back(signed_in, tmp_path):
    protect(signed_in.client)
    signed_in.open("")
    is_said(signed_in, "Protected.", tone="good")
    (tmp_path / "repo").rename(tmp_path / "away")
    assert is_said(signed_in, "Not protected.", "The repository cannot be read",
                   tone="bad") == "Test the repository"
    shown = signed_in.driver.find_element(By.TAG_NAME, "body").text
    assert shown.count("Unknown") >= 4, shown
    for made_up in ("Never", "0 B", "No restore has been proven", "Not saved yet"):
        assert made_up not in shown, shown
    signed_in.picture("overview-repository-away").is_accessible()
    signed_in.click("Test the repository")
    signed_in.wait(lambda d: d.find_elements(By.CSS_SELECTOR, ".toast.bad"))
    (tmp_path / "away").rename(tmp_path / "repo")
    is_said(signed_in, "Protected.", tone="good")


def test_a_test_restore_that_failed_is_red(signed_in, tmp_path):
    protect(signed_in.client)
    damage_newest(tmp_path)
    signed_in.client.job(f"{DATABASE}/test-restores", state="failed")
    signed_in.open("")
    assert is_said(signed_in, "Not protected.", "The last test restore failed.",
                   tone="bad") == "Test a restore"
    signed_in.picture("overview-test-failed").is_accessible()
    assert not signed_in.complains()


def test_a_recovery_key_that_was_not_saved_is_amber_and_leads_to_the_kit(encrypted):
    protect(encrypted.client)
    encrypted.open("")
    assert is_said(encrypted, "Needs attention.", "The recovery key was not saved",
                   tone="attention") == "Save the recovery kit"
    encrypted.picture("overview-key-not-saved").is_accessible()
    encrypted.click("Save the recovery kit", "link").heading("Settings").sees("Recovery kit")
    assert not encrypted.complains()


def test_the_weakest_of_two_databases_is_named(two):
    protect(two.client)
    two.client.job("/api/v1/databases/other/points", {"label": "of the other"})
    two.open("")
    is_said(two, "State unknown.", "In other: No restore of this database was ever proven",
            tone="attention")
    two.click("app", "tab").sees("app.db").click("other", "tab").sees("of the other")
    two.picture("overview-two").is_accessible()
    two.click("Test a restore")
    is_said(two, "Protected.", tone="good")
    assert not two.complains()


def test_a_console_that_does_not_answer_leaves_nothing_green(signed_in):
    protect(signed_in.client)
    signed_in.open("")
    is_said(signed_in, "Protected.", tone="good")
    signed_in.console.stop()
    signed_in.wait(lambda d: d.find_elements(By.CSS_SELECTOR, ".state.attention"))
    assert "State unknown." in state(signed_in)
    assert "What is shown below is as of" in state(signed_in)
    body = signed_in.driver.find_element(By.TAG_NAME, "body").text
    assert "Protected." not in body and "You could lose" not in body
    assert not green(signed_in)
    signed_in.sees("As of ").picture("overview-no-answer").is_accessible()
    signed_in.console.start()
    is_said(signed_in, "Protected.", tone="good")


def test_a_console_that_hangs_is_not_believed_for_long(signed_in):
    protect(signed_in.client)
    signed_in.open("")
    is_said(signed_in, "Protected.", tone="good")
    serving = signed_in.console.serving()
    os.kill(serving, signal.SIGSTOP)
    try:
        signed_in.driver.execute_script(
            "const now = Date.now; Date.now = () => now() + 2 * 60 * 1000")
        assert is_said(signed_in, "State unknown.", "as of", tone="attention") == "Try again"
        assert not green(signed_in)
    finally:
        os.kill(serving, signal.SIGCONT)
    is_said(signed_in, "Protected.", tone="good")


@pytest.mark.parametrize("driver", ["360,740"], indirect=True)
def test_the_overview_fits_on_a_phone(signed_in):
    protect(signed_in.client)
    signed_in.open("")
    is_said(signed_in, "Protected.", tone="good")
    signed_in.sees("Last activity").fits().picture("overview-phone").is_accessible()
