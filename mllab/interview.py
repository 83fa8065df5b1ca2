"""`new`: asks a person for a lab, or takes the answers from the command line."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path

from mllab import new
from mllab.errors import SettingsError, UsageError
from mllab.settings import files

Ask = Callable[[new.Question, str], str]
"""Puts a question; the second argument is the fault of the last answer. Returns what was typed."""


def write(root: Path, stack: str, given: Sequence[str], ask: Ask | None, today: date) -> Path:
    """Write a new stack file.

    Args:
        given: answers from the command line, `notebook.size=gpu-medium`.
        ask: asks for the usual settings that were not given; None where nobody is there.

    Raises:
        UsageError: the file exists, an answer is no `key=value`, or required ones are missing.
        SettingsError: all faults of the given answers.
    """
    path = files.file_of(root, stack)
    if path.exists():
        raise UsageError(
            f"{path.relative_to(root).as_posix()} exists already; nothing was changed",
            cure="Take another name, or edit that file.",
        )
    typed = _pairs(given)
    new.render(stack, typed)  # refuses keys that are no settings, before anybody answers a question
    answers: dict[str, object] = {}
    faults: list[str] = []
    for question in new.questions():
        try:
            if question.key in typed:
                answers[question.key] = question.parse(typed[question.key], answers, today=today)
            elif ask is not None and question.asked:
                answers[question.key] = _asked(question, ask, answers, today)
            elif question.required:
                faults.append(f"{question.key}: must be given. {question.text}")
        except SettingsError as error:
            faults.extend(error.faults)
    if faults:
        missing = " ".join(f"--set {fault.partition(':')[0]}=..." for fault in faults)
        raise SettingsError(
            faults,
            cure=f"No file was written. Give what is missing:\n  mllab new {stack} {missing}",
        )
    return new.write(root, stack, answers, today)


def _asked(question: new.Question, ask: Ask, answers: Mapping[str, object], today: date) -> object:
    """Ask until the answer is good."""
    fault = ""
    while True:
        try:
            return question.parse(ask(question, fault), answers, today=today)
        except SettingsError as error:
            fault = error.faults[0]


def _pairs(given: Sequence[str]) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for text in given:
        key, mark, value = text.partition("=")
        if not mark or not key.strip():
            raise UsageError(
                f"--set {text}: is no KEY=VALUE", cure="For example: --set notebook.size=gpu-medium"
            )
        pairs[key.strip()] = value
    return pairs
