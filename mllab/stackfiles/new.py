"""A new stack file: what to ask for it, what it says, and writing it without harm to another."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from components import regions
from mllab.clouds import registry
from mllab.clouds.registry import CLOUDS, PLACES
from mllab.errors import SettingsError, UsageError
from mllab.settings import check, document, faults, files
from mllab.settings.clouds import OWN
from mllab.settings.fields import nearest
from mllab.settings.lab import Lab
from mllab.settings.reference import Setting, settings, written
from mllab.stackfiles import seats

_SWITCHES: Final = {"y": "true", "yes": "true", "n": "false", "no": "false"}
_NOTHING: Final = ("none", "null", "never")
# Text that needs no quotes: no number, and no word that a YAML reader takes for something else.
_PLAIN: Final = re.compile(
    r"(?!(?:y|yes|n|no|on|off|true|false|null)$)[a-z][a-z0-9_@./+-]*", re.IGNORECASE
)
_HEADER: Final = """\
# The lab {stack}. Every line says what it does; change what you like, then:
#   mllab check {stack}      is it right?
#   mllab rehearse {stack}   its whole life, simulated, without an account
#   mllab up {stack}         make it, in your own account; so does pulumi up -s {stack}
config:
"""


@dataclass(frozen=True, kw_only=True)
class Question(Setting):
    """What `mllab new` asks, see Setting."""

    def parse(
        self,
        typed: str,
        answers: Mapping[str, object] | None = None,
        *,
        now: datetime | None = None,
    ) -> object:
        """What was typed, checked by the model of its section.

        Args:
            typed: as a person types it, also in quotes as in a file; lists with commas; a cloud and
                a region as people call them; seats also as `s01..s60` or `60`. Nothing typed takes
                the default.
            answers: what was answered before, so that an `ends` before `starts` is found at once.
            now: refuse a last day that is past.
        Returns:
            A value for `answers`; None where nothing was given and nothing is needed.
        Raises:
            SettingsError: one fault, beginning with the key.
        """
        value = self._read(typed.strip().strip("\"'"), (answers or {}).get("lab.cloud"))
        told: dict[str, Any] = {"lab": {}, "budget": {}}
        for key, answer in {**(answers or {}), self.key: value}.items():
            section, _, name = key.rpartition(".")
            if answer is not None or (key == self.key and self.default):
                (told.setdefault(section, {}) if section else told)[name] = answer
        today = check.local_day(now, told.get("notebook"))
        context = {"cloud": told["lab"].get("cloud"), "today": today}
        path = tuple(self.key.split("."))
        try:
            Lab.model_validate(told, context=context)
        except ValidationError as exc:
            for at, words in faults.read(exc):
                if at[: len(path)] == path:
                    raise SettingsError([f"{faults.dotted(at)}: {words}"]) from exc
        return value

    @property
    def form(self) -> str:
        """How to answer, where the text alone does not tell."""
        return seats.FORM if self.key == seats.KEY else self.limits

    def _read(self, typed: str, cloud: object) -> object:
        typed = typed or self.default
        if not typed or (typed.lower() in _NOTHING and not self.required):
            return None
        if self.kind == "list":
            parts = [part.strip() for part in typed.strip("[]").split(",") if part.strip()]
            return seats.named(parts) if self.key == seats.KEY else parts
        if self.key == "lab.cloud":
            return registry.called(typed)
        if self.key == "region" and cloud in CLOUDS:
            return regions.called(str(cloud), typed)
        return _SWITCHES.get(typed.lower(), typed) if self.kind == "switch" else typed


def questions() -> tuple[Question, ...]:
    """Every setting as a question, the cloud before all that depends on it; `asked` marks the
    usual ones."""
    found = [Question(**vars(setting)) for setting in settings()]
    return tuple(sorted(found, key=lambda question: question.key != "lab.cloud"))


def render(
    stack: str, answers: Mapping[str, object], left_out: Collection[str] = frozenset()
) -> str:
    """The text of a stack file: every setting with its comment.

    Args:
        answers: key to value, `{"notebook.size": "gpu-small"}`, as `Question.parse` gives them.
            What is left out takes its default.
        left_out: keys whose default does not go with the answers; they stand there as a comment.
    Raises:
        SettingsError: a key is not a setting, or one of another cloud.
    """
    known = {setting.key: setting for setting in settings()}
    if unknown := [key for key in answers if key not in known]:
        raise SettingsError([f"{key}: is not a setting{nearest(key, known)}" for key in unknown])
    cloud = registry.called(str(answers.get("lab.cloud")))
    own = OWN.get(cloud)
    given = [known[key] for key, value in answers.items() if value is not None]
    if lines := [f"{each.key}: {words}" for each in given if (words := _foreign(each, cloud))]:
        raise SettingsError(lines)
    text = _HEADER.format(stack=stack)
    above = ""
    for key, setting in known.items():
        if _foreign(setting, cloud):
            continue
        section, _, name = setting.written_key(cloud).rpartition(".")
        if section != above:
            text += f"  {faults.NAMESPACE}:{section}:\n"
            above = section
        default = setting.default
        if key == "storage.files" and own and (switch := own.FILES_SWITCH):
            default = written(answers.get(switch) or False)
        value = answers.get(key, default or None)
        if (value is not None or default) and key not in left_out:
            line = f"{name}: {_yaml(setting, value)}"
        else:
            line = f"# {name}: ..."
        text += f"{'    ' if section else '  '}{line} # {setting.text}\n"
    return text


def _foreign(setting: Setting, cloud: object) -> str:
    """Why a cloud does not take a setting; empty if it does, or is not known yet."""
    if str(cloud) not in PLACES or cloud in setting.clouds:
        return ""
    titles = " or ".join(PLACES[name].title for name in setting.clouds)
    return f"is for labs on {titles} only; take it out"


def write(root: Path, stack: str, answers: Mapping[str, object], now: datetime) -> Path:
    """Write `stacks/Pulumi.<stack>.yaml`; what exists already is never touched.

    Args:
        root: the project's folder. answers: see render. now: refuse a lab that is over by then.
    Returns:
        Where the file is.
    Raises:
        SettingsError: the answers make no lab; nothing was written.
        UsageError: the name cannot be a stack's, the file exists, or it cannot be written.
    """
    path = files.file_of(root, stack)
    left_out: set[str] = set()
    while True:
        text = render(stack, answers, left_out)
        found = _faults(stack, text, now)
        wrong = {faults.spoken(at) for at, _ in found}
        # What nobody gave is a default that does not go with the rest. Without it, more may show.
        if wrong <= left_out | answers.keys():
            break
        left_out |= wrong - answers.keys()
    if found:
        lines = [f"{faults.spoken(at)}: {words}" for at, words in found]
        raise SettingsError(lines, hint="No file was written.")
    create(root, path, text)
    return path


def _faults(stack: str, text: str, now: datetime) -> list[tuple[faults.Path, str]]:
    """Where a file is wrong, and why."""
    _, found = check.lab(stack, document.parse(text.encode()).data["config"], now)
    return found


def create(root: Path, path: Path, text: str) -> None:
    """A whole new stack file or none.

    Raises:
        UsageError: it exists already, or cannot be written.
    """
    where = path.relative_to(root).as_posix()
    try:
        path.parent.mkdir(exist_ok=True)
        _create(path, text)
    except OSError as exc:
        if isinstance(exc, FileExistsError) and path.parent.is_dir():
            hint = "Take another name, or edit that file."
            raise UsageError(f"{where} exists already; nothing was changed", hint=hint) from exc
        raise UsageError(f"{where} cannot be written: {exc.strerror or exc}") from exc


def _create(path: Path, text: str) -> None:
    """A whole new file or none."""
    file = path.open("x", encoding="utf-8")
    try:
        with file:
            file.write(text)
    except OSError:
        path.unlink()  # half of it, and nobody else's
        raise


def _yaml(setting: Setting, value: object) -> str:
    """A value as YAML reads it back."""
    if value is None:
        return "null"
    if setting.kind == "list":
        parts = value if isinstance(value, list | tuple) else written(value).split(", ")
        return f"[{', '.join(_quoted(written(part)) for part in parts)}]"
    words = written(value)
    return _quoted(words) if setting.kind == "text" else words


def _quoted(words: str) -> str:
    return words if _PLAIN.fullmatch(words) or words.isdigit() else json.dumps(words)
