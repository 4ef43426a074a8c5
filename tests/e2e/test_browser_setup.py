"""The Setup Wizard in a browser: from the setup code to a restored application and the overview."""
from selenium.webdriver.common.by import By

from browser_rig import *  # pylint: disable=wildcard-import,unused-wildcard-import
from console_rig import CODE, PASSWORD
from test_console_setup import SECRET, SETTINGS, run_services  # pylint: disable=unused-import
from test_profile import FILLED, MIDDLE, NEW, exported, lists, make, rows


@pytest.fixture
def backup(holdfast, tmp_path):
    folder = tmp_path / "old"
    folder.mkdir()
    return exported(holdfast, make(folder / "dev.db", MIDDLE, *FILLED, SETTINGS))


@pytest.fixture
def console(holdfast, tmp_path):
    make(tmp_path / "dev.db", NEW)
    started = Console(holdfast, "--db", tmp_path / "dev.db", "-r", "repo", "--sync-interval",
                      "100ms").start()
    yield started
    started.stop()


def opened(browser):
    browser.open("setup").heading("Welcome to Holdfast").picture("setup-code").is_accessible()
    browser.type("Setup code", CODE).click("Continue").heading("How do you want to begin?")
    browser.picture("setup-begin").is_accessible()
    return browser.click("Restore from backup").heading("Restore from backup")


def test_a_backup_comes_back_with_its_settings_tried(browser, backup, tmp_path, services):
    jellyfin = services(lambda path, _: (200, {"ServerName": "films", "Version": "10"}))
    seerr = services(lambda path, headers: (200, {"version": "2"}) if path == "/api/v1/status" else
                     (200, {"id": 1}) if headers.get("X-Api-Key") == SECRET else (401, {}))
    opened(browser).picture("setup-choose").is_accessible()
    browser.driver.find_element(By.CSS_SELECTOR, "input[type=file]").send_keys(str(backup))
    browser.heading("What is in it").sees("Jellyfin AI Recommender").sees("ann").sees("bo")
    browser.picture("setup-summary").is_accessible()
    assert rows(tmp_path / "dev.db", "select count(*) from User") == [(0,)]
    browser.click("Continue").heading("Settings and connections")
    browser.type("Jellyfin address", jellyfin).type("Jellyseerr address", seerr)
    browser.click("Test connections").sees("A setting that this needs is empty.")
    browser.picture("setup-fields").is_accessible()
    assert SECRET not in browser.driver.page_source
    browser.click("Save and continue").sees("A connection does not work")
    browser.picture("setup-confirm").click("Save anyway")
    browser.heading("Restored").sees("The backup is restored.")
    browser.picture("setup-done").is_accessible()
    assert len(lists(tmp_path / "dev.db")) == 5
    assert rows(tmp_path / "dev.db", "select jellyfinUrl, jellyseerrApiKey from SystemConfig") == [
        (jellyfin, SECRET)]
    browser.click("Continue").heading("Choose a console password")
    browser.type("New console password", PASSWORD).type("The same once more", PASSWORD)
    browser.click("Set password").heading("Keep the recovery kit")
    browser.element("button", "I have saved it")
    browser.picture("setup-kit").is_accessible().click("I have saved it").heading("Overview")
    assert not browser.complains()
    client = browser.console.client()
    client.sign_in()
    assert client.get("/api/v1/settings")["kit_saved"]


def test_what_is_no_backup_is_told_with_its_line(browser, tmp_path):
    opened(browser)
    (tmp_path / "broken.json").write_text('{"users": [\n {"username": }\n]}', encoding="ascii")
    browser.driver.find_element(By.CSS_SELECTOR, "input[type=file]").send_keys(
        str(tmp_path / "broken.json"))
    browser.sees("line 2").sees("Nothing was written.").picture("setup-invalid").is_accessible()


def test_a_wrong_code_opens_nothing_and_a_new_installation_begins_with_its_settings(browser, tmp_path,
                                                                                    services):
    browser.open("").heading("Welcome to Holdfast")
    browser.type("Setup code", "WRONG-CODE").click("Continue").sees("That is not the setup code.")
    browser.type("Setup code", CODE).click("Continue").heading("How do you want to begin?")
    browser.click("New installation").heading("Settings and connections")
    jellyfin = services(lambda path, _: (200, {"ServerName": "films", "Version": "10"}))
    browser.type("Jellyfin address", jellyfin).picture("setup-new").is_accessible()
    browser.click("Save and continue").click("Save anyway").heading("Choose a console password")
    assert rows(tmp_path / "dev.db", "select jellyfinUrl from SystemConfig") == [(jellyfin,)]
    browser.type("New console password", "short").type("The same once more", "short")
    browser.click("Set password").sees("Use at least 10 characters.")
    browser.type("New console password", PASSWORD).type("The same once more", PASSWORD)
    browser.click("Set password").heading("Keep the recovery kit").click("Later").heading("Overview")


def test_settings_of_a_new_installation_may_wait(browser, tmp_path):
    browser.open("setup").type("Setup code", CODE).click("Continue")
    browser.click("New installation").heading("Settings and connections").click("Skip")
    browser.heading("Choose a console password")
    assert rows(tmp_path / "dev.db", "select count(*) from SystemConfig") == [(0,)]


@pytest.mark.parametrize("driver", ["360,740"], indirect=True)
def test_the_wizard_fits_on_a_phone(browser, backup):
    opened(browser)
    browser.driver.find_element(By.CSS_SELECTOR, "input[type=file]").send_keys(str(backup))
    browser.heading("What is in it").click("Continue").heading("Settings and connections")
    width = browser.driver.execute_script("return document.documentElement.scrollWidth")
    assert width <= browser.driver.execute_script("return window.innerWidth")
    browser.picture("setup-phone").is_accessible()
