"""What goes on is seen to go on, by whoever looks, and by who comes back."""
# pylint: disable=redefined-outer-name
from browser_rig import *  # pylint: disable=wildcard-import,unused-wildcard-import
from console_rig import PASSWORD
from preload_rig import slow_disk  # pylint: disable=unused-import
from test_console_job_progress import console, db  # pylint: disable=unused-import


def bar(browser):
    """How much of it is full; None while there is none, or none that tells."""
    return browser.driver.execute_script(
        "const bar = document.querySelector('main progress'); return bar?.hasAttribute('value') ? bar.value : null")


def moves(browser, since=0.0):
    """Waits until it has come further, and says how far."""
    return browser.wait(lambda _: (now := bar(browser)) and now > since and now)


def live(browser):
    """What assistive technology reads out by itself."""
    return browser.driver.execute_script(
        "return [...document.querySelectorAll('[aria-live=polite]')].map(one => one.textContent).join(' ')")


def test_a_restore_is_followed_and_found_again_by_who_closed_the_tab(signed_in, slow_disk, tmp_path):
    browser = signed_in.open("restore").heading("Restore").click("Preview").sees("What would change")
    browser.click("Into a separate file", "radio").type("File name", "then.db")
    browser.type("To confirm", "app").type("Console password", PASSWORD)
    slow_disk.begin()
    browser.click("Restore into the file")
    first = moves(browser)
    assert browser.driver.find_element(By.CSS_SELECTOR, "main progress").accessible_name == "Restoring"
    browser.sees("left").wait(lambda _: "% done" in live(browser) and "Restoring" in live(browser))
    further = moves(browser, first)
    browser.picture("restore-running").is_accessible()
    closed = browser.driver.current_window_handle
    browser.driver.switch_to.new_window("tab")
    opened = browser.driver.current_window_handle
    browser.driver.switch_to.window(closed)
    browser.driver.close()
    browser.driver.switch_to.window(opened)
    browser.open("restore")
    moves(browser, moves(browser, further))
    assert not (tmp_path / "then.db").exists()
    slow_disk.end()
    browser.sees("A file was made of it.")
    assert bar(browser) is None and (tmp_path / "then.db").exists()
    assert not browser.complains()
