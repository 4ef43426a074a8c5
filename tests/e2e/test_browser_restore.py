"""Any moment back in a few clicks: chosen, previewed, confirmed, brought back, and undone."""
import datetime
import sys
import zoneinfo

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
    browser.type("Or type a time", "teatime").click("Preview").sees("is not a time")
    browser.type("Or type a time", "now").click("Preview").sees("is the newest at or before that")
    browser.type("To confirm", "app")
    browser.type("Console password", "not the password")
    browser.click("Restore app").sees("That is not the console password.").sees("Nothing was changed.")
    browser.picture("restore-refused")
    assert notes(db) == now


def test_what_came_of_a_restore_waits_for_who_comes_back(signed_in, changed, db):
    """The tab is closed while it runs."""
    then, now = changed
    browser = signed_in.open("restore").heading("Restore")
    browser.element("slider", "Moment").send_keys(Keys.ARROW_LEFT)
    browser.sees("before the accident").click("Preview").sees("What would change")
    confirm(browser)
    browser.wait(lambda _: any(job["kind"] == "restore" for job in
                               signed_in.client.get("/api/v1/jobs")["jobs"]))
    browser.driver.get("about:blank")
    wait_for(lambda: all(job["state"] == "done" for job in signed_in.client.get("/api/v1/jobs")["jobs"]),
             "the restore")
    assert notes(db) == then
    browser.open("restore").sees("app is restored.").picture("restore-came-back").is_accessible()
    browser.click("Undo").sees("What would change")
    confirm(browser)
    browser.sees("app is restored.", 60)
    assert notes(db) == now
    browser.click("Choose another moment").element("slider", "Moment")
    browser.driver.refresh()
    browser.element("slider", "Moment")
    assert "is restored" not in browser.driver.find_element(By.TAG_NAME, "body").text


def test_a_restore_into_a_file_says_that_the_database_is_as_it_was(signed_in, changed, db, tmp_path):
    then, now = changed
    browser = signed_in.open("restore").heading("Restore")
    browser.element("slider", "Moment").send_keys(Keys.ARROW_LEFT)
    browser.sees("before the accident").click("Preview").sees("What would change")
    browser.click("Into a separate file", "radio").type("File name", "then.db")
    browser.type("To confirm", "app").type("Console password", PASSWORD).click("Restore into the file")
    browser.sees("A file was made of it.").sees("then.db").sees("app itself was not touched.")
    browser.picture("restore-file").is_accessible()
    assert (notes(db), notes(tmp_path / "then.db")) == (now, then)


def test_a_previewed_moment_is_downloaded_without_the_password(signed_in, changed, tmp_path):
    then, _ = changed
    browser = signed_in.open("restore").heading("Restore")
    browser.element("slider", "Moment").send_keys(Keys.ARROW_LEFT)
    browser.sees("before the accident").click("Preview").sees("What would change")
    browser.click("Download", "radio").click("Choose what to download").sees("SQLite file")
    browser.picture("restore-download").is_accessible()
    browser.driver.find_element(By.TAG_NAME, "dialog").find_element(
        By.CSS_SELECTOR, "button[type=submit]").click()
    wait_for(lambda: [path for path in tmp_path.glob("app-*.db") if path.suffix == ".db"], "the file")
    file, = tmp_path.glob("app-*.db")
    wait_for(lambda: notes(file) == then, "all of it")


def test_a_typed_time_is_of_the_browsers_zone(signed_in, changed):
    """The server is in UTC."""
    point = next(one for one in signed_in.client.get("/api/v1/databases/app/points")["points"]
                 if one["label"] == "before the accident")
    signed_in.driver.execute_cdp_cmd("Emulation.setTimezoneOverride", {"timezoneId": "Asia/Tokyo"})
    there = datetime.datetime.fromtimestamp(point["time_ms"] / 1000, zoneinfo.ZoneInfo("Asia/Tokyo"))
    browser = signed_in.open("restore").heading("Restore").sees("Asia/Tokyo")
    typed = f"{there:%Y-%m-%d %H:%M:%S}.{point['time_ms'] % 1000:03}"
    browser.type("Or type a time", typed).click("Preview").sees("is the newest at or before that")
    browser.sees("+100")  # the rows that are gone since then


@pytest.mark.parametrize("driver", ["360,740"], indirect=True)
def test_a_restore_fits_on_a_phone(signed_in, changed):
    browser = signed_in.open("restore").heading("Restore")
    browser.element("slider", "Moment").send_keys(Keys.ARROW_LEFT)
    browser.click("Preview").sees("+100")
    browser.sees("To confirm").fits().driver.find_element(By.TAG_NAME, "body").send_keys(Keys.END)
    browser.picture("restore-phone").is_accessible()
    assert changed
