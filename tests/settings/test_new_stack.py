"""`mllab new`: its questions, and how answers are read."""

from __future__ import annotations

import pytest

from mllab.errors import SettingsError
from mllab.settings import files
from mllab.settings.reference import settings, written
from mllab.stackfiles import new
from tests.settings.answers import LEAST_ON, NOW, QUESTIONS


def wrong(key: str, typed: str, answers: dict[str, object] | None = None) -> str:
    with pytest.raises(SettingsError) as caught:
        QUESTIONS[key].parse(typed, answers, now=NOW)
    assert len(caught.value.faults) == 1
    return caught.value.faults[0]


# ---------------------------------------- questions


def test_every_setting_is_a_question_in_the_order_of_the_file():
    keys = [setting.key for setting in settings()]
    assert sorted(QUESTIONS) == sorted(keys)
    assert list(QUESTIONS)[:2] == ["lab.cloud", "region"]
    assert list(QUESTIONS)[1:] == [key for key in keys if key != "lab.cloud"]


def test_each_question_explains_itself_in_a_line():
    for question in QUESTIONS.values():
        assert question.text.endswith(".")
        assert question.text.isprintable()
        assert 10 < len(question.text) < 120


def test_what_cannot_change_says_so():
    fixed = {key for key, question in QUESTIONS.items() if question.fixed}
    assert fixed == {"region", "project", "zone", "lab.cloud", "lab.name"}
    said = {key for key, question in QUESTIONS.items() if "Cannot change" in question.text}
    assert said == fixed


def test_few_are_asked_and_all_that_is_required():
    asked = {key for key, question in QUESTIONS.items() if question.asked}
    assert {key for key, question in QUESTIONS.items() if question.required} <= asked
    assert "lab.ends" in asked
    for cloud in LEAST_ON:
        assert len([key for key in asked if cloud in QUESTIONS[key].clouds]) < 20


@pytest.mark.parametrize("cloud", LEAST_ON)
def test_every_default_is_an_answer(project, cloud):
    least = LEAST_ON[cloud]
    lab = files.load(new.write(project, "x", least, NOW))
    for key, question in QUESTIONS.items():
        section, _, name = key.partition(".")
        if question.default and cloud in question.clouds:
            default = "false" if (key, cloud) == ("storage.files", "gcp") else question.default
            assert default == written(getattr(getattr(lab, section), name))
            assert written(question.parse("", least)) == question.default


@pytest.mark.parametrize(
    ("key", "typed", "value"),
    [
        ("notebook.size", " gpu-medium ", "gpu-medium"),
        ("notebook.size", "", "gpu-small"),
        ("notebook.size", "g6e.xlarge", "g6e.xlarge"),
        ("notebook.seats", "ann, bob,", ["ann", "bob"]),
        ("notebook.seats", "[ann]", ["ann"]),
        ("budget.warn_percent", "50,100", ["50", "100"]),
        ("storage.keep", "Yes", "true"),
        ("storage.keep", "n", "false"),
        ("notebook.stop_at", "never", None),
        ("notebook.stop_at", "", "03:00"),
        ("lab.starts", "", None),
        ("budget.notify", "", None),
    ],
)
def test_answers_are_read(key, typed, value):
    assert QUESTIONS[key].parse(typed) == value


@pytest.mark.parametrize(
    ("key", "typed", "words"),
    [
        (
            "notebook.size",
            "gpu-smal",
            "notebook.size: is unknown on AWS for a notebook machine; did you mean gpu-",
        ),
        ("notebook.size", "none", "notebook.size: must be a size"),
        ("notebook.max_hours", "12h", "notebook.max_hours: must be a whole number"),
        ("notebook.seats", "ann,ann", "notebook.seats: must name each only once; twice: ann"),
        ("notebook.seats", "ann,Bob", "notebook.seats[1]: must be 1 to 20"),
        ("lab.owner", "", "lab.owner: must be given"),
        ("lab.ends", "", "lab.ends: must be given, a course ends"),
        ("lab.ends", "2026-11-30", "lab.ends: is past, today is 2026-12-01"),
        (
            "region",
            "us-east1",
            "region: is a region of Google Cloud (South Carolina); did you mean us-east-1",
        ),
        ("storage.keep", "maybe", "storage.keep: must be true or false (got 'maybe')"),
    ],
)
def test_wrong_answers_are_refused_at_once(key, typed, words):
    assert wrong(key, typed, {"lab.cloud": "aws"}).startswith(words)


@pytest.mark.parametrize(
    ("key", "typed", "answers"),
    [
        ("notebook.size", "gpu-smal", {}),
        ("notebook.stop_at", "never", {"notebook.kind": "managed"}),
        ("storage.undelete_days", "3", {}),
        ("lab.name", "sthree-lab", {}),
        ("region", "us-east1", {}),
    ],
)
@pytest.mark.parametrize("cloud", [{}, {"lab.cloud": "azur"}])
def test_no_clouds_limits_hold_while_the_cloud_is_unknown(key, typed, answers, cloud):
    """Each is refused by one cloud at least."""
    QUESTIONS[key].parse(typed, answers | cloud)
    refused = []
    for known in LEAST_ON:
        try:
            QUESTIONS[key].parse(typed, answers | {"lab.cloud": known})
        except SettingsError:
            refused.append(known)
    assert refused


def test_an_answer_is_held_against_those_before():
    assert wrong("lab.ends", "2027-01-01", {"lab.starts": "2027-02-01"}).startswith(
        "lab.ends: must not be before lab.starts, 2027-02-01"
    )
    here = {"lab.cloud": "aws"}
    assert wrong("notebook.disk_gb", "40", here).startswith("notebook.disk_gb: must be at least 75")
    assert QUESTIONS["notebook.disk_gb"].parse("40", {"notebook.size": "cpu-small"}) == "40"
    assert QUESTIONS["lab.ends"].parse("", {"lab.profile": "strict"}) is None
