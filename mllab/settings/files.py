"""Stack files: where they are, what they hold, and the lab they describe.

`stacks/Pulumi.<stack>.yaml` is Pulumi's own stack configuration. What belongs to Pulumi
(`encryptionsalt`, other namespaces, their secrets) is left alone; `mllab:...` and the cloud's
region are ours.
"""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from mllab.clouds.registry import CLOUDS
from mllab.errors import SettingsError, UsageError
from mllab.settings import check
from mllab.settings.document import CONFIG, MAX_BYTES, Broken, Document, parse
from mllab.settings.faults import NAMESPACE, Fault, spoken
from mllab.settings.fields import nearest
from mllab.settings.lab import Lab

PROJECT: Final = NAMESPACE  # Pulumi takes the project's name for the namespace of its settings
FOLDER: Final = "stacks"
WEEK: Final = "settings, like `seat_hours: 8`"
USAGE: Final = f"{NAMESPACE}:usage"
_SECRETS: Final = frozenset().union(*(cloud.secret_keys for cloud in CLOUDS.values()))
_FILE: Final = re.compile(r"Pulumi\.([A-Za-z0-9_.-]{1,100})\.yaml")
_OURS: Final = re.compile(rf"^name:\s*['\"]?{PROJECT}['\"]?\s*(#.*)?$", re.MULTILINE)


def project_root(start: Path) -> Path:
    """The folder with our Pulumi.yaml: `start` or one above it.

    Raises:
        UsageError: there is none.
    """
    for folder in (start.absolute(), *start.absolute().parents):
        try:
            if is_ours((folder / "Pulumi.yaml").read_text("utf-8")):
                return folder
        except (OSError, ValueError):  # none there, or not text
            continue
    raise UsageError(
        f"{start} is not inside an mllab project: no Pulumi.yaml with `name: mllab` from there up",
        hint="Change into the project's folder first, or make one: mllab init my-labs",
    )


def is_ours(text: str) -> bool:
    """Whether a Pulumi.yaml is of an mllab project."""
    return _OURS.search(text) is not None


def names(root: Path) -> list[str]:
    """Names of the stacks of a project, in alphabetical order."""
    try:
        entries = sorted(entry.name for entry in (root / FOLDER).iterdir())
    except OSError:
        return []
    return [found[1] for entry in entries if (found := _FILE.fullmatch(entry))]


def file_of(root: Path, stack: str) -> Path:
    """Where the file of a stack is, or would be.

    Raises:
        UsageError: the name cannot be a stack's.
    """
    if not _FILE.fullmatch(f"Pulumi.{stack}.yaml"):
        raise UsageError(
            f"{stack[:100]!r} cannot be the name of a stack",
            hint="Take letters, digits and hyphens, like aws-course.",
        )
    return root / FOLDER / f"Pulumi.{stack}.yaml"


def find(root: Path, stack: str) -> Path:
    """The file of a stack.

    Raises:
        UsageError: there is none; the message names those that exist.
    """
    path = file_of(root, stack)
    if path.exists():
        return path
    known = names(root)
    there = f"stacks: {', '.join(known)}" if known else "there are no stacks yet"
    raise UsageError(
        f"there is no stack {stack}{nearest(stack, known)}; {there}",
        hint=f"Make it with `mllab new {stack}`.",
    )


def load(path: Path, *, now: datetime | None = None, usage: Path | None = None) -> Lab:
    """The lab that a stack file describes.

    Args:
        path: `stacks/Pulumi.<stack>.yaml`.
        now: refuse a lab that is over by then, where it is; None to take any.
        usage: a file with the settings of the section `usage`, which it takes the place of.
    Raises:
        SettingsError: the file cannot be read or is wrong; all faults at once, with their lines.
    """
    where = _shown(path)
    named = _FILE.fullmatch(path.name)
    if named is None:
        raise SettingsError([f"{where}: must be called Pulumi.<stack>.yaml"])
    document = _read(path, where)
    values, found = _configuration(document)
    told: list[Fault] = []
    week = _read(usage, str(usage), WEEK) if usage else Document()
    if values is not None:
        if usage:
            values = {**values, USAGE: week.data}
            told += week.faults or ([] if week.data else [((), f"is empty; it must hold {WEEK}")])
        lab, wrong = check.lab(named[1], values, now)
        for at, words in wrong:
            if usage and at[0] == USAGE:
                told.append((at[1:], words))
            else:
                found.append((("config", *at), words))
        if lab is not None and not found and not told:
            return lab
    lines = _lines(where, document, found) + _lines(str(usage), week, told)
    raise SettingsError(lines, hint=_hint(where, named[1]) if found else f"Correct {usage}.")


def config(path: Path) -> dict[str, str]:
    """The configuration in a stack file as Pulumi hands it to a program, secrets left out.

    Returns:
        By full key (`mllab:lab`, `aws:region`); objects and lists as JSON text.
    Raises:
        SettingsError: the file cannot be read.
    """
    where = _shown(path)
    document = _read(path, where)
    values, found = _configuration(document)
    if values is None or found:
        raise SettingsError(_lines(where, document, found), hint=f"Correct {where}.")
    return {
        key: _handed_over(value) for key, value in values.items() if not check.holds_secret(value)
    }


def places(path: Path) -> Callable[[str], str]:
    """Where each setting stands: `lab.profile` -> `stacks/Pulumi.my-course.yaml:8`.

    What is not in the file is where its section is, or nowhere: the answer is then empty.

    Raises:
        SettingsError: the file cannot be read.
    """
    where = _shown(path)
    document = _read(path, where)

    def place(setting: str) -> str:
        section, *rest = setting.split(".")
        at: tuple[str, ...] = ("config", f"{NAMESPACE}:{section}", *rest)
        while len(at) > 1:
            if at in document.lines:
                return f"{where}:{document.lines[at]}"
            at = at[:-1]
        return ""

    return place


def from_config(stack: str, values: Mapping[str, str], *, now: datetime | None = None) -> Lab:
    """The lab that plain `pulumi up` sees.

    Args:
        stack: Pulumi's name of the stack.
        values: Pulumi's configuration by full key, objects as JSON text.
        now: see load.
    Raises:
        SettingsError: all faults at once.
    """
    lab, found = check.lab(stack, values, now)
    if lab is not None:
        return lab
    lines = [f"stack {stack}: {spoken(at)}: {words}" for at, words in found]
    raise SettingsError(lines, hint=_hint(f"{FOLDER}/Pulumi.{stack}.yaml", stack))


def _hint(where: str, stack: str) -> str:
    return f"Correct {where}, then run `mllab check {stack}`."


def _read(path: Path, where: str, holds: str = CONFIG) -> Document:
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise SettingsError([f"{where}: is a folder, not a file"])
        if not stat.S_ISREG(mode):
            raise SettingsError([f"{where}: is not a regular file"])
        with path.open("rb") as file:
            return parse(file.read(MAX_BYTES + 1), holds)
    except FileNotFoundError as exc:
        raise SettingsError([f"{where}: does not exist"]) from exc
    except (OSError, ValueError) as exc:  # ValueError: a path with a null character
        why = getattr(exc, "strerror", None) or exc
        raise SettingsError([f"{where}: cannot be read: {why}"]) from exc
    except Broken as exc:
        raise SettingsError([f"{where}{exc.place}: {exc.words}"], hint=f"Correct {where}.") from exc


def _configuration(document: Document) -> tuple[dict[str, Any] | None, list[Fault]]:
    """What stands under `config:`, None if nothing does; and what is wrong around it."""
    found: list[Fault] = list(document.faults)
    if not document.data:
        return None, [((), f"is empty; it must hold {CONFIG}")]
    values = document.data.get("config")
    if document.data.get("environment"):
        words = (
            "is of Pulumi ESC: its values are in Pulumi's service and cannot be read here; write"
            " them under `config:`, and to have its variables: pulumi env run NAME -- mllab ..."
        )
        found.append((("environment",), words))
    for key in document.data:
        if ":" in key or key in check.SECTIONS:
            found.append(((key,), "must stand under `config:`, indented"))
    if not isinstance(values, dict):
        near = next((key for key in document.data if nearest(key, ["config"])), "config")
        words = "must hold the settings" if near == "config" else "is unknown; did you mean config?"
        found.append(((near,), words))
        return None, found
    for key, value in values.items():
        if _is_bare_secret(key, value):
            words = (
                "is a secret in plain text, which whoever sees the file can use; take it out, have"
                f" a new one made, and log in; or `pulumi config set --secret {key}` encrypts it"
            )
            found.append((("config", key), words))
        if ":" not in key:
            hint = f"; write mllab:{key}" if key in check.SECTIONS else ", like aws:region"
            found.append((("config", key), f"must begin with its namespace{hint}"))
    return values, found


def _is_bare_secret(key: str, value: Any) -> bool:
    """Whether a value that nobody else should know stands there unencrypted."""
    if value in (None, "") or check.holds_secret(value):
        return False
    return key in _SECRETS or (isinstance(value, str) and "PRIVATE KEY" in value)


def _handed_over(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False)


def _lines(where: str, document: Document, found: list[Fault]) -> list[str]:
    """One line per fault, in the order of the file."""
    lines = []
    for at, words in found:
        inner = at[1:] if at[:1] == ("config",) and len(at) > 1 else at
        name = f"{spoken(inner)}: " if inner else ""
        lines.append((document.line(at), f"{name}{words}"))
    return [f"{where}:{line}: {words}" for line, words in sorted(lines)]


def _shown(path: Path) -> str:
    """The path as seen from the project's folder."""
    try:
        return path.absolute().relative_to(project_root(path.absolute().parent)).as_posix()
    except (UsageError, ValueError):
        return str(path)
