"""What the README shows is what happens: parts are fresh, examples work, links lead somewhere."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from components import catalog
from components.contracts import JOB_COMMAND, JOB_FOLDER
from mllab import readme
from mllab.settings import files

PAGES = (
    *readme.PAGES,
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "benchmarks/README.md",
    "docs/architecture.md",
    "docs/profile.md",
)


@pytest.fixture(scope="module")
def text(root: Path) -> str:
    return (root / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def pages(root: Path) -> str:
    """All pages with generated parts."""
    return "".join((root / page).read_text(encoding="utf-8") for page in readme.PAGES)


def part(text: str, name: str) -> str:
    """What stands between the markers of a generated part."""
    found = re.search(rf"<!-- made: {name} -->\n(.*?)<!-- end -->", text, re.DOTALL)
    assert found, f"no page has a part {name}"
    return found[1].strip()


@pytest.mark.parametrize("name", readme.MAKERS)
def test_generated_part_is_fresh(name: str, pages: str, root: Path) -> None:
    made = readme.timeless(readme.MAKERS[name](root))
    assert readme.timeless(part(pages, name)) == made, "stale; run: make readme"


def test_the_excerpt_keeps_both_ends_of_the_rehearsal(pages: str) -> None:
    (shown,) = blocks(part(pages, "excerpt"), "console")
    (whole,) = blocks(part(pages, "rehearsal"), "console")
    command, head, *acts, last, total = readme.timeless(shown).splitlines()
    told = readme.timeless(whole).splitlines()
    assert len(shown.splitlines()) <= 8
    assert (f"{command} -v", head, total) == (told[0], told[1], told[-1])
    assert [last] == [line for line in told if re.match(r"\d\d  ", line)][-1:]
    assert acts[0].startswith(" 1  ")
    assert set(acts) - set(told) == {"    ..."}


def test_a_changed_part_is_made_anew(root: Path) -> None:
    stale = "before\n<!-- made: sizes -->\nold\n<!-- end -->\nafter <!-- end -->\n"
    renewed = readme.fresh(stale, root)
    assert "old" not in renewed
    assert renewed.startswith("before\n<!-- made: sizes -->\n\n| size |")
    assert renewed.endswith("|\n\n<!-- end -->\nafter <!-- end -->\n")
    assert readme.fresh(renewed, root) == renewed


def test_only_wall_times_may_differ() -> None:
    before = "up: ok  (2 min 9 s simulated, 0.4 s wall)"
    assert readme.timeless(before) == readme.timeless(before.replace("0.4 s", "1 min 12 s"))
    assert readme.timeless(before) != readme.timeless(before.replace("9 s", "8 s"))


def test_every_yaml_example_is_a_lab(pages: str, tmp_path: Path) -> None:
    (tmp_path / "stacks").mkdir()
    shown = [block for block in blocks(pages, "yaml") if block != readme.SLIPS]
    assert shown
    for block in shown:
        path = tmp_path / "stacks" / "Pulumi.example.yaml"
        path.write_text(block, encoding="utf-8")
        assert files.load(path).lab.cloud == "aws"


def test_every_shown_command_exists(pages: str) -> None:
    listed, text = part(pages, "commands"), pages
    named = set(re.findall(r"\bmllab (?!up\b.*\bdown\b)([a-z]+) (?:aws-|my-)", text))
    assert {"check", "new", "rehearse"} <= named
    for verb in named:
        assert re.search(rf"^│ {verb} ", listed, re.MULTILINE), f"there is no `mllab {verb}`"


def test_every_shown_make_target_exists(root: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (root / "Makefile").read_text(), re.MULTILINE))
    for page in PAGES:
        body = (root / page).read_text(encoding="utf-8")
        for words in re.findall(r"(?:^|`)make ([a-z ]+?) *(?:$|`|#|[A-Z])", body, re.MULTILINE):
            assert set(words.split()) <= targets, f"{page}: make {words}"
    assert {"demo", "test"} <= targets


def test_quota_commands_ask_for_what_the_course_needs(root: Path) -> None:
    steps = (root / "docs" / "real-account.md").read_text(encoding="utf-8")
    lab = files.load(root / "stacks" / f"Pulumi.{readme.STACK}.yaml")
    notebook, node = (catalog.machine("aws", s) for s in (lab.notebook.size, lab.cluster.size))
    assert re.findall(r"--quota-code (\S+) --desired-value (\d+)", steps) == [
        (notebook.quota, str(notebook.vcpus * len(lab.notebook.seats))),
        (node.spot_quota, str(node.vcpus * lab.cluster.max_nodes)),
    ]


def test_the_shown_image_runs_alike_on_every_cloud(pages: str) -> None:
    """One cloud runs what the contract names, the others what the image names."""
    (shown,) = blocks(pages, "dockerfile")
    steps = dict(line.split(" ", 1) for line in shown.splitlines())
    assert steps["WORKDIR"] == JOB_FOLDER
    assert json.loads(steps["CMD"]) == JOB_COMMAND.split()
    assert f"cd ${{LAB_CODE:-{JOB_FOLDER}}} && eval ${{LAB_COMMAND:-{JOB_COMMAND}}}" in pages


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str, root: Path) -> None:
    body = (root / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#\s]+)\)", body):
        if "://" not in target:
            assert (root / page).parent.joinpath(target).exists(), f"{page}: {target}"


@pytest.mark.parametrize("page", PAGES)
def test_inner_links_lead_to_headings(page: str, root: Path) -> None:
    text = (root / page).read_text(encoding="utf-8")
    headings = {
        re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-")
        for heading in re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    }
    inner = set(re.findall(r"\]\(#([^)]+)\)", text))
    assert inner <= headings


def blocks(text: str, language: str) -> list[str]:
    """The bodies of fenced blocks."""
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
