"""Who may open the console: passwords, sign-ins and tokens on the settings page."""
from selenium.webdriver.support.ui import Select

from browser_rig import *  # pylint: disable=wildcard-import,unused-wildcard-import
from console_rig import PASSWORD

OTHER = "another battery staple"


@pytest.fixture
def guest(console, tmp_path, signed_in):  # pylint: disable=redefined-outer-name,unused-argument
    """Another browser, where a person has signed in too."""
    (tmp_path / "guest").mkdir()
    started = chromium(tmp_path / "guest", "1280,900")
    browser = Browser(started, console).open().heading("Sign in")
    browser.type("Console password", PASSWORD).click("Sign in").heading("Overview")
    yield browser
    started.quit()


def rows(browser, title):
    """What the card of this title lists."""
    card = browser.driver.find_element(By.XPATH, f"//section[.//h2[text()='{title}']]")
    return card.find_elements(By.CSS_SELECTOR, ".settings-rows li")


def submit(browser):
    browser.driver.find_element(By.CSS_SELECTOR, "dialog button[type=submit]").click()


def test_another_browser_that_is_signed_in_is_shown_and_signed_out(signed_in, guest):
    signed_in.open("settings").wait(lambda _: len(rows(signed_in, "Password and sign-ins")) == 2)
    mine, theirs = sorted(rows(signed_in, "Password and sign-ins"),
                          key=lambda row: "This browser" not in row.text)
    assert "This browser" in mine.text and not mine.find_elements(By.TAG_NAME, "button")
    assert "127.0.0.1" in theirs.text and "Seen " in theirs.text and "Chrome" in theirs.text
    signed_in.picture("settings-sign-ins").is_accessible()
    theirs.find_element(By.TAG_NAME, "button").click()
    signed_in.wait(lambda _: len(rows(signed_in, "Password and sign-ins")) == 1)
    guest.driver.find_element(By.PARTIAL_LINK_TEXT, "Restore points").click()
    guest.heading("Sign in").sees("You were signed out. Protection goes on without you.")
    guest.type("Console password", PASSWORD).click("Sign in").heading("Restore points")
    assert not signed_in.complains()


def test_a_password_is_changed_by_who_knows_the_old_one(signed_in, guest):
    signed_in.open("settings").click("Change the password")
    signed_in.type("Password now", PASSWORD).type("New password", "short")
    submit(signed_in)
    signed_in.sees("Use at least 10 characters.").is_accessible()
    signed_in.type("Password now", "not the password").type("New password", OTHER)
    submit(signed_in)
    signed_in.sees("That is not the console password.").picture("settings-password").is_accessible()
    guest.open("points").heading("Restore points")  # nothing has happened yet
    signed_in.type("Password now", PASSWORD)
    submit(signed_in)
    signed_in.sees("The password was changed.").wait(lambda d: not d.find_elements(By.TAG_NAME, "dialog"))
    signed_in.wait(lambda _: len(rows(signed_in, "Password and sign-ins")) == 1)
    signed_in.open("points").heading("Restore points")
    guest.open("points").heading("Sign in")
    guest.type("Console password", PASSWORD).click("Sign in").sees("That is not the console password.")
    guest.type("Console password", OTHER).click("Sign in").heading("Restore points")


@pytest.mark.parametrize("access, may_check", [("Read", 403), ("Read and start backups", 202)])
def test_a_token_may_what_was_chosen_until_it_is_removed(signed_in, access, may_check):
    machine = signed_in.console.client()
    signed_in.open("settings").click("Add a token").type("Name", "cron")
    Select(signed_in.element("combobox", "It may")).select_by_visible_text(access)
    submit(signed_in)
    machine.token = signed_in.sees("It is shown this once").driver.find_element(
        By.CSS_SELECTOR, "dialog .secret").text
    assert machine.ask("GET", "/api/v1/overview").status == 200
    assert machine.ask("POST", "/api/v1/jobs", {"kind": "check"}).status == may_check
    signed_in.click("I have copied it")
    signed_in.wait(lambda _: len(rows(signed_in, "Access for programs")) == 1)
    assert machine.token not in signed_in.driver.page_source
    row, = rows(signed_in, "Access for programs")
    assert "cron" in row.text and access in row.text.splitlines() and "Seen " in row.text
    row.find_element(By.TAG_NAME, "button").click()
    signed_in.sees("No program has access")
    assert machine.ask("GET", "/api/v1/overview").status == 401
