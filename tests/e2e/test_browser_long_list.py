"""Pages with thousands of restore points."""
import time

import points_rig
from browser_rig import *  # pylint: disable=wildcard-import,unused-wildcard-import
from console_rig import wait_for
from selenium.webdriver.common.keys import Keys

COUNT = 3000


@pytest.fixture(name="past", scope="module")
def long_past():
    folder = points_rig.in_memory()
    yield points_rig.Past(folder, COUNT)
    points_rig.remove(folder)


@pytest.fixture
def console(past):
    """In the place of the rig's."""
    started = past.console()
    yield started
    started.stop()


def count(browser, selector):
    return browser.driver.execute_script(
        "return document.querySelectorAll(arguments[0]).length", selector)


def previewed(browser):
    """What the server answered to the page's wish."""
    return wait_for(lambda: next((job["result"] for job in browser.client.get("/api/v1/jobs")["jobs"]
                                  if job["kind"] == "preview" and job["result"]), None),
                    "the preview")


def scroll_down(browser):
    browser.driver.execute_script("window.scrollTo(0, document.documentElement.scrollHeight)")


def test_the_list_is_long_and_what_is_in_the_document_is_not(signed_in):
    browser = signed_in.open("points").heading("Restore points").sees("label 3000")
    most = 0

    def is_at_the_end(_):
        nonlocal most
        scroll_down(browser)
        most = max(most, count(browser, ".point"))
        return "This is the oldest restore point." in browser.driver.find_element(
            By.TAG_NAME, "main").text
    browser.wait(is_at_the_end, 300)
    assert count(browser, ".list-piece") >= COUNT / 50
    assert most <= 500
    # What is far away is there for who reads with no eyes, as what it is.
    assert count(browser, ".list-piece > .unseen") > 40
    browser.picture("points-long").is_accessible()
    # And comes back with its place.
    browser.driver.execute_script("window.scrollTo(0, 0)")
    browser.sees("label 3000")
    wait_for(lambda: count(browser, ".point") <= 500, "what is far to go")
    assert not browser.complains()


def test_the_keyboard_goes_through_the_list_into_what_was_not_there(signed_in):
    browser = signed_in.open("points").heading("Restore points").sees("label 3000")
    browser.driver.execute_script(
        "document.querySelector('.point a').focus({preventScroll: true})")
    seen = set()
    for _ in range(260):  # two stops a point
        focus = browser.driver.switch_to.active_element
        seen.add(focus.get_attribute("href"))
        focus.send_keys(Keys.TAB)
    assert len([href for href in seen if href and "point=" in href]) >= 129


def test_the_slider_reaches_every_point(signed_in):
    browser = signed_in.open("restore").heading("Restore")
    slider = browser.element("slider", "Moment")
    assert (slider.get_attribute("max"), slider.get_attribute("value")) == ("2999", "2999")
    browser.sees("label 3000")
    newest = slider.get_attribute("aria-valuetext")
    slider.send_keys(Keys.ARROW_LEFT)
    assert slider.get_attribute("aria-valuetext") != newest
    slider.send_keys(Keys.HOME)
    assert slider.get_attribute("value") == "0"
    for _ in range(9):
        slider.send_keys(Keys.ARROW_RIGHT)
    browser.picture("restore-slider-long").is_accessible()
    browser.click("Preview")
    assert previewed(browser)["point"]["point"] == 10


def test_a_typed_time_snaps_to_a_point_of_long_ago(signed_in, past):
    """Of the oldest tenth, and between two points."""
    wanted = past.newest - (COUNT - 100) * points_rig.EVERY + points_rig.EVERY // 2
    text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(wanted // 1000)) + "Z"
    browser = signed_in.open("restore").heading("Restore")
    browser.type("Or type a time", text).click("Preview")
    browser.sees("is the newest at or before that moment")
    plan = previewed(browser)
    assert 99 <= plan["point"]["point"] <= 100
    assert plan["point"]["time_ms"] <= plan["asked_ms"]
