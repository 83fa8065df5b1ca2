"""Stack files: where they are, what they hold, and the lab they describe.

`stacks/Pulumi.<stack>.yaml` is Pulumi's own stack configuration. What belongs to Pulumi (`encryptionsalt`, other
namespaces, their secrets) is left alone; only `mllab:...` and the cloud's region are ours.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from mllab.errors import SettingsError, UsageError
from mllab.settings import faults
from mllab.settings.document import Broken, Document, parse
from mllab.settings.lab import Lab

PROJECT: Final = "mllab"
FOLDER: Final = "stacks"
_FILE: Final = re.compile(r"Pulumi\.([A-Za-z0-9_.-]{1,100})\.yaml")
_OURS: Final = re.compile(rf"^name:\s*['\"]?{PROJECT}['\"]?\s*(#.*)?$", re.MULTILINE)
_REGION_KEYS: Final = {"aws": "aws:region"}
_SECTIONS: Final = frozenset(Lab.model_fields) - {"stack", "region"}

_Faults = list[tuple[tuple[str | int, ...], str]]  # path in the file, text


def project_root(start: Path) -> Path:
    """The folder with our Pulumi.yaml: `start` or one above it.

    Raises:
        UsageError: there is none.
    """
    for folder in (start.absolute(), *start.absolute().parents):
        try:
            if _OURS.search((folder / "Pulumi.yaml").read_text("utf-8")):
                return folder
        except (OSError, UnicodeDecodeError):
            continue
    raise UsageError(
        f"{start} is not inside an mllab project: no Pulumi.yaml with `name: {PROJECT}` there or above",
        cure="Change into the project's folder first.",
    )


def names(root: Path) -> list[str]:
    """Names of the stacks of a project, in alphabetical order."""
    try:
        entries = sorted(entry.name for entry in (root / FOLDER).iterdir())
    except OSError:
        return []
    return [found[1] for entry in entries if (found := _FILE.fullmatch(entry))]


def find(root: Path, stack: str) -> Path:
    """The file of a stack.

    Raises:
        UsageError: there is none; the message names those that exist.
    """
    if (
        _FILE.fullmatch(f"Pulumi.{stack}.yaml")
        and (path := root / FOLDER / f"Pulumi.{stack}.yaml").exists()
    ):
        return path
    known = names(root)
    near = get_close_matches(stack[:100], known, n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    there = f"stacks: {', '.join(known)}" if known else "there are no stacks yet"
    raise UsageError(
        f"there is no stack {stack[:100]!r} (no {FOLDER}/Pulumi.{stack[:100]}.yaml){hint}; {there}",
        cure=f"Make it with `mllab new {stack}`."
        if _FILE.fullmatch(f"Pulumi.{stack}.yaml")
        else "",
    )


def load(path: Path, *, today: date | None = None) -> Lab:
    """The lab that a stack file describes.

    Args:
        path: `stacks/Pulumi.<stack>.yaml`.
        today: refuse a lab that is over by then; None to take any.
    Raises:
        SettingsError: the file cannot be read or is wrong; all faults at once, with their lines.
    """
    where = _shown(path)
    named = _FILE.fullmatch(path.name)
    if named is None:
        raise SettingsError([f"{where}: must be called Pulumi.<stack>.yaml"])
    document = _read(path, where)
    config, found = _config_of(document)
    sections, more = _sections(config, ("config",))
    lab, wrong = _lab(named[1], config.get(_region_key(sections)), sections, today)
    for at, text in wrong:
        found.append((_in_file(at, sections), text))
    found += more
    if lab is None or found:
        raise SettingsError(
            _lines(where, document, found),
            cure=f"Correct {where}, then run `mllab check {named[1]}`.",
        )
    return lab


def config(path: Path) -> dict[str, str]:
    """The configuration in a stack file as Pulumi hands it to a program; secret values are left out.

    Returns:
        Full keys (`mllab:lab`, `aws:region`); objects and lists as JSON text, switches as `true` and `false`.
    Raises:
        SettingsError: the file cannot be read.
    """
    where = _shown(path)
    document = _read(path, where)
    values, found = _config_of(document)
    if found:
        raise SettingsError(_lines(where, document, found), cure=f"Correct {where}.")
    return {key: _handed_over(value) for key, value in values.items() if not _holds_secret(value)}


def from_config(stack: str, values: Mapping[str, str]) -> Lab:
    """The lab that plain `pulumi up` sees.

    Args:
        stack: Pulumi's name of the stack.
        values: Pulumi's configuration, full keys, objects as JSON text.
    Raises:
        SettingsError: all faults at once.
    """
    where = f"configuration of stack {stack}"
    found: _Faults = []
    opened: dict[str, Any] = {}
    for key, text in values.items():
        try:
            opened[key] = (
                json.loads(text, parse_constant=str) if text.startswith(("{", "[")) else text
            )
        except (ValueError, RecursionError):
            found.append(((key,), "is not valid JSON"))
            opened[key] = {}
    sections, more = _sections(opened, ())
    lab, wrong = _lab(stack, opened.get(_region_key(sections)), sections, None)
    found += more + wrong
    if lab is None or found:
        lines = [f"{where}: {faults.dotted(at)}: {text}" for at, text in found]
        raise SettingsError(
            lines, cure=f"Correct {FOLDER}/Pulumi.{stack}.yaml, or use `pulumi config set --path`."
        )
    return lab


def _lab(
    stack: str, region: Any, sections: dict[str, Any], today: date | None
) -> tuple[Lab | None, _Faults]:
    about = sections.get("lab")
    cloud = about.get("cloud") if isinstance(about, dict) else None
    context = {"stack": stack, "cloud": cloud, "today": today}
    given = {**sections, "stack": stack}
    given.setdefault("lab", {})
    given.setdefault("budget", {})
    if region is not None:
        given["region"] = region
    try:
        return Lab.model_validate(given, context=context), []
    except ValidationError as exc:
        return None, faults.read(exc)


def _sections(values: Mapping[str, Any], above: tuple[str, ...]) -> tuple[dict[str, Any], _Faults]:
    """Our sections without the namespace, and what is secret in them."""
    found: _Faults = []
    sections: dict[str, Any] = {}
    for key, value in values.items():
        namespace, _, name = key.partition(":")
        if namespace != PROJECT:
            continue
        if _holds_secret(value):
            found.append(
                (
                    (*above, key),
                    "must not be secret: no setting is, and Pulumi would hide the whole section",
                )
            )
        elif name in ("stack", "region"):
            found.append(
                (
                    (*above, key),
                    "is not a setting; the region is `aws:region`, the stack's name is the file's",
                )
            )
        elif value is not None:
            sections[name] = value
    return sections, found


def _region_key(sections: Mapping[str, Any]) -> str:
    about = sections.get("lab")
    cloud = about.get("cloud") if isinstance(about, dict) else None
    return _REGION_KEYS.get(cloud if isinstance(cloud, str) else "", _REGION_KEYS["aws"])


def _holds_secret(value: Any) -> bool:
    if isinstance(value, dict):
        return set(value) == {"secure"} or any(_holds_secret(inner) for inner in value.values())
    return isinstance(value, list) and any(_holds_secret(inner) for inner in value)


def _handed_over(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False)


def _read(path: Path, where: str) -> Document:
    try:
        return parse(path.read_bytes())
    except IsADirectoryError as exc:
        raise SettingsError([f"{where}: is a folder, not a file"]) from exc
    except FileNotFoundError as exc:
        raise SettingsError([f"{where}: does not exist"]) from exc
    except OSError as exc:
        raise SettingsError([f"{where}: cannot be read: {exc.strerror or exc}"]) from exc
    except Broken as exc:
        raise SettingsError(
            [f"{where}{exc.place}: {exc.message}"], cure=f"Correct {where}."
        ) from exc


def _config_of(document: Document) -> tuple[dict[str, Any], _Faults]:
    """What stands under `config:`, and what is wrong around it."""
    found: _Faults = list(document.faults)
    values = document.data.get("config")
    for key in document.data:
        plain = key.removeprefix(f"{PROJECT}:")
        if plain in _SECTIONS or ":" in key:
            found.append(((key,), "must stand under `config:`, indented"))
    if not document.data:
        found.append(((), "is empty; it must hold `config:` with the settings below it"))
    elif not isinstance(values, dict):
        near = "" if "config" in document.data else _misspelled(document.data)
        found.append(
            (
                ("config",),
                f"must hold the settings, like `{PROJECT}:lab: {{cloud: aws, ...}}`{near}",
            )
        )
        values = {}
    for key in values or {}:
        if ":" not in key:
            hint = f"; write {PROJECT}:{key}" if key in _SECTIONS else ""
            found.append(
                (("config", key), f"must have a namespace, like {PROJECT}:lab or aws:region{hint}")
            )
    return dict(values or {}), found


def _misspelled(data: Mapping[str, Any]) -> str:
    near = get_close_matches("config", [key for key in data if len(key) < 20], n=1)
    return f"; is {near[0]!r} in the file meant to be config?" if near else ""


def _in_file(path: tuple[str | int, ...], sections: Mapping[str, Any]) -> tuple[str | int, ...]:
    """Where in the file a field of the lab stands."""
    if path and path[0] == "region":
        return ("config", _region_key(sections))
    return ("config", f"{PROJECT}:{path[0]}", *path[1:]) if path else ("config",)


def _lines(where: str, document: Document, found: _Faults) -> list[str]:
    placed = sorted(
        {(document.line(at), faults.dotted(_spoken(at)), text) for at, text in found},
        key=lambda line: line[:2],
    )
    return [f"{where}:{line}: {f'{name}: ' if name else ''}{text}" for line, name, text in placed]


def _spoken(path: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """`notebook.size` for (`config`, `mllab:notebook`, `size`); other keys as they stand there."""
    if len(path) > 1 and path[0] == "config":
        return (str(path[1]).removeprefix(f"{PROJECT}:"), *path[2:])
    return path


def _shown(path: Path) -> str:
    """The path as seen from the project's folder."""
    try:
        return path.absolute().relative_to(project_root(path.absolute().parent)).as_posix()
    except (UsageError, ValueError):
        return str(path)
