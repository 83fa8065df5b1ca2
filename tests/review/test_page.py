"""The page in a real browser: it fits, can be read by everybody, sorts, and needs nothing else.

Pictures of it lie in pytest's folder of each test, to be looked at.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from mllab.lifecycle.review.model import COLUMNS, Finding, Report
from mllab.show.review.page import page as drawn
from tests.review.conftest import Real

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt-get install chromium")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as tools:
        # Without its sandbox, which root cannot have: it shows one page of ours.
        opened = tools.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def file(report: Report, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a report in which everything occurs."""
    shown = report.model_copy(deep=True)
    (size,) = (one for one in shown.stacks if one.stack == "size")
    size.budget = "1,200.00 USD if nobody intervenes, and budget.limit_usd is 1,000.00 per month"
    size.findings = [
        Finding(rule="aws-a", resource="y", message="was open", severity="error", state="fixed"),
        Finding(rule="aws-b", resource="x", message="is open", severity="error", state="new",
                fix="close it", setting="stacks/Pulumi.size.yaml:3", fails=True),
        Finding(rule="aws-c", resource="z", message="is odd", severity="error", waived="known"),
    ]  # fmt: skip
    path = tmp_path_factory.mktemp("page") / "index.html"
    path.write_text(drawn(shown), encoding="utf-8")
    return path


def test_what_fails_stands_first(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.index("<code>aws-b</code>") < text.index("<code>aws-a</code>")


def opened(browser: Browser, file: Path, scheme: str, width: int) -> tuple[Page, list[str]]:
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    own = (file.as_uri(), "data:")
    page.on("request", lambda one: one.url.startswith(own) or said.append(one.url))
    page.goto(file.as_uri())
    return page, said


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_and_can_be_read_in_light_and_dark(
    browser: Browser, file: Path, tmp_path: Path, scheme: str, width: int
) -> None:
    page, said = opened(browser, file, scheme, width)
    page.screenshot(path=tmp_path / "closed.png", full_page=True)
    for folded in page.locator("details").all():
        folded.evaluate("one => one.open = true")
    page.screenshot(path=tmp_path / "open.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert said == []
    page.close()


def test_tables_are_sorted_by_key(browser: Browser, file: Path) -> None:
    page, said = opened(browser, file, "light", 1280)
    cells = page.locator("table.money tbody th")
    head = page.locator("table.money thead th").first
    names = cells.all_text_contents()
    assert names == sorted(names)
    for wanted, order in (("ascending", names), ("descending", names[::-1])):
        head.locator("button").focus()
        page.keyboard.press("Enter")
        assert head.get_attribute("aria-sort") == wanted
        assert cells.all_text_contents() == order
    day = page.locator("table.money thead th", has_text="at most a day")
    day.locator("button").press("Space")
    assert (head.get_attribute("aria-sort"), day.get_attribute("aria-sort")) == (
        "none",
        "ascending",
    )
    column = page.locator("table.money tbody tr > :nth-child(5)")
    told = [float(one) for one in column.evaluate_all("all => all.map(o => o.dataset.sort)") if one]
    assert told == sorted(told)
    assert len(told) > 3
    assert said == []
    page.close()


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_a_real_change_fits_with_every_sum(
    browser: Browser, real: Real, tmp_path: Path, width: int, scheme: str
) -> None:
    page, said = opened(browser, real.page, scheme, width)
    page.screenshot(path=tmp_path / "real.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    money = page.get_by_role("region", name="Money table")
    assert money.evaluate("one => one.scrollWidth <= one.clientWidth")
    assert said == []
    page.close()


def test_on_a_phone_each_cell_says_what_it_is(browser: Browser, real: Real) -> None:
    page, _ = opened(browser, real.page, "light", 390)
    assert not page.locator("table.money thead").is_visible()
    titles = "one => getComputedStyle(one, '::before').content"
    cells = page.locator("table.money tbody tr").first.locator("td").all()
    assert [cell.evaluate(titles) for cell in cells] == [f'"{one}"' for one in COLUMNS.values()]
    page.close()


@pytest.mark.parametrize("width", [1280, 390])
def test_everything_is_reached_by_keyboard(browser: Browser, file: Path, width: int) -> None:
    page, _ = opened(browser, file, "light", width)
    summaries = page.locator("summary")
    reached = set()
    for _step in range(200):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.tagName"))
        if page.evaluate(
            "document.activeElement === [...document.querySelectorAll('summary')].pop()"
        ):
            break
    buttons = {"BUTTON"} if width == 1280 else set()  # a phone has cards, which are not sorted
    assert {"A", "SUMMARY", "DIV"} | buttons <= reached
    last = summaries.last
    before = last.evaluate("one => one.parentElement.open")
    page.keyboard.press("Enter")
    assert last.evaluate("one => one.parentElement.open") != before
    page.close()
