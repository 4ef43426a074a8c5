"""The restore points page: by day, with what can be done with each."""
import conftest
from browser_rig import *  # pylint: disable=wildcard-import,unused-wildcard-import
from console_rig import wait_for


def menu(browser, item):
    browser.click("Actions of the restore point")
    browser.click(item)
    return browser


def test_a_point_is_taken_pinned_compared_and_downloaded(signed_in, db, tmp_path):
    browser = signed_in.open("points").heading("Restore points")
    browser.click("Snapshot now").sees("What a person will know it by")
    browser.type("Label", "before the upgrade").click("Take snapshot")
    browser.sees("before the upgrade").picture("points").is_accessible()
    menu(browser, "Pin").sees("Pinned")
    menu(browser, "Test restore").sees("Proven")
    conftest.execute(db, "insert into note(body) values('later')")
    menu(browser, "Compare with now").sees("Rows then").sees("+1")
    browser.picture("points-compare").is_accessible()
    browser.click("Close")
    menu(browser, "Download").sees("SQLite file")
    browser.picture("points-download").is_accessible()
    browser.click("Download")
    wait_for(lambda: list(tmp_path.glob("app-*.db")), "the file")
    assert not browser.complains()


@pytest.mark.parametrize("driver", ["360,740"], indirect=True)
def test_the_list_fits_on_a_phone(signed_in):
    signed_in.client.job("/api/v1/databases/app/points", {"label": "a label that is rather long"})
    browser = signed_in.open("points").sees("a label that is rather long")
    width = browser.driver.execute_script("return document.documentElement.scrollWidth")
    assert width <= browser.driver.execute_script("return window.innerWidth")
    browser.picture("points-phone").is_accessible()
