"""A seat in a real browser: the notebook opens with its token, and a cell runs.

Its picture lies in pytest's folder of the test, to be looked at.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect, sync_playwright

from mllab.local import ports, process
from mllab.local.service import Place
from mllab.local.services import SERVICES

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
SECONDS = 120_000.0  # in milliseconds: for what takes two seconds on a machine with nothing else

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt-get install chromium")


@pytest.fixture
def address(lab: Path, root: Path) -> Iterator[str]:
    """What `mllab connect` opens; the example lies in the home folder."""
    service, place, port = SERVICES["jupyterlab"], Place(lab, "browser"), ports.free_port()
    launch = service.prepare(place, port, {"home": str(lab / "home/ada")})
    shutil.copytree(root / "examples/digits", lab / "home/ada/digits")
    process.start(place, launch, port)
    yield service.address(place, port)
    process.stop(place)


def test_a_person_opens_the_notebook_and_runs_cells(
    address: str, tmp_path: Path, lab: Path
) -> None:
    with sync_playwright() as tools:
        # Without its sandbox, which root cannot have: it shows pages of this machine alone.
        browser = tools.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = browser.new_context(viewport={"width": 1280, "height": 1000})
        context.set_default_timeout(SECONDS)
        page = context.new_page()
        elsewhere: list[str] = []
        own = f"http://{urlsplit(address).netloc}/"
        page.on("request", lambda one: _own(one.url, own) or elsewhere.append(one.url))
        page.goto(address.replace("/lab?", "/lab/tree/digits/digits.ipynb?"))
        # Told once that it may bring news from the internet, it asks; nobody answers here.
        cells = page.locator(".jp-Notebook .jp-CodeCell")
        expect(cells).to_have_count(7, timeout=SECONDS)
        cells.first.locator(".cm-content").click()
        for _ in range(4):  # a cell, and the text between
            page.keyboard.press("Shift+Enter")
        shown = page.locator(".jp-OutputArea-output").first
        expect(shown).to_contain_text("1797 images of 64 pixels", timeout=SECONDS)
        expect(shown).to_contain_text("labels: [0 1 2 3 4]", timeout=SECONDS)
        page.screenshot(path=tmp_path / "notebook.png")
        browser.close()
    assert elsewhere == []


def _own(url: str, own: str) -> bool:
    return url.startswith((own, own.replace("http", "ws", 1), "data:", "blob:"))
