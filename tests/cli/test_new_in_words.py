"""`new` takes what people say: names of clouds and places, seats by the number; and gives up."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from mllab.clouds.contract import Cloud
from mllab.clouds.registry import CLOUDS
from mllab.settings import files
from mllab.settings.lab import Lab
from mllab.settings.limits import MOST_SEATS
from mllab.stackfiles.new import questions
from tests.cli.conftest import Run, Sit
from tests.cli.test_new import ANSWERS, DAY, given


def made(project: Path) -> Lab:
    return files.load(project / "stacks" / "Pulumi.mine.yaml")


@pytest.mark.parametrize("cloud", CLOUDS.values(), ids=CLOUDS)
def test_every_cloud_may_be_called_as_people_call_it(run: Run, project: Path, cloud: Cloud) -> None:
    file = project / "stacks" / "Pulumi.mine.yaml"
    for words in (cloud.title, cloud.title.upper(), f" {cloud.title.lower()} ", *cloud.other_names):
        said = run("new", "mine", "--from", "lab", "--cloud", words, *DAY)
        assert said.code == 0, (words, said.err)
        assert f"{cloud.config_keys['region']}:" in file.read_text()
        file.unlink()


def test_a_cloud_and_a_region_may_be_answered_in_words(run: Run, project: Path) -> None:
    words = given(lab__cloud="Google Cloud", region="Iowa", project="my-course-2027")
    said = run("new", "mine", *words, *DAY)
    assert said.code == 0, said.err
    assert (made(project).lab.cloud, made(project).region) == ("gcp", "us-central1")


@pytest.mark.parametrize(
    ("cloud", "region", "told"),
    [
        ("AWS", "Frankfrut", "did you mean eu-central-1 (Frankfurt)?"),
        ("azure", "Canberra", "did you mean australiacentral (Canberra) or australiacentral2"),
        ("awss", "us-east-1", "must be aws, azure, gcp or local; did you mean aws?"),
    ],
)
def test_what_is_nearly_or_doubtfully_a_place_is_asked_back(
    run: Run, project: Path, cloud: str, region: str, told: str
) -> None:
    said = run("new", "mine", *given(lab__cloud=cloud, region=region), *DAY)
    assert said.code == 2
    assert told in " ".join(said.err.split())
    assert not (project / "stacks" / "Pulumi.mine.yaml").exists()


@pytest.mark.parametrize(
    ("typed", "first", "last", "many"),
    [
        ("60", "s01", "s60", 60),
        ("s01..s60", "s01", "s60", 60),
        ("s8..11", "s8", "s11", 4),
        ("ann, g-1..g-3, bob", "ann", "bob", 5),
        (str(MOST_SEATS), "s001", f"s{MOST_SEATS}", MOST_SEATS),
        ("1", "s01", "s01", 1),
    ],
)
def test_seats_by_number_or_from_one_to_another(
    run: Run, project: Path, typed: str, first: str, last: str, many: int
) -> None:
    said = run("new", "mine", *given(notebook__seats=typed), *DAY)
    assert said.code == 0, said.err
    seats = made(project).notebook.seats
    assert (seats[0], seats[-1], len(seats)) == (first, last, many)


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("0", "notebook.seats: must name at least 1"),
        ("999999999999999999", "999999999 seats are too many; 500 at most"),
        (f"s1..s{MOST_SEATS + 1}", "501 seats are too many; 500 at most"),
        ("s9..s1", "s9..s1: ends before it begins"),
        ("a1..b3", "a1..b3: begins with 'a' and ends with 'b'"),
        ("ann..bob", "notebook.seats[0]: must be 1 to 20"),
        ("60, ann", "notebook.seats[0]: must be 1 to 20"),
    ],
)
def test_seats_that_cannot_be_meant_are_refused(
    run: Run, project: Path, typed: str, told: str
) -> None:
    said = run("new", "mine", *given(notebook__seats=typed), *DAY)
    assert said.code == 2
    assert told in " ".join(said.err.split())


def test_the_questions_tell_how_to_give_seats_and_for_how_long_the_money_is(
    run: Run, project: Path, at_terminal: Sit
) -> None:
    answers = {**ANSWERS, "lab.cloud": "Aws", "notebook.seats": "3"}
    asks = [one for one in questions() if one.asked and "aws" in one.clouds]
    at_terminal([answers.get(one.key, one.default) for one in asks])
    said = run("new", "mine", *DAY)
    assert said.code == 0, said.err
    told = " ".join(said.err.split())
    assert "(ann, bob; or s01..s60; or how many)" in told
    assert "US dollars that the lab may cost per month" in told
    assert made(project).notebook.seats == ("s01", "s02", "s03")


def test_ctrl_c_keeps_what_was_answered(run: Run, project: Path, at_terminal: Sit) -> None:
    at_terminal(["AWS", "frankfurt", "nobody", "b@example.edu", None])
    said = run("new", "mine", "--set", "notebook.seats=ann, bob", *DAY)
    assert said.code == 130
    assert "no file was written" in said.err
    again = shlex.split(said.err.splitlines()[-1])
    assert again[:3] == ["mllab", "new", "mine"]
    assert again[4::2] == [
        "notebook.seats=ann, bob",
        "lab.cloud=AWS",
        "region=frankfurt",
        "lab.owner=b@example.edu",
    ]
    assert not (project / "stacks" / "Pulumi.mine.yaml").exists()
    rest = ["--set", "lab.ends=2027-03-01", "--set", "budget.limit_usd=9"]
    assert at_terminal([""] * 20) == []
    assert run(*again[1:], *rest, *DAY).code == 0
    assert (made(project).lab.owner, made(project).region) == ("b@example.edu", "eu-central-1")
