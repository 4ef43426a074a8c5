"""The console by the keyboard alone: from the sign-in to a moment that came back, with what has the
focus in sight; for who wants no motion; and below a path of a proxy's."""
import conftest
from browser_rig import *  # pylint: disable=wildcard-import,unused-wildcard-import
from console_rig import PASSWORD, Client, wait_for
from selenium.webdriver.common.keys import Keys
from test_browser_restore import console, notes  # pylint: disable=unused-import

MOST_STEPS = 60
OUTLINED = """
    const shown = getComputedStyle(document.activeElement);
    return shown.outlineStyle !== 'none' && parseFloat(shown.outlineWidth) >= 2;
"""


def go_to(browser, name):
    """Steps on until what has the focus is called that; each thing on the way is seen to have it."""
    for _ in range(MOST_STEPS):
        now = browser.driver.switch_to.active_element
        called = now.accessible_name if now.tag_name != "body" else ""
        if called == name or (now.tag_name != "a" and called.startswith(name)):
            return now
        now.send_keys(Keys.TAB)
        now = browser.driver.switch_to.active_element
        if now.tag_name != "body":
            assert browser.driver.execute_script(OUTLINED), now.get_attribute("outerHTML")
    raise AssertionError(f"nothing called '{name}' can be reached")


def press(browser, name):
    go_to(browser, name).send_keys(Keys.ENTER)
    return browser


def test_a_moment_comes_back_by_the_keyboard_alone(browser, db):
    client = browser.console.client()
    client.set_up()
    point = client.job("/api/v1/databases/app/points", {"label": "before"})["point"]
    then = notes(db)
    conftest.execute(db, "delete from note where id < 50")
    wait_for(lambda: client.get("/api/v1/overview")["databases"][0]["newest"]["point"] > point,
             "the accident's point")
    browser.open("").heading("Sign in")
    browser.driver.switch_to.active_element.send_keys(PASSWORD, Keys.ENTER)
    browser.heading("Overview")
    press(browser, "Restore").heading("Restore").element("slider", "Moment")
    go_to(browser, "Moment").send_keys(Keys.ARROW_LEFT)
    press(browser.sees("before"), "Preview").sees("What would change")
    go_to(browser, "To confirm").send_keys("app")
    go_to(browser, "Console password").send_keys(PASSWORD)
    press(browser, "Restore app").sees("app is restored.")
    assert notes(db) == then
    assert not browser.complains()


def test_nothing_moves_for_who_wants_no_motion(signed_in):
    signed_in.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {
        "features": [{"name": "prefers-reduced-motion", "value": "reduce"}]})
    for page in ("", "points", "restore", "data", "settings"):
        signed_in.open(page).element("link", "Overview")
        moving = signed_in.driver.execute_script("""
            return document.getAnimations().filter(one => one.effect.getTiming().duration > 1).length
                || [...document.querySelectorAll('*')].filter(one => {
                    const style = getComputedStyle(one);
                    return [style.transitionDuration, style.animationDuration].join().split(',')
                        .some(text => parseFloat(text) > 0.01);
                }).map(one => one.outerHTML.slice(0, 200));""")
        assert not moving


class Below(Console):
    """Under a path of a proxy's, which passes it on."""

    def client(self):
        return Client(self.port, base="/hold")

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/hold/"


def test_every_page_works_below_a_path(holdfast, db, driver):
    console = Below(holdfast, "--db", db, "-r", "repo")
    console.arguments += ("--url", f"http://127.0.0.1:{console.port}/hold")
    browser = Browser(driver, console.start())
    try:
        browser.console.client().set_up()
        browser.open("").heading("Sign in").type("Console password", PASSWORD).click("Sign in")
        browser.heading("Overview")
        for name in ("Restore points", "Restore", "Data", "Settings"):
            browser.click(name, "link").heading(name)
            assert "/hold/" in driver.current_url
            driver.refresh()
            browser.heading(name)
        assert not browser.complains()
    finally:
        console.stop()
