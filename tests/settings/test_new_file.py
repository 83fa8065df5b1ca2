"""`mllab new`: the file that the answers make, and what is never overwritten."""

from __future__ import annotations

import resource
import sys
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mllab.errors import SettingsError, UsageError
from mllab.settings import document, files
from mllab.settings.reference import written
from mllab.stackfiles import new
from tests.settings.answers import LEAST, LEAST_ON, NOW, QUESTIONS


def answer_all(typed: dict[str, str]) -> dict[str, object]:
    answers: dict[str, object] = {}
    for question in new.questions():
        if typed["lab.cloud"] in question.clouds:
            typed_here = typed.get(question.key, "")
            answers[question.key] = question.parse(typed_here, answers, now=NOW)
    return answers


def test_the_written_file_is_the_lab_that_was_answered(project):
    typed = LEAST | {
        "lab.name": "spring",
        "lab.starts": "2027-1-11",
        "notebook.seats": "null, no, ann",
        "notebook.stop_at": "none",
        "notebook.time_zone": "America/Argentina/Buenos_Aires",
        "cluster.spot": "no",
        "budget.limit_usd": "1e3",
        "budget.warn_percent": "90",
        "budget.notify": "o'neil+x@example.edu, {b}@example.edu",
        "aws.image": "ami-0123456789abcdef0",
    }
    path = new.write(project, "my-lab", answer_all(typed), NOW)
    assert path == project / "stacks" / "Pulumi.my-lab.yaml"
    lab = files.load(path, now=NOW)
    assert lab == files.from_config("my-lab", files.config(path))
    assert (lab.name, lab.stack, lab.region) == ("spring", "my-lab", "us-east-1")
    assert lab.lab.starts == date(2027, 1, 11)
    assert lab.notebook.seats == ("null", "no", "ann")
    assert lab.notebook.stop_at is None
    assert lab.notebook.time_zone == "America/Argentina/Buenos_Aires"
    assert not lab.cluster.spot
    assert (lab.budget.limit_usd, lab.budget.warn_percent) == (1000, (90,))
    assert lab.budget.notify == ("o'neil+x@example.edu", "{b}@example.edu")
    assert lab.aws.image == "ami-0123456789abcdef0"


@pytest.mark.parametrize("cloud", LEAST_ON)
def test_every_setting_stands_in_the_file_with_its_comment(cloud):
    text = new.render("x", LEAST_ON[cloud])
    for key, question in QUESTIONS.items():
        name = question.written_key(cloud).rpartition(".")[2]
        explained = [line for line in text.splitlines() if line.endswith(f" # {question.text}")]
        assert any(f" {name}: " in line for line in explained) == (cloud in question.clouds), key


def test_the_file_says_both_ways_to_make_the_lab():
    head = new.render("x", LEAST).partition("config:")[0]
    assert "mllab up x " in head
    assert "pulumi up -s x\n" in head


@pytest.mark.parametrize(
    ("cloud", "key", "words"),
    [
        ("aws", "gcp.egress", "gcp.egress: is for labs on Google Cloud only; take it out"),
        ("aws", "project", "project: is for labs on Google Cloud only; take it out"),
        ("gcp", "aws.own_costs_only", "aws.own_costs_only: is for labs on AWS only; take it out"),
    ],
)
def test_a_setting_of_another_cloud_is_refused(cloud, key, words):
    with pytest.raises(SettingsError) as caught:
        new.render("x", LEAST_ON[cloud] | {key: QUESTIONS[key].default or "x"})
    assert caught.value.faults == (words,)


def test_a_filestore_is_billed_only_to_those_who_want_it(project):
    gcp = LEAST_ON["gcp"]
    free = files.load(new.write(project, "free", gcp, NOW))
    assert (free.storage.files, free.gcp.filestore) == (False, False)
    paid = files.load(new.write(project, "paid", gcp | {"gcp.filestore": "true"}, NOW))
    assert (paid.storage.files, paid.gcp.filestore) == (True, True)
    with pytest.raises(SettingsError, match="about 25 USD a month"):
        new.write(project, "unknowing", gcp | {"storage.files": "true"}, NOW)


def test_python_values_do_as_well(project):
    answers = {
        **LEAST,
        "lab.ends": date(2027, 2, 5),
        "budget.limit_usd": 99.5,
        "storage.keep": False,
        "notebook.seats": ("a", "b"),
        "budget.warn_percent": [50, 100],
    }
    lab = files.load(new.write(project, "x", answers, NOW))
    assert (lab.lab.ends, lab.budget.limit_usd) == (date(2027, 2, 5), 99.5)
    assert (lab.storage.keep, lab.notebook.seats) == (False, ("a", "b"))
    assert lab.budget.warn_percent == (50, 100)


def test_nothing_is_written_that_is_no_lab(project):
    with pytest.raises(SettingsError) as caught:
        new.write(project, "x", {"notebook.max_hours": "0"}, NOW)
    assert [fault.split(":")[0] for fault in caught.value.faults][-1] == "budget.limit_usd"
    assert len(caught.value.faults) == 6
    with pytest.raises(SettingsError, match=r"lab\.ends: is past"):
        new.write(project, "x", LEAST, NOW.replace(year=2028))
    with pytest.raises(
        SettingsError, match=r"notebook\.sise: is not a setting; did you mean noteb"
    ):
        new.write(project, "x", LEAST | {"notebook.sise": "gpu-small"}, NOW)
    with pytest.raises(UsageError, match="cannot be the name of a stack"):
        new.write(project, "../x", LEAST, NOW)
    with pytest.raises(SettingsError, match="stack: must be 1 to 63"):
        new.write(project, "X.y", LEAST, NOW)
    assert list((project / "stacks").iterdir()) == []


def test_what_exists_is_never_touched(project):
    path = project / "stacks" / "Pulumi.x.yaml"
    path.write_text("mine")
    with pytest.raises(UsageError) as caught:
        new.write(project, "x", LEAST, NOW)
    assert caught.value.message == "stacks/Pulumi.x.yaml exists already; nothing was changed"
    assert path.read_text() == "mine"
    path.unlink()
    path.symlink_to(project / "elsewhere")
    with pytest.raises(UsageError, match="exists already"):
        new.write(project, "x", LEAST, NOW)
    assert not (project / "elsewhere").exists()


def test_a_file_that_appears_at_the_last_moment_is_not_touched(project, monkeypatch):
    """Another `mllab new` between the check and the writing."""
    path = project / "stacks" / "Pulumi.x.yaml"
    check = new.check.lab

    def slow(*words):
        path.write_text("theirs")
        return check(*words)

    monkeypatch.setattr(new.check, "lab", slow)
    with pytest.raises(UsageError, match="exists already"):
        new.write(project, "x", LEAST, NOW)
    assert path.read_text() == "theirs"


def test_a_folder_that_cannot_be_written_is_told(project):
    (project / "stacks").rmdir()
    (project / "stacks").write_text("a file")
    with pytest.raises(UsageError, match=r"stacks/Pulumi\.x\.yaml cannot be written: "):
        new.write(project, "x", LEAST, NOW)


def test_a_full_disk_leaves_no_half_file(project, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # what is imported meanwhile stays whole
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        with pytest.raises(UsageError, match="cannot be written: File too large"):
            new.write(project, "x", LEAST, NOW)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list((project / "stacks").iterdir()) == []


def test_the_folder_is_made_when_it_is_missing(project):
    (project / "stacks").rmdir()
    assert new.write(project, "x", LEAST, NOW).exists()


@given(st.sampled_from(sorted(QUESTIONS)), st.text())
def test_whatever_is_typed_is_refused_or_means_itself(key, typed):
    question = QUESTIONS[key]
    least = LEAST_ON[question.clouds[0]]
    try:
        value = question.parse(typed, least)
    except SettingsError as refusal:
        said = refusal.faults
    else:
        said = ()
        text = new.render("x", {**least, key: value})
        held = document.parse(text.encode()).data["config"]
        section, _, name = question.written_key(question.clouds[0]).rpartition(".")
        read = held[f"mllab:{section}"].get(name) if section else held.get(name)
        assert written(read) == written(value) or read is None
    assert all(fault.startswith(key) for fault in said)
