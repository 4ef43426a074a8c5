"""The restore points page: by day, with what can be done with each."""
import conftest
from browser_rig import *  # pylint: disable=wildcard-import,unused-wildcard-import
from console_rig import wait_for
from selenium.webdriver.common.keys import Keys


def menu(browser, item):
    browser.click("Actions of the restore point")
    browser.click(item)
    return browser


def test_a_point_is_taken_pinned_compared_and_downloaded(signed_in, db, tmp_path):
    browser = signed_in.open("points").heading("Restore points")
    browser.click("Snapshot now").sees("What a person will know it by")
    browser.type("Label", "before the upgrade").click("Take snapshot")
    browser.sees("before the upgrade").sees("Will be dropped").picture("points").is_accessible()
    menu(browser, "Pin").sees("Pinned")
    menu(browser, "Test restore").sees("Proven")
    conftest.execute(db, "insert into note(body) values('later')")
    menu(browser, "Compare with now").sees("Rows before").sees("+1")
    browser.picture("points-compare").is_accessible()
    browser.click("Close")
    menu(browser, "Download").sees("SQLite file")
    browser.picture("points-download").is_accessible()
    browser.click("Download")
    wait_for(lambda: list(tmp_path.glob("app-*.db")), "the file")
    assert not browser.complains()


def test_a_snapshot_needs_no_label(signed_in):
    browser = signed_in.open("points").heading("Restore points")
    browser.click("Snapshot now").click("Take snapshot").sees("The snapshot is in the repository.")
    points = signed_in.client.get("/api/v1/databases/app/points")["points"]
    assert (points[0]["reason"], points[0]["label"]) == ("manual", None)
    assert not browser.complains()


def test_an_address_that_nobody_knows_is_told_on_a_page(signed_in):
    signed_in.open("nowhere").heading("There is no such page").picture("not-found").is_accessible()


def test_two_points_are_compared_by_the_keyboard_alone(signed_in, db):
    take = "/api/v1/databases/app/points"
    signed_in.client.job(take, {"label": "the earlier"})
    conftest.execute(db, "insert into note(body) values('between')")
    conftest.execute(db, "create virtual table words using fts5(word, content='')")
    signed_in.client.job(take, {"label": "the later"})
    browser = signed_in.open("points").sees("the later")
    menu(browser, "Compare with another point").sees("Choose what to compare")
    assert "Choose what to compare" in browser.driver.switch_to.active_element.get_attribute("aria-label")
    browser.picture("points-compare-choice").is_accessible()
    choices = browser.driver.find_elements(By.XPATH, "//li[contains(., 'the earlier')]//button[starts-with(., 'Compare')]")
    choices[0].send_keys(Keys.ENTER)
    browser.sees("Rows after").sees("+1").sees("Not compared").sees("index for searching")
    ends = [end.text for end in browser.driver.find_elements(By.CSS_SELECTOR, "dialog dl div")]
    assert "the earlier" in ends[0] and ends[0].startswith("From")
    assert "the later" in ends[1] and ends[1].startswith("To")
    browser.picture("points-compare-two").is_accessible()
    browser.driver.switch_to.active_element.send_keys(Keys.ESCAPE)
    browser.wait(lambda d: not d.find_elements(By.TAG_NAME, "dialog"))
    browser.driver.switch_to.active_element.send_keys(Keys.ESCAPE)
    browser.wait(lambda d: "Choose what to compare" not in d.find_element(By.TAG_NAME, "body").text)
    assert not browser.complains()


@pytest.mark.parametrize("driver", ["360,740"], indirect=True)
def test_the_list_fits_on_a_phone(signed_in):
    signed_in.client.job("/api/v1/databases/app/points", {"label": "a label that is rather long"})
    browser = signed_in.open("points").sees("a label that is rather long")
    width = browser.driver.execute_script("return document.documentElement.scrollWidth")
    assert width <= browser.driver.execute_script("return window.innerWidth")
    browser.picture("points-phone").is_accessible()
