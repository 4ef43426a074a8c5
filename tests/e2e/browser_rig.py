"""Fixtures for test_browser_*.py (`from browser_rig import *`): the console in a real Chromium: what a person sees, by names and roles, never by looks. Each page
that a test looks at is kept as a picture in build/screenshots."""
import json
import pathlib

import pytest
from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from console_rig import Console

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCREENSHOTS = ROOT / "build" / "screenshots"
AXE = ROOT / "build" / "npm" / "node_modules" / "axe-core" / "axe.min.js"
PATIENCE = 60
pytestmark = pytest.mark.browser  # of whoever imports all of this


class Browser:
    """A Chromium with a profile of its own, at one console."""

    def __init__(self, driver, console):
        self.driver, self.console = driver, console

    def open(self, path=""):
        self.driver.get(self.console.url + path.lstrip("/"))
        return self

    def wait(self, condition, seconds=PATIENCE):
        return WebDriverWait(self.driver, seconds, poll_frequency=0.05,
                             ignored_exceptions=[StaleElementReferenceException]).until(condition)

    def heading(self, text):
        """Waits until this is the page's heading."""
        self.wait(lambda d: any(text in h.text for h in d.find_elements(By.TAG_NAME, "h1")))
        return self

    def sees(self, text, seconds=PATIENCE):
        self.wait(lambda d: text in d.find_element(By.TAG_NAME, "body").text, seconds)
        return self

    def element(self, role, name, seconds=PATIENCE):
        """The shown element with this role and accessible name, as assistive technology finds it."""
        tags = {"button": "button,[role=button]", "link": "a", "textbox": "input,textarea",
                "radio": "input[type=radio],[role=radio]", "checkbox": "input[type=checkbox]",
                "tab": "[role=tab]", "combobox": "select", "slider": "input[type=range]"}[role]

        def find(driver):
            for found in driver.find_elements(By.CSS_SELECTOR, tags):
                if found.is_displayed() and found.accessible_name.startswith(name):
                    return found
            return None
        return self.wait(find, seconds)

    def click(self, name, role="button"):
        self.wait(lambda _: self.element(role, name).is_enabled() and
                  self.element(role, name).get_attribute("aria-disabled") != "true")

        def press(_):  # again when it was drawn anew in between
            found = self.element(role, name)
            self.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", found)
            found.click()
            return True
        self.wait(press)
        return self

    def type(self, label, text):
        field = self.element("textbox", label)
        field.clear()
        field.send_keys(text)
        return self

    def in_both_themes(self, look):
        """Calls `look(theme)` when the page is light, and when it is dark."""
        root = "document.documentElement.dataset.theme"
        before = self.driver.execute_script(f"return {root}")
        for theme in ("light", "dark"):
            self.driver.execute_async_script(
                f"const done = arguments[1]; {root} = arguments[0];"
                "Promise.allSettled(document.getAnimations().filter(a => a instanceof CSSTransition)"
                ".map(a => a.finished)).then(() => done())", theme)
            look(theme)
        self.driver.execute_script(f"{root} = arguments[0]", before)
        return self

    def has_its_icons(self):
        """Each that the page names is in the file that it names."""
        missing = self.driver.execute_async_script(
            "const done = arguments[0], named = [...document.querySelectorAll('svg.icon use')];"
            "Promise.all(named.map(async (one) => { const [file, name] = one.getAttribute('href').split('#');"
            " return (await (await fetch(file)).text()).includes(`id=\"${name}\"`) ? [] : [name]; }))"
            ".then((names) => done(names.flat()))")
        assert not missing
        return self

    def picture(self, name):
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.has_its_icons()
        return self.in_both_themes(lambda theme: self.driver.save_screenshot(
            str(SCREENSHOTS / f"{name}{'' if theme == 'light' else '-dark'}.png")))

    def is_accessible(self):
        """axe-core finds nothing, neither in the light nor in the dark."""
        self.driver.execute_script(AXE.read_text(encoding="utf-8"))

        def run(theme):
            found = self.driver.execute_async_script(
                "const done = arguments[arguments.length - 1];"
                "axe.run().then(r => done(r.violations.map(v =>"
                " [v.id, v.help, v.nodes.map(n => n.html + ' ' + n.failureSummary)])))")
            assert not found, theme + json.dumps(found, indent=1)
        return self.in_both_themes(run)

    def fits(self):
        """Nothing has to be moved sideways to be seen, and nothing is cut off at the side."""
        wide, shown, outside = self.driver.execute_script(
            "const page = document.documentElement;"
            "return [page.scrollWidth, page.clientWidth, [...document.querySelectorAll('.card, .notice, .button, h1')]"
            ".filter(one => one.getBoundingClientRect().right > page.clientWidth).map(one => one.textContent)]")
        assert wide <= shown and not outside, outside
        return self

    def complains(self):
        """What the page wrote to the browser's console: nothing, when all is well."""
        return [entry for entry in self.driver.get_log("browser")
                if entry["level"] == "SEVERE" and "favicon" not in entry["message"]]


def chromium(tmp_path, size):
    options = webdriver.ChromeOptions()
    for argument in ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
                     "--disable-background-networking", "--disable-component-update",
                     "--disable-sync", "--no-first-run", "--disable-dev-shm-usage",
                     f"--user-data-dir={tmp_path / 'chromium'}", f"--window-size={size}"):
        options.add_argument(argument)
    options.binary_location = "/usr/bin/chromium"
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    options.add_experimental_option("prefs", {"download.default_directory": str(tmp_path)})
    driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
    try:
        set_size(driver, *map(int, size.split(",")))
    except BaseException:
        driver.quit()
        raise
    return driver


def set_size(driver, width, height):
    """A window is never narrower than 500 pixels, whatever is asked for: a phone is."""
    if width < 500:
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": height, "deviceScaleFactor": 2, "mobile": False})
    assert driver.execute_script("return window.innerWidth") == width


@pytest.fixture
def driver(tmp_path, request):
    """`@pytest.mark.parametrize("driver", ["360,740"], indirect=True)` for another size."""
    started = chromium(tmp_path, getattr(request, "param", "1280,900"))
    yield started
    started.quit()


@pytest.fixture
def console(holdfast, db):
    started = Console(holdfast, "--db", db, "-r", "repo", "--sync-interval", "100ms").start()
    yield started
    started.stop()


@pytest.fixture
def browser(driver, console):
    return Browser(driver, console)


@pytest.fixture
def signed_in(browser):
    return sign_in(browser)


def sign_in(browser):
    """Sets the console up, and signs the browser in by its cookie."""
    client = browser.console.client()
    client.set_up()
    browser.open("healthz")
    name, value = client.cookie.split("=", 1)
    browser.driver.add_cookie({"name": name, "value": value, "path": "/", "sameSite": "Strict"})
    browser.client = client
    return browser
