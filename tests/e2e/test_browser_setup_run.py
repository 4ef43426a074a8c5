"""The Setup Wizard with a real application under `holdfast run`: it is stopped, comes back, and serves
what was restored."""
import shutil
import sys

import films_rig
from browser_rig import *  # pylint: disable=wildcard-import,unused-wildcard-import
from console_rig import CODE, PASSWORD, wait_for


@pytest.fixture
def films(holdfast, tmp_path):
    return films_rig.Films(holdfast, tmp_path)


@pytest.fixture
def far(holdfast, films):
    """A repository of an installation that is lost; a new one is begun in its place."""
    boot = films.up("--ready", films.ready_url)
    films_rig.add_films(films, 5)
    before = films.films()
    boot.stop()
    holdfast("init", "-r", films.folder / "far")
    holdfast("backup", "--db", films.db, "-r", films.folder / "far")
    shutil.rmtree(films.data)
    films.data.mkdir()
    return before


@pytest.fixture
def console(holdfast, films, far):  # pylint: disable=unused-argument  # what came before it
    started = Console(holdfast, "--db", films.db, "-r", "repo", "--schema", films.schema, "--ready",
                      films.ready_url, "--sync-interval", "100ms", verb="run",
                      command=["--", sys.executable, "-B", films_rig.APPLICATION],
                      env=films.env).start()
    yield started
    started.stop()


def test_an_application_that_runs_serves_what_came_back_and_again_when_it_is_started_anew(
        browser, films, far):
    console = browser.console
    wait_for(films.is_healthy, "the application")
    assert films.films() == []
    browser.open("setup").type("Setup code", CODE).click("Continue").click("Restore from backup")
    browser.heading("Restore from backup").click("A repository", "tab")
    browser.type("Repository", str(films.folder / "far")).click("Look into it")
    browser.heading("What is in it").sees("Film").sees("Watch").sees("Of the database films")
    browser.picture("setup-run-summary").is_accessible()
    browser.click("Continue").heading("Settings and connections").click("Save and continue")
    browser.heading("Restored").sees("The backup is restored.").picture("setup-run-done")
    assert films.films() == far
    browser.click("Continue").type("New console password", PASSWORD)
    browser.type("The same once more", PASSWORD).click("Set password").click("Later")
    browser.heading("Overview")
    console.stop()
    assert not films.is_healthy()
    console.start()
    wait_for(films.is_healthy, "the application")
    assert films.films() == far
    console.client().sign_in()
