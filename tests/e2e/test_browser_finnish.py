"""What went wrong, on a Finnish page: said in Finnish, with the server's own sentence below as the English that it is."""
import pytest
from selenium.webdriver.common.by import By

from browser_rig import *  # pylint: disable=wildcard-import,unused-wildcard-import


@pytest.fixture
def finnish(signed_in):
    signed_in.driver.execute_script("localStorage.setItem('holdfast.language', 'fi')")
    return signed_in.open("settings").heading("Asetukset")


@pytest.fixture
def away(finnish, tmp_path):
    """Calling it takes the repository away, until the test ends."""
    repo, elsewhere = tmp_path / "repo", tmp_path / "away"
    yield lambda: repo.rename(elsewhere)
    elsewhere.rename(repo)


def says(browser, where, title):
    """Waits for what went wrong to be said there; returns what of it is marked as English."""
    def fault(driver):
        found = [one for one in driver.find_elements(By.CSS_SELECTOR, where) if title in one.text]
        return found and [one.text for one in found[0].find_elements(By.CSS_SELECTOR, "[lang=en]")]
    return browser.wait(fault)


def test_what_the_server_refuses_is_said_by_its_code(finnish):
    finnish.driver.find_element(By.CSS_SELECTOR, "option[value=own]").click()
    finnish.type("Sääntö", "1h:never").click("Katso, mitä karsittaisiin")
    assert "'never' is no granularity" in says(finnish, ".notice.bad", "Annettu tieto ei kelpaa.")[0]
    finnish.is_accessible()


def test_a_job_that_fails_is_said_by_its_code(finnish, away):
    away()
    finnish.click("Tarkista nyt")
    assert "is its disk mounted?" in says(finnish, ".notice.bad", "Siihen ei saada yhteyttä.")
    finnish.picture("finnish-fault").is_accessible()


def test_a_test_of_the_repository_says_in_finnish_what_fails(finnish, away):
    away()
    finnish.click("Testaa varasto")
    assert "repository 'repo'" in says(finnish, ".notice.bad", "Siihen ei saada yhteyttä.")[0]


def test_a_message_in_the_corner_has_the_servers_words_too(finnish, away):
    finnish.open("points").heading("Palautuspisteet").click("Ota tilannevedos")
    away()
    finnish.driver.find_element(By.CSS_SELECTOR, "dialog [type=submit]").click()
    assert "is its disk mounted?" in says(finnish, ".toast.bad", "Siihen ei saada yhteyttä.")
