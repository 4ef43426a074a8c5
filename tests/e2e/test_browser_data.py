"""The Data page: tables, rows, schema, filter and secrets, now and at a restore point."""
import sqlite3

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

from browser_rig import *  # pylint: disable=wildcard-import,unused-wildcard-import

SECRET = "canary-5d01"


@pytest.fixture(name="filled")
def fill(signed_in, db):
    connection = sqlite3.connect(db)
    connection.executescript(f"""
        CREATE TABLE User (id INTEGER PRIMARY KEY, username TEXT NOT NULL, passwordHash TEXT,
            createdAt TEXT DEFAULT CURRENT_TIMESTAMP);
        INSERT INTO User (username, passwordHash) VALUES ('ada', '{SECRET}'), ('bob', '{SECRET}');
        CREATE TABLE Media (id INTEGER PRIMARY KEY, title TEXT NOT NULL, mediaType TEXT,
            overview TEXT, poster BLOB, voteAverage REAL, userId INTEGER REFERENCES User (id));
        CREATE UNIQUE INDEX by_title ON Media (mediaType, title);
        INSERT INTO Media WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n
            WHERE i < 1230) SELECT i, 'Film ' || i, iif(i % 3, 'movie', 'tv'),
            printf('%.*c', i % 2 * 400, 'x'), iif(i % 4, NULL, zeroblob(2000)), i % 100 / 10.0, 1
            FROM n;
        CREATE VIEW watched AS SELECT title FROM Media WHERE id < 20;
        CREATE VIEW hashes AS SELECT passwordHash AS h FROM User;
    """)
    connection.close()
    return signed_in


def cells(browser, column=0):
    return browser.driver.execute_script(
        "return [...document.querySelectorAll('.data-grid tbody tr')]"
        ".map(row => row.cells[arguments[0]].textContent)", column)


def shows(browser, first):
    browser.wait(lambda _: cells(browser)[:1] == [first])
    return browser


def test_tables_rows_pages_and_a_filter(filled):
    browser = filled.open("data?table=Media").heading("Data").sees("1,230 rows")
    shows(browser, "1").picture("data-rows").is_accessible()
    browser.click("Next")
    shows(browser, "51")
    browser.click("Last")
    shows(browser, "1181")
    assert not browser.element("button", "Next").is_enabled()
    browser.click("Previous")
    shows(browser, "1131")
    browser.click("First")
    shows(browser, "1")
    grid = browser.driver.find_element(By.CSS_SELECTOR, ".data-grid")
    grid.send_keys(Keys.CONTROL, Keys.END)
    shows(browser, "1181")
    browser.driver.execute_script("arguments[0].scrollTop = 0", grid)
    grid.send_keys(Keys.PAGE_UP)
    shows(browser, "1131")
    Select(browser.element("combobox", "Column")).select_by_visible_text("title")
    browser.type("Value", "film 77")
    browser.click("Filter")
    shows(browser, "77").sees("11 rows shown").sees("title contains film 77")
    browser.picture("data-filter").is_accessible()
    browser.click("title contains film 77")
    shows(browser, "1")
    assert not browser.complains()


def test_insides_of_virtual_tables_are_not_listed(filled, db):
    connection = sqlite3.connect(db)
    connection.execute("CREATE VIRTUAL TABLE search USING fts5(title, passwordHash)")
    connection.close()
    browser = filled.open("data?table=search").heading("Data")
    browser.sees("5 internal tables of virtual tables are not listed.")
    browser.sees("the rows of 'search' cannot be shown: it may hold copies of secret columns")
    assert "search_content" not in browser.driver.page_source
    browser.picture("data-insides").is_accessible()


def test_values_that_are_long_are_shown_on_demand(filled):
    browser = filled.open("data?table=Media")
    shows(browser, "1").click("xxxx")
    browser.wait(lambda d: "x" * 400 in d.find_element(By.CSS_SELECTOR, "dialog pre").text)
    browser.picture("data-cell").is_accessible()
    browser.click("Close")
    browser.click("Binary, 2")
    browser.wait(lambda d: "00 00 00" in d.find_element(By.CSS_SELECTOR, "dialog pre").text)


def test_the_schema_is_shown(filled):
    browser = filled.open("data?table=Media")
    shows(browser, "1").click("Schema", "tab")
    browser.sees("by_title").sees("Foreign keys").sees("CREATE TABLE Media")
    browser.picture("data-schema").is_accessible()


def test_secrets_are_hidden_and_said_to_be(filled):
    browser = filled.open("data?table=User").sees("ada").sees("Hidden")
    browser.sees("A secret of the application")
    browser.picture("data-masked").is_accessible()
    assert SECRET not in browser.driver.page_source
    options = [o.text for o in Select(browser.element("combobox", "Column")).options]
    assert options == ["id", "username", "createdAt"]
    browser.click("hashes")
    browser.sees("it reads a column that holds a secret")
    assert SECRET not in browser.driver.page_source


def test_a_point_shows_what_was_there_then(filled, db):
    client = filled.client
    point = client.job("/api/v1/databases/app/points", {"label": "two users"})["point"]
    with sqlite3.connect(db) as connection:
        connection.execute("DELETE FROM User WHERE username = 'bob'")
    browser = filled.open("data?table=User").sees("ada")
    assert "bob" not in cells(browser, 1)
    moments = Select(browser.element("combobox", "Moment"))
    browser.wait(lambda _: any("two users" in o.text for o in moments.options))
    moments.select_by_visible_text(next(o.text for o in moments.options if "two users" in o.text))
    browser.sees("This is the database as it was then.").sees("bob")
    assert f"point={point}" in browser.driver.current_url
    browser.picture("data-point").is_accessible()


@pytest.mark.parametrize("driver", ["360,740"], indirect=True)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_on_a_phone(filled, theme):
    browser = filled.open("data?table=Media")
    browser.driver.execute_script("document.documentElement.dataset.theme = arguments[0]", theme)
    shows(browser, "1").picture(f"data-phone-{theme}").is_accessible()
    assert browser.driver.execute_script(
        "return document.documentElement.scrollWidth <= window.innerWidth")
    Select(browser.element("combobox", "Table")).select_by_visible_text("User (2)")
    browser.sees("ada")
