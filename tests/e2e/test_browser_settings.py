"""The settings page: what is kept, where, and who may open it."""
import pytest
from selenium.webdriver.support.ui import Select

from browser_rig import *  # pylint: disable=wildcard-import,unused-wildcard-import
from console_rig import PASSWORD


def test_another_rule_shows_what_it_would_drop_before_it_is_taken(signed_in):
    signed_in.client.job("/api/v1/databases/app/points", {"label": "first"})
    signed_in.open("settings").heading("Settings").sees("Holdfast keeps every point for 1 hour")
    Select(signed_in.element("combobox", "How much of the past")).select_by_visible_text(
        "A rule of your own")
    signed_in.type("Rule", "24h:all").click("See what it would drop").sees("Nothing would go")
    signed_in.picture("settings-retention").click("Keep by this rule")
    signed_in.sees("Holdfast keeps every point for 24 hours").is_accessible()
    assert signed_in.client.get("/api/v1/settings")["retention"]["rule"] == "24h:all"
    assert not signed_in.complains()


def test_the_repository_is_tested_from_the_page(signed_in):
    signed_in.client.job("/api/v1/databases/app/points", {"label": "first"})
    signed_in.open("settings").click("Test the repository").sees("It can be written to")
    signed_in.sees("Set by --repository").picture("settings-repository").is_accessible()


def test_the_recovery_kit_is_shown_and_noted_as_saved(signed_in):
    signed_in.open("settings").sees("Not saved yet").click("Show the recovery kit")
    signed_in.type("Password", PASSWORD).click("Show it").sees("HOLDFAST RECOVERY KIT")
    signed_in.picture("settings-kit").is_accessible().click("I have saved it")
    signed_in.wait(lambda _: signed_in.client.get("/api/v1/settings")["kit_saved"])
    signed_in.sees("Saved ")


def test_a_token_is_shown_once_and_taken_back(signed_in):
    signed_in.open("settings").click("Add a token").type("Name", "grafana")
    signed_in.driver.find_element(By.CSS_SELECTOR, "dialog button[type=submit]").click()
    signed_in.sees("It is shown this once").sees("hf_").picture("settings-token").is_accessible()
    signed_in.click("I have copied it").sees("Never used")
    assert "hf_" not in signed_in.driver.find_element(By.TAG_NAME, "body").text
    signed_in.click("Remove").sees("No program has access")


@pytest.mark.parametrize("driver", ["360,740"], indirect=True)
def test_it_fits_a_phone(signed_in):
    signed_in.open("settings").sees("All settings").picture("settings-phone").is_accessible()
    assert signed_in.driver.execute_script(
        "return document.documentElement.scrollWidth <= innerWidth")
