"""Every setting as the README's tables and `mllab new` show it, taken from the models."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, BeforeValidator
from pydantic.fields import FieldInfo

from components import catalog
from mllab.clouds.registry import HERE, PLACES
from mllab.settings.fields import Choice, Listed, Money, Whole
from mllab.settings.lab import Lab


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One setting.

    Args:
        key: `notebook.size`; `region`, `project` and `zone` for what a provider's own keys say.
        text: what it is for, one line.
        kind: `text`, `number`, `switch` (true or false) or `list`.
        default: as the file would have it; empty when there is none.
        required: there is no lab without it, on its clouds.
        choices: the words to choose from, empty when there are other ways.
        limits: `15 to 1440`, `true, false`; empty when only the text tells.
        fixed: cannot change after the first `up`.
        asked: one of the few that nearly every lab sets.
        clouds: that it is for; refused on the others.
    """

    key: str
    text: str
    kind: str
    default: str
    required: bool
    choices: tuple[str, ...]
    limits: str
    fixed: bool
    asked: bool
    clouds: tuple[str, ...]

    def written_key(self, cloud: object) -> str:
        """The key as a cloud's file has it: `aws:region`, `notebook.size`."""
        known = PLACES.get(str(cloud))
        return known.config_keys.get(self.key, self.key) if known else self.key


def settings() -> tuple[Setting, ...]:
    """All settings, in the order of the file: where the lab is, then section by section."""
    found = []
    for name, field in Lab.model_fields.items():
        model: Any = field.annotation
        if isinstance(model, type) and issubclass(model, BaseModel):
            for inner, its in model.model_fields.items():
                found.append(_setting(key := f"{name}.{inner}", its, _clouds(key)))
        elif clouds := tuple(cloud.name for cloud in PLACES.values() if name in cloud.config_keys):
            found.append(_setting(name, field, clouds))
    return tuple(found)


def _clouds(key: str) -> tuple[str, ...]:
    """Where a setting of a section has a meaning."""
    section = key.partition(".")[0]
    if section in PLACES:
        return (section,)
    refused = {
        name for name, cloud in PLACES.items() if cloud.refused_settings.get(key, "?")[0] is None
    }
    return tuple(name for name in PLACES if name not in refused)


def refused() -> list[tuple[str, str]]:
    """The settings that have no meaning on this machine, each with the reason, in Markdown."""
    return [
        (f"`{key}{f': {value}' if value else ''}`", f"refused: {why}")
        for key, (value, why) in HERE.refused_settings.items()
    ]


def written(value: Any) -> str:
    """A checked value as a person would type it; empty for none."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, time):
        return value.isoformat("minutes")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return ", ".join(written(each) for each in value)
    return str(value)


def _setting(key: str, field: FieldInfo, clouds: tuple[str, ...]) -> Setting:
    checks = [data.func for data in field.metadata if isinstance(data, BeforeValidator)]
    check = next((each for each in checks if isinstance(each, Choice | Whole | Money)), None)
    kind, choices = "text", check.words if isinstance(check, Choice) else ()
    if field.annotation is bool:
        kind, choices = "switch", ("true", "false")
    elif field.annotation in (int, float, Decimal, Decimal | None):
        kind = "number"
    elif Listed in field.metadata:
        kind = "list"
    elif key.endswith(".size"):
        choices = tuple(catalog.SIZES)
    marks = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    required = field.is_required() or bool(marks.get("required"))
    return Setting(
        key=key,
        text=field.description or "",
        kind=kind,
        default="" if field.is_required() else written(field.default),
        required=required,
        choices=choices,
        limits=", ".join(choices) or str(check or ""),
        fixed=bool(marks.get("fixed")),
        asked=required or bool(marks.get("asked")),
        clouds=clouds,
    )
