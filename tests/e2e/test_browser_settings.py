"""The settings page: what is kept, where, and by whose word."""
import pytest
from selenium.webdriver.support.ui import Select

import conftest
import points_rig
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


def test_the_repository_is_checked_from_the_page(signed_in):
    signed_in.client.job("/api/v1/databases/app/points", {"label": "first"})
    signed_in.open("settings").click("Read all data when checking", "checkbox").click("Check now")
    signed_in.sees("All is whole:").picture("settings-check").is_accessible()
    assert not signed_in.complains()


def test_what_prune_now_would_drop_is_shown_before_it_goes(signed_in, db):
    client = signed_in.client
    for step in range(3):
        conftest.execute(db, f"update note set body = 'x{step}' where id = 1")
        client.job("/api/v1/databases/app/points", {})
    client.post("/api/v1/settings/retention", {"rule": "last:1"}, method="PUT")
    points = "/api/v1/databases/app/points"
    before = len(client.get(points)["points"])
    signed_in.open("settings").click("Prune now").sees("points would go")
    assert len(client.get(points)["points"]) == before > 1
    signed_in.picture("settings-prune").click("Drop them now").sees("dropped,").is_accessible()
    assert client.get(points)["points"][0]["point"]
    assert not signed_in.complains()


def test_a_key_is_added_and_removed_by_who_types_the_password(signed_in, tmp_path):
    def kinds():
        return sorted(slot["kind"] for slot in signed_in.client.get("/api/v1/keys")["slots"])

    def submit():
        signed_in.driver.find_element(By.CSS_SELECTOR, "dialog button[type=submit]").click()
    signed_in.open("settings").sees("The repository is not encrypted").sees("Opens by itself")
    signed_in.click("Add a key").type("Passphrase of the repository", "short")
    submit()
    signed_in.sees("This must be filled in").is_accessible()
    signed_in.type("Passphrase of the repository", "another sesame, open")
    signed_in.type("The same passphrase again", "another sesame, open").type("Name", "of the safe")
    signed_in.type("Password of the console", "not the password")
    submit()
    signed_in.sees("That is not the console password.").picture("settings-key-add")
    signed_in.type("Password of the console", PASSWORD)
    submit()
    signed_in.wait(lambda _: kinds() == ["passphrase", "plain"])
    (tmp_path / "key").write_bytes(bytes(range(64)))
    signed_in.click("Add a key")
    Select(signed_in.element("combobox", "It opens with a")).select_by_visible_text("Keyfile")
    signed_in.driver.find_element(By.CSS_SELECTOR, "dialog input[type=file]").send_keys(
        str(tmp_path / "key"))
    signed_in.type("Password of the console", PASSWORD)
    submit()
    signed_in.wait(lambda _: kinds() == ["keyfile", "passphrase", "plain"])
    signed_in.sees("of the safe").picture("settings-keys").is_accessible()
    assert "another sesame" not in signed_in.driver.page_source
    signed_in.click("Remove: of the safe").type("Password of the console", PASSWORD)
    submit()
    signed_in.wait(lambda _: kinds() == ["keyfile", "plain"])
    # The one in use: only by saying that another one is there.
    signed_in.click("Remove: plain").sees("Holdfast itself opens").is_accessible()
    signed_in.type("Password of the console", PASSWORD)
    assert not signed_in.driver.find_element(
        By.CSS_SELECTOR, "dialog button[type=submit]").is_enabled()
    signed_in.picture("settings-key-in-use").click("Holdfast's settings have", "checkbox")
    submit()
    signed_in.wait(lambda _: kinds() == ["keyfile"])


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


def of(browser, setting):
    """What the list of all settings says of it: value and source."""
    row = browser.driver.find_element(By.XPATH, f"//tr[th/code[text()='{setting}']]")
    return [cell.text for cell in row.find_elements(By.TAG_NAME, "td")]


@pytest.fixture
def fixed(holdfast, db, driver):
    """A browser that is signed in at a console with settings of a file, of a variable and of its command line."""
    (holdfast.folder / "holdfast.yml").write_text(
        "repository: repo\nkeep-zone: local\nkeep: long\n", encoding="ascii")
    started = Console(holdfast, "--db", db, "--sync-interval", "100ms",
                      env={"HOLDFAST_KEEP": "light", "HOLDFAST_KEEP_COPIES": "7"}).start()
    yield sign_in(Browser(driver, started))
    started.stop()


def test_what_is_set_elsewhere_is_locked_and_says_where(fixed):
    browser = fixed.open("settings").sees("All settings")
    assert of(browser, "repository") == ["repo", "Set by holdfast.yml line 1"]
    assert of(browser, "keep-zone") == ["local", "Set by holdfast.yml line 2"]
    assert of(browser, "keep-copies") == ["7", "Set by HOLDFAST_KEEP_COPIES"]
    assert of(browser, "sync-interval") == ["100ms", "Set by --sync-interval"]
    retention = browser.driver.find_element(By.XPATH, "//section[.//h2[text()='What is kept']]")
    # The variable wins over the file.
    assert "Set by HOLDFAST_KEEP" in retention.text and "every point for 1 hour" in retention.text
    assert not retention.find_elements(By.CSS_SELECTOR, "select, input, button")
    browser.picture("settings-fixed").is_accessible()


@pytest.fixture
def past(driver):
    """A browser that is signed in at a console with more than an hour of points."""
    folder = points_rig.in_memory()
    started = points_rig.Past(folder, 3000).console()
    yield sign_in(Browser(driver, started))
    started.stop()
    points_rig.remove(folder)


def test_a_preset_says_what_it_keeps_and_drops_before_it_is_taken(past):
    def chosen():
        return Select(past.element("combobox", "How much of the past"))

    def offers(name):
        return any(button.text == name for button in past.driver.find_elements(By.TAG_NAME, "button"))
    past.open("settings").sees("Holdfast keeps every point for 1 hour")
    assert chosen().first_selected_option.text == "Standard: a year"
    assert not offers("See what it would drop")  # of what is in force already
    chosen().select_by_visible_text("Light: a month")
    past.sees("every 1 week for 30 days").click("See what it would drop").sees("of 3,000 points would go")
    assert past.client.get("/api/v1/settings")["retention"]["rule"] == "standard"
    past.picture("settings-preset").is_accessible()
    chosen().select_by_visible_text("Standard: a year")
    assert not offers("Keep by this rule")
    chosen().select_by_visible_text("Light: a month")
    past.click("See what it would drop").click("Keep by this rule").sees("The new rule is in force.")
    assert past.client.get("/api/v1/settings")["retention"]["rule"] == "light"
    past.open("settings").sees("every 1 week for 30 days")
    assert chosen().first_selected_option.text == "Light: a month"
    assert not offers("See what it would drop")
    assert not past.complains()
