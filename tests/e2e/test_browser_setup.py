"""The Setup Wizard in a browser: from the setup code to a restored application and the overview."""
import json
import sqlite3
import subprocess
import threading

from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from browser_rig import *  # pylint: disable=wildcard-import,unused-wildcard-import
from console_rig import CODE, PASSWORD, wait_for
from test_console_setup import SECRET, SETTINGS, kept, run_services  # pylint: disable=unused-import
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
    # The server's own question about the tests is an answer of 409.
    assert all("setup/restores" in entry["message"] for entry in browser.complains())
    client = browser.console.client()
    client.sign_in()
    assert client.get("/api/v1/settings")["kit_saved"]


def test_a_connection_that_is_being_tested_is_seen_to_be(browser, tmp_path, services):
    answers = threading.Event()
    jellyfin = services(lambda path, _: answers.wait(60) and (200, {"ServerName": "films", "Version": "10"}))
    browser.open("setup").type("Setup code", CODE).click("Continue").click("New installation")
    browser.heading("Settings and connections").type("Jellyfin address", jellyfin).click("Test connections")
    turning = browser.wait(lambda d: d.find_elements(By.CSS_SELECTOR, ".stage.running .spinner"))
    assert turning[0].is_displayed() and turning[0].size == {"width": 16, "height": 16}
    answers.set()
    browser.wait(lambda d: not d.find_elements(By.CSS_SELECTOR, ".stage.running"))


def sends(browser, path):
    browser.driver.find_element(By.CSS_SELECTOR, "input[type=file]").send_keys(str(path))
    return browser


def value(browser, label):
    return browser.element("textbox", label).get_attribute("value")


def test_a_page_that_is_loaded_again_goes_on_where_it_was(browser, backup, tmp_path):
    sends(opened(browser), backup).heading("What is in it")
    browser.driver.refresh()
    browser.heading("What is in it").sees("ann").click("Continue").heading("Settings and connections")
    browser.type("Jellyfin address", "http://127.0.0.1:1").type("Gemini API key", "canary-typed")
    browser.click("Test connections").sees("Nobody answers at that port.")
    browser.driver.refresh()
    browser.heading("Settings and connections").sees("Nobody answers at that port.")
    assert value(browser, "Jellyfin address") == "http://127.0.0.1:1"
    assert value(browser, "Gemini API key") == ""
    browser.sees("It was entered here. Type to replace it.")
    assert "canary-typed" not in browser.driver.page_source
    kept = browser.driver.execute_script(
        "return JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert "canary" not in kept and SECRET not in kept
    # Another tab, opened at the beginning.
    browser.driver.switch_to.new_window("tab")
    browser.open("setup").heading("Settings and connections")
    assert value(browser, "Jellyfin address") == "http://127.0.0.1:1"
    browser.click("Save and continue").sees("A connection does not work").sees("Jellyfin answers")
    browser.click("Save anyway").heading("Restored")
    assert rows(tmp_path / "dev.db", "select jellyfinUrl, geminiApiKey from SystemConfig") == [
        ("http://127.0.0.1:1", "canary-typed")]
    browser.driver.refresh()
    browser.heading("Restored").sees("The backup is restored.").click("Continue")
    browser.heading("Choose a console password")


def test_a_backup_that_is_encrypted_asks_again_for_its_key(browser, backup, tmp_path):
    keys = subprocess.run(["age-keygen"], capture_output=True, text=True, check=True).stdout
    recipient = next(line.split()[-1] for line in keys.splitlines() if "public key" in line)
    with open(tmp_path / "sealed.age", "wb") as sealed:
        subprocess.run(["age", "-r", recipient], input=backup.read_bytes(), stdout=sealed, check=True)
    sends(opened(browser), tmp_path / "sealed.age").sees("This backup is encrypted.")
    browser.driver.refresh()
    browser.sees("This backup is encrypted.").picture("setup-key").is_accessible()
    browser.type("Passphrase or age identity", keys.splitlines()[-1]).click("Look into it")
    browser.heading("What is in it").sees("ann")


def test_going_back_forgets_what_was_brought(browser, backup):
    sends(opened(browser), backup).heading("What is in it").click("Back")
    browser.heading("Restore from backup").element("button", "Choose a file")
    browser.click("Back").heading("How do you want to begin?")
    browser.driver.refresh()
    browser.heading("How do you want to begin?")


def test_titles_that_nobody_knew_are_listed_and_kept(browser, tmp_path):
    (tmp_path / "old.json").write_text(
        '{"username": "carl", "data": {"movies": ["Nobody knows it"], "series": []}}',
        encoding="ascii")
    sends(opened(browser), tmp_path / "old.json").heading("What is in it").click("Continue")
    browser.click("Save and continue").click("Save anyway").heading("Restored")
    browser.sees("1 title could not be restored").sees("Nobody knows it").sees("carl")
    browser.picture("setup-unresolved").is_accessible()
    browser.click("Download", "link")
    saved = tmp_path / "unresolved-titles.json"
    browser.wait(lambda _: saved.exists() and json.loads(saved.read_text(encoding="utf-8")))
    browser.click("Continue").type("New console password", PASSWORD)
    browser.type("The same once more", PASSWORD).click("Set password").click("Later")
    browser.heading("Overview").click("Settings", "link").heading("Settings")
    browser.sees("1 title could not be restored").sees("Nobody knows it")


def slowly(browser, bytes_a_second):
    browser.driver.execute_cdp_cmd("Network.enable", {})
    browser.driver.execute_cdp_cmd("Network.emulateNetworkConditions", {
        "offline": False, "latency": 0, "downloadThroughput": -1,
        "uploadThroughput": bytes_a_second})


def big_file(tmp_path, size=40 << 20):
    path = tmp_path / "big.json"
    with open(path, "wb") as file:
        file.truncate(size)
    return path


def uploads(browser):
    return list((browser.console.holdfast.folder / "dev.db-holdfast-console" / "uploads").iterdir())


def test_a_file_is_seen_to_go_and_can_be_stopped(browser, tmp_path):
    opened(browser)
    slowly(browser, 2 << 20)
    sends(browser, big_file(tmp_path)).sees("Sending big.json").sees(" of 41.9 MB")
    browser.wait(lambda d: 0 < float(d.find_element(By.TAG_NAME, "progress").get_attribute("value")) < 1)
    browser.picture("setup-sending").is_accessible()
    browser.click("Stop").element("button", "Choose a file")
    wait_for(lambda: not uploads(browser), "the end of the file")


def test_a_connection_that_is_lost_while_a_file_goes_is_told(browser, tmp_path):
    opened(browser)
    slowly(browser, 2 << 20)
    sends(browser, big_file(tmp_path)).sees("Sending big.json")
    browser.wait(lambda d: float(d.find_element(By.TAG_NAME, "progress").get_attribute("value")) > 0)
    browser.console.stop()
    browser.sees("The connection was lost at").sees("Nothing was kept").picture("setup-lost")
    browser.is_accessible()


def test_a_file_for_which_there_is_no_room_is_not_sent(browser, tmp_path):
    sends(opened(browser), big_file(tmp_path, 5 << 30)).sees("The server has no room for this file.")
    browser.sees("It has 5.4 GB; at most").picture("setup-no-room").is_accessible()
    assert not uploads(browser)


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


def test_who_is_signed_in_brings_a_backup_with_the_password(browser, backup, tmp_path):
    browser.console.client().set_up()
    browser.open("restore").type("Console password", PASSWORD).click("Sign in").heading("Restore")
    browser.click("Restore from backup", "link").heading("Restore from backup").is_accessible()
    browser.click("Back").click("Restore from backup", "link").element("button", "Choose a file")
    sends(browser, backup).heading("What is in it").click("Continue").heading("Settings and connections")
    browser.type("Console password", "not the password").click("Save and continue").click("Save anyway")
    browser.sees("That is not the console password.").sees("Nothing was written.")
    browser.picture("setup-signed-in").is_accessible()
    browser.type("Console password", PASSWORD).click("Save and continue").click("Save anyway").heading("Restored")
    assert len(lists(tmp_path / "dev.db")) == 5
    browser.click("Continue").heading("Overview")


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
    browser.fits().picture("setup-phone").is_accessible()


def choose(browser, label, value_):
    browser.element("combobox", label).send_keys(value_)
    return browser


def test_a_repository_asks_for_its_key_until_it_opens_and_is_as_a_file(browser, holdfast, tmp_path):
    place = kept(holdfast, "lost")
    opened(browser).click("A repository", "tab")
    browser.type("Repository", place["repository"])
    browser.type("Recovery key", place["recovery_key"][:-4] + "0000").click("Look into it")
    browser.sees("Nothing was written.").picture("setup-wrong-key").is_accessible()
    assert value(browser, "Repository") == place["repository"]
    browser.driver.refresh()
    browser.heading("Restore from backup").sees("Nothing was written.")
    assert value(browser, "Repository") == place["repository"]
    browser.type("Recovery key", place["recovery_key"]).click("Look into it")
    browser.heading("What is in it").sees("Jellyfin AI Recommender").sees("ann").sees("Of the database lost")
    browser.picture("setup-repository").is_accessible()
    browser.click("Continue").heading("Settings and connections")
    assert value(browser, "Jellyfin address") == "http://films.example:8096"
    browser.click("Save and continue").click("Save anyway").heading("Restored")
    assert len(lists(tmp_path / "dev.db")) == 5
    assert rows(tmp_path / "dev.db", "select jellyseerrApiKey from SystemConfig") == [(SECRET,)]


def test_a_repository_with_several_databases_asks_which_and_of_when(browser, holdfast, tmp_path):
    make(tmp_path / "other.db", MIDDLE, *FILLED, "delete from User where username = 'bo'")
    place = kept(holdfast, "lost", "other")
    opened(browser).click("A repository", "tab")
    browser.type("Repository", place["repository"]).type("Recovery key", place["recovery_key"])
    browser.click("Look into it").heading("What is in it").sees("Databases in the repository")
    assert not browser.element("button", "Continue").is_enabled()
    browser.picture("setup-databases").is_accessible()
    choose(browser, "Which database", "other").type("As it was at another moment", "2001-01-01")
    browser.click("Look into it").sees("there is no restore point at or before that moment")
    browser.element("textbox", "As it was at another moment").send_keys(Keys.CONTROL, "a", Keys.DELETE)
    browser.click("Look into it").sees("Of the database other")
    browser.sees("ann")
    assert "bo" not in [cell.text for cell in browser.driver.find_elements(By.TAG_NAME, "td")]
    browser.driver.refresh()
    browser.heading("What is in it").sees("Of the database other").click("Continue")
    browser.heading("Settings and connections").click("Save and continue").click("Save anyway")
    browser.heading("Restored")
    assert {row[0] for row in lists(tmp_path / "dev.db")} == {"ann"}


def drops(browser, path):
    """As a person drops a file on the page."""
    browser.driver.execute_script(
        "const data = new DataTransfer(); data.items.add(new File([arguments[1]], arguments[0]));"
        "const drop = (type) => document.querySelector('.drop').dispatchEvent("
        "new DragEvent(type, {dataTransfer: data, bubbles: true, cancelable: true}));"
        "drop('dragover'); drop('drop');", path.name, path.read_text(encoding="utf-8"))
    return browser


def helped(browser, label):
    """What stands below a setting."""
    told = browser.element("textbox", label).get_attribute("aria-describedby") or ""
    return " ".join(" ".join(browser.driver.find_element(By.ID, name).text.split())
                    for name in told.split())


def test_a_dropped_file_fills_the_settings_in_and_marks_what_differs(browser, backup, tmp_path):
    with sqlite3.connect(tmp_path / "dev.db") as database:
        database.execute("insert into SystemConfig(jellyfinUrl, jellyseerrUrl) values"
                         " ('http://films.example:8096', 'http://now.example')")
    drops(opened(browser), backup).heading("What is in it").sees("Exported").sees("Times are shown in")
    browser.click("Continue").heading("Settings and connections")
    assert value(browser, "Jellyfin address") == "http://films.example:8096"
    assert value(browser, "Jellyseerr address") == "http://seerr.example:5055"
    assert value(browser, "Jellyseerr API key") == ""
    assert helped(browser, "Jellyfin address") == ""
    assert helped(browser, "Jellyseerr address") == "Differs from now"
    assert helped(browser, "Jellyseerr API key").startswith("Differs from now The backup's own is kept.")
    browser.type("Jellyseerr address", "http://typed.example")
    assert helped(browser, "Jellyseerr address") == "Changed"
    browser.type("Jellyseerr address", "http://seerr.example:5055")
    assert helped(browser, "Jellyseerr address") == "Differs from now"


def test_a_backup_on_the_server_is_chosen_from_a_list_that_can_be_asked_for_again(browser, holdfast,
                                                                                  tmp_path):
    exported(holdfast, make(tmp_path / "older.db", MIDDLE, *FILLED, SETTINGS))
    opened(browser)
    offline(browser, True)
    browser.click("On the server", "tab").sees("The console does not answer")
    assert "There is no backup" not in browser.driver.page_source
    browser.picture("setup-candidates-away").is_accessible()
    offline(browser, False)
    browser.click("Try again").sees("older.json").sees("Times are shown in")
    browser.picture("setup-candidates").is_accessible()
    browser.driver.find_element(
        By.XPATH, "//button[contains(@class, 'candidate')][.//code[text()='older.json']]").click()
    browser.heading("What is in it").sees("ann").click("Continue").heading("Settings and connections")
    assert value(browser, "Jellyfin address") == "http://films.example:8096"


def offline(browser, is_away):
    browser.driver.execute_cdp_cmd("Network.enable", {})
    browser.driver.execute_cdp_cmd("Network.emulateNetworkConditions", {
        "offline": is_away, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1})
