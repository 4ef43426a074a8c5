"""How long a browser takes until a page of the console can be used: cold loads over loopback.

usage: /usr/bin/python3 -B bench/console_load.py HOLDFAST [RUNS]

A page can be used when what it is for is there (the password's field, the sentence of the overview)
and no long task keeps it from answering. Nothing of the page's is changed for it: what looks runs
before its first script, and times are the browser's own, from the beginning of the navigation.
"""
import os
import pathlib
import statistics
import sys
import tempfile
import types

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "e2e"))

# pylint: disable=wrong-import-position
import conftest
from browser_rig import chromium
from console_rig import PASSWORD, Console, wait_for

ASKED = 300  # ms
LOOK = """
    window.longEnd = 0;
    new PerformanceObserver(list => list.getEntries().forEach(task =>
        window.longEnd = Math.max(window.longEnd, task.startTime + task.duration)))
        .observe({type: 'longtask', buffered: true});
    const seen = () => { if (window.shownAt === undefined && document.querySelector(%r))
        window.shownAt = performance.now(); };
    new MutationObserver(seen).observe(document, {childList: true, subtree: true});
"""
# A frame after which nothing more happened, so that a long task that is going on has been told.
READ = """
    const done = arguments[0];
    setTimeout(() => { const paint = performance.getEntriesByName('first-contentful-paint')[0];
        done({usable: Math.max(window.shownAt, window.longEnd), paint: paint && paint.startTime,
              bytes: performance.getEntriesByType('resource').reduce((sum, one) =>
                  sum + one.transferSize, performance.getEntriesByType('navigation')[0].transferSize)});
    }, 300);
"""


def processor_ms(driver):
    """What the page's main thread has worked since its process began: says little of who else was at
    work, which the times on the clock do."""
    metrics = driver.execute_cdp_cmd("Performance.getMetrics", {})["metrics"]
    return 1000 * next(one["value"] for one in metrics if one["name"] == "TaskDuration")


def loads(driver, url, wanted, runs):
    """What each of `runs` loads with an empty cache came to, and one before them that warms the server."""
    script = driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument",
                                    {"source": LOOK % wanted})["identifier"]
    driver.execute_cdp_cmd("Performance.enable", {"timeDomain": "threadTicks"})
    found = []
    for _ in range(runs + 1):
        driver.get("about:blank")
        driver.execute_cdp_cmd("Network.clearBrowserCache", {})
        before = processor_ms(driver)
        driver.get(url)
        wait_for(lambda: driver.execute_script("return window.shownAt !== undefined"), wanted)
        found.append({**driver.execute_async_script(READ),
                      "worked": processor_ms(driver) - before})
    driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", {"identifier": script})
    return found[1:]


def floor(driver, url, runs):
    """Of a page of two words: what this machine and browser take for nothing."""
    driver.execute_cdp_cmd("Performance.enable", {"timeDomain": "threadTicks"})
    found, worked = [], []
    for _ in range(runs):
        driver.get("about:blank")
        before = processor_ms(driver)
        driver.get(url + "healthz")
        found.append(driver.execute_script(
            "return performance.getEntriesByType('navigation')[0].domComplete"))
        worked.append(processor_ms(driver) - before)
    print(f"an empty page: {statistics.median(found):.0f} ms, {statistics.median(worked):.0f} ms of"
          " processor time", flush=True)


def say(page, found):
    usable = sorted(one["usable"] for one in found)
    median = statistics.median(usable)
    print(f"{page}: usable after {median:.0f} ms (median of {len(found)}, {usable[0]:.0f} to"
          f" {usable[-1]:.0f}), painted after {statistics.median(one['paint'] for one in found):.0f}"
          f" ms, {statistics.median(one['worked'] for one in found):.0f} ms of processor time,"
          f" {found[0]['bytes'] / 1000:.1f} KB; asked: {ASKED} ms; load {os.getloadavg()[0]:.1f} on"
          f" {os.cpu_count()} processors", flush=True)
    return median < ASKED


def main(program, runs=10):
    with tempfile.TemporaryDirectory(prefix="holdfast-") as name:
        folder = pathlib.Path(name)
        conftest.make(folder / "app.db")
        environment = {key: value for key, value in os.environ.items()
                       if not key.startswith("HOLDFAST_")}
        holdfast = types.SimpleNamespace(path=os.path.abspath(program), folder=folder,
                                         environment=environment)
        console = Console(holdfast, "--db", folder / "app.db", "-r", folder / "repo").start()
        driver = chromium(folder, "1280,900")
        try:
            client = console.client()
            client.set_up()
            client.job("/api/v1/databases/app/points", {"label": "first"})
            floor(driver, console.url, runs)
            good = say("sign-in", loads(driver, console.url, "input[type=password]", runs))
            name, value = client.cookie.split("=", 1)
            driver.add_cookie({"name": name, "value": value, "path": "/", "sameSite": "Strict"})
            good &= say("overview", loads(driver, console.url, ".state", runs))
        finally:
            driver.quit()
            console.stop()
    return 0 if good else 1


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], *map(int, sys.argv[2:])))
