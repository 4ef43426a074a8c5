"""Any moment back in a few clicks: chosen, previewed, confirmed, brought back, and undone."""
import sys

from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

import conftest
from browser_rig import *  # pylint: disable=wildcard-import,unused-wildcard-import
from console_rig import PASSWORD, wait_for
from test_console_restore import APPLICATION, notes


@pytest.fixture
def console(holdfast, db):
    started = Console(holdfast, "--db", db, "-r", "repo", "--sync-interval", "100ms", verb="run",
                      command=["--", sys.executable, "-c", APPLICATION, db]).start()
    yield started
    started.stop()


@pytest.fixture
def changed(signed_in, db):
    """(rows then, rows now)"""
    client = signed_in.client
    point = client.job("/api/v1/databases/app/points", {"label": "before the accident"})["point"]
    then = notes(db)
    conftest.execute(db, "delete from note where id <= 100")
    wait_for(lambda: client.get("/api/v1/databases/app/points")["points"][0]["point"] > point,
             "the accident")
    return then, notes(db)


def confirm(browser, name="app"):
    browser.type("To confirm", name)
    browser.type("Console password", PASSWORD)
    browser.click("Restore app")


def test_a_moment_comes_back_and_goes_again(signed_in, changed, db):
    then, now = changed
    browser = signed_in.open("restore").heading("Restore")
    slider = browser.element("slider", "Moment")
    slider.send_keys(Keys.ARROW_LEFT)
    browser.sees("before the accident")
    browser.picture("restore-choose").is_accessible()
    browser.click("Preview").sees("What would change")
    browser.sees("+100").sees("SQLite finds the restored database sound.")
    browser.picture("restore-preview").is_accessible()
    assert not browser.element("button", "Restore app").is_enabled()
    confirm(browser)
    browser.sees("app is restored.", 60)
    browser.picture("restore-done").is_accessible()
    assert notes(db) == then
    browser.click("Undo").sees("What would change")
    confirm(browser)
    browser.sees("app is restored.", 60)
    assert notes(db) == now
    assert not browser.complains()


def test_a_typed_time_is_snapped_to_a_point_and_a_wrong_password_changes_nothing(signed_in, changed,
                                                                                 db):
    _, now = changed
    browser = signed_in.open("restore")
    browser.type("Or type a time", "teatime").click("Preview").sees("is no time")
    browser.type("Or type a time", "now").click("Preview").sees("is the newest at or before that")
    browser.type("To confirm", "app")
    browser.type("Console password", "not the password")
    browser.click("Restore app").sees("That is not the console password.").sees("Nothing was changed.")
    browser.picture("restore-refused")
    assert notes(db) == now


@pytest.mark.parametrize("driver", ["360,740"], indirect=True)
def test_a_restore_fits_on_a_phone(signed_in, changed):
    browser = signed_in.open("restore").heading("Restore")
    browser.click("Preview").sees("What would change")
    width = browser.driver.execute_script("return document.documentElement.scrollWidth")
    assert width <= browser.driver.execute_script("return window.innerWidth")
    browser.driver.find_element(By.TAG_NAME, "body").send_keys(Keys.END)
    browser.picture("restore-phone").is_accessible()
    assert changed
