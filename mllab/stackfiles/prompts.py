"""`new`: asks a person for a lab, or takes the answers from the command line."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from mllab.clouds.registry import CLOUDS, PLACES
from mllab.errors import Interrupted, SettingsError, UsageError
from mllab.settings import files, limits
from mllab.stackfiles import new

Ask = Callable[[new.Question, str], str]
"""Puts a question; the second argument is the fault of the last answer. Returns what was typed;
raises KeyboardInterrupt where somebody gives up."""


def write(root: Path, stack: str, given: Sequence[str], ask: Ask | None, now: datetime) -> Path:
    """Write a new stack file.

    Args:
        given: answers from the command line, `notebook.size=gpu-medium`.
        ask: asks for the usual settings that were not given; None where nobody is there.

    Raises:
        UsageError: the file exists, the stack's name cannot be the lab's and no other was given, or
            an answer is no `key=value`.
        SettingsError: all faults of the given answers, and required ones that are missing.
        Interrupted: after Ctrl-C at a question; says how to go on with what was answered.
    """
    path = files.file_of(root, stack)
    if path.exists():
        raise UsageError(
            f"{path.relative_to(root).as_posix()} exists already; nothing was changed",
            hint="Take another name, or edit that file.",
        )
    typed = _pairs(given)
    # Before anybody answers a question: keys that are no settings, a name that no lab can have.
    new.render(stack, typed)
    if "lab.name" not in typed:
        _can_name(stack)
    answers: dict[str, object] = {}
    faults: list[str] = []
    wrong: list[str] = []
    for question in new.questions():
        own = len(question.clouds) < len(PLACES)
        if own and answers.get("lab.cloud") not in question.clouds:
            continue
        try:
            if question.key in typed:
                answers[question.key] = question.parse(typed[question.key], answers, now=now)
            elif ask is not None and question.asked:
                said, answers[question.key] = _asked(question, ask, answers, now)
                typed[question.key] = said
            elif question.required:
                faults.append(f"{question.key}: must be given. {question.text}")
                wrong.append(question.key)
        except SettingsError as error:
            faults.extend(error.faults)
            wrong.append(question.key)
        except KeyboardInterrupt as error:
            hint = f"Go on with what was answered:\n  {_again(stack, typed, wrong)}"
            raise Interrupted("interrupted; no file was written", hint=hint) from error
    if faults:
        command = _again(stack, typed, wrong)
        raise SettingsError(
            faults, hint=f"No file was written. Fill in what is missing or wrong:\n  {command}"
        )
    return new.write(root, stack, answers, now)


def _again(stack: str, typed: Mapping[str, str], wrong: Sequence[str]) -> str:
    """The command that repeats what was right, with a place for what was not."""
    right = [f"{key}={value}" for key, value in typed.items() if key not in wrong]
    pairs = [shlex.quote(pair) for pair in right] + [f"{key}=..." for key in wrong]
    return " ".join([f"mllab new {stack}", *(f"--set {pair}" for pair in pairs)])


def _asked(
    question: new.Question, ask: Ask, answers: Mapping[str, object], now: datetime
) -> tuple[str, object]:
    """Ask until the answer is good: what was typed, and its value."""
    fault = ""
    while True:
        try:
            typed = ask(question, fault)
            return typed, question.parse(typed, answers, now=now)
        except SettingsError as error:
            fault = error.faults[0]


def _can_name(stack: str) -> None:
    try:
        limits.LAB_NAME(stack)
    except ValueError as error:
        raise UsageError(
            f"{stack!r} cannot be the name of a lab: {limits.LAB_NAME.words}",
            hint="Take another, or name the lab apart from its file: --set lab.name=my-course",
        ) from error


def _pairs(given: Sequence[str]) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for text in given:
        key, mark, value = text.partition("=")
        if not mark or not key.strip():
            raise UsageError(
                f"--set {text}: is no KEY=VALUE", hint="For example: --set notebook.size=gpu-medium"
            )
        pairs[key.strip()] = value
    # A stack file and README.md call them `aws:region`, `gcp:project`.
    ours = {key: name for cloud in CLOUDS.values() for name, key in cloud.config_keys.items()}
    return {ours.get(key, key): value for key, value in pairs.items()}
