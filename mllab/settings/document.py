"""A stack file as plain data that knows its lines.

The file is read the way Pulumi reads it, so that `pulumi up` and we see the same values: `20:00`,
`yes` and dates are text. What the two could read differently (`010`, `0x10`, `1_000`) stays text,
and the settings refuse it. Anchors, aliases and tags are refused: a page of settings needs none,
and they are the way to make a small file huge.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import (
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from ruamel.yaml.reader import ReaderError

Path = tuple[str | int, ...]

CONFIG: Final = "`config:` with the settings below it"
MAX_BYTES: Final = 64 * 1024  # five hundred seats take 11
_MAX_DEPTH: Final = 20  # settings need 3
_HALF: Final = re.compile("[\ud800-\udfff]")  # surrogates, which no text in UTF-8 can hold
# What editors and word processors put in the place of a blank, and what cannot be seen at all.
_BLANKS: Final = re.compile("[\u00a0\u1680\u2000-\u200f\u202f\u205f\u2060\u3000\ufeff]")
_NULL: Final = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE: Final = frozenset({"true", "True", "TRUE"})
_FALSE: Final = frozenset({"false", "False", "FALSE"})
_INTEGER: Final = re.compile(r"[+-]?(0|[1-9][0-9]{0,29})")
_NUMBER: Final = re.compile(
    r"[+-]?((0|[1-9][0-9]{0,29})(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?"
)


class Broken(Exception):
    """The text is no document; `place` is `:line:column` or empty."""

    def __init__(self, words: str, place: str = "") -> None:
        super().__init__(words)
        self.words, self.place = words, place


@dataclass
class Document:
    """What a stack file holds.

    Args:
        data: nested dict, list, str, int, float, bool and None; empty when the file holds nothing.
        lines: line number, from 1, of every path (keys and list positions).
        keys, values: where in the text the key and the plain value of a path stand, as
            `text[begin:end]`, with their quotes.
        faults: (path, text) of what was readable but wrong, such as a key that stands there twice.
    """

    data: dict[str, Any] = field(default_factory=dict)
    lines: dict[Path, int] = field(default_factory=dict)
    keys: dict[Path, tuple[int, int]] = field(default_factory=dict)
    values: dict[Path, tuple[int, int]] = field(default_factory=dict)
    faults: list[tuple[Path, str]] = field(default_factory=list)

    def line(self, path: Path) -> int:
        """The line of a path, or of the nearest thing around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def parse(raw: bytes, holds: str = CONFIG) -> Document:
    """Read a stack file's bytes.

    Args:
        holds: what such a file must hold, to be said where it is no mapping.
    Raises:
        Broken: too large, binary, not UTF-8, not YAML, or not a mapping.
    """
    build = _Builder(holds)
    for event in _events(_text(raw)):
        build.take(event)
    return build.document


def _events(text: str) -> Iterator[Event]:
    """What the parser finds, one thing after the other; Broken at the first it cannot make out."""
    events = YAML(typ="safe", pure=True).parse(text)
    while True:
        try:
            event = next(events, None)
        except MarkedYAMLError as exc:
            mark = exc.problem_mark or exc.context_mark
            place = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
            if mark:  # blanks that are none are what breaks a file that looks right
                _refuse_blanks(text.split("\n")[mark.line].partition(" #")[0], place)
            what = " ".join(part for part in (exc.problem, exc.context) if part)
            raise Broken(f"not valid YAML: {what}", place) from exc
        except ReaderError as exc:
            line = text.count("\n", 0, exc.position) + 1
            what = f"the character {chr(exc.character)!r} is not allowed"
            raise Broken(f"not valid YAML: {what}", f":{line}") from exc
        except Exception as exc:  # the parser's own slips, such as chr() of what is no character
            raise Broken(f"not valid YAML: {exc}") from exc
        if event is None:
            return
        yield event


def _text(raw: bytes) -> str:
    if len(raw) > MAX_BYTES:
        raise Broken(f"is longer than {MAX_BYTES:,} bytes; a stack file is a page of text")
    if b"\0" in raw and not raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Broken("is a binary file, not a stack file")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as exc:
        line = raw.count(b"\n", 0, exc.start) + 1
        raise Broken(
            f"is not UTF-8 text (byte 0x{raw[exc.start]:02x}); save it as UTF-8", f":{line}"
        ) from exc


class _Builder:
    """Turns parser events into a document, without recursion."""

    def __init__(self, holds: str) -> None:
        self._holds = holds
        self.document = Document()
        self._open: list[tuple[Any, Path]] = []  # containers that are not closed yet
        self._key: list[Any] = []  # the key whose value comes next, per open mapping
        self._documents = 0

    def take(self, event: Event) -> None:
        if isinstance(event, DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                raise Broken("must hold one YAML document, a second one begins here", _place(event))
            if event.version is not None or event.tags:
                raise Broken(
                    "must not begin with a % directive, Pulumi does not read it", _place(event)
                )
        elif isinstance(event, MappingEndEvent | SequenceEndEvent):
            self._open.pop()
            self._key.pop()
        elif isinstance(event, NodeEvent):
            self._node(event)

    def _node(self, event: NodeEvent) -> None:
        if event.anchor is not None:  # set or used
            raise Broken(
                "must not use anchors (&) and aliases (*), write the value out", _place(event)
            )
        if getattr(event, "ctag", None) is not None:
            raise Broken("must not use YAML tags (!), write the plain value", _place(event))
        if isinstance(event, ScalarEvent) and event.style is None:
            _refuse_blanks(event.value, _place(event))
        if isinstance(event, ScalarEvent) and _HALF.search(event.value):
            raise Broken(
                "holds half a character (\\ud800 to \\udfff), write it whole", _place(event)
            )
        if not self._open:
            self._root(event)
            return
        holder, path = self._open[-1]
        if isinstance(holder, dict) and self._key[-1] is None:
            self._begin_key(event, holder, path)
            return
        if isinstance(holder, dict):
            key, self._key[-1] = self._key[-1], None
            holder[key] = self._value(event, (*path, key), holder.get(key))
        else:
            here = (*path, len(holder))
            self.document.lines[here] = event.start_mark.line + 1
            holder.append(self._value(event, here))

    def _root(self, event: NodeEvent) -> None:
        if isinstance(event, ScalarEvent) and _scalar(event) is None:
            return  # a file of comments
        if not isinstance(event, MappingStartEvent):
            raise Broken(f"must hold {self._holds}", _place(event))
        self._open.append((self.document.data, ()))
        self._key.append(None)

    def _begin_key(self, event: NodeEvent, holder: dict[str, Any], path: Path) -> None:
        if not isinstance(event, ScalarEvent):
            raise Broken("must have plain words as keys", _place(event))
        line = event.start_mark.line + 1
        if event.value in holder:
            before = self.document.lines[(*path, event.value)]
            around = any(at == path[: len(at)] for at, _ in self.document.faults)
            if not around:  # what is around is told already
                words = f"stands there twice, first in line {before}"
                self.document.faults.append(((*path, event.value), words))
        self.document.lines[(*path, event.value)] = line
        self.document.keys[(*path, event.value)] = _span(event)
        self._key[-1] = event.value

    def _value(self, event: NodeEvent, path: Path, before: Any = None) -> Any:
        """The value at a path. A section that stands there twice is read as one, so that what is in
        either of them is not called missing besides."""
        if isinstance(event, ScalarEvent):
            self.document.values[path] = _span(event)
            return _scalar(event)
        if len(self._open) >= _MAX_DEPTH:
            raise Broken(f"must not be nested more than {_MAX_DEPTH} deep", _place(event))
        value: dict[str, Any] | list[Any] = [] if isinstance(event, SequenceStartEvent) else {}
        if isinstance(before, dict) and isinstance(value, dict):
            value = before
        self._open.append((value, path))
        self._key.append(None)
        return value


def _scalar(event: ScalarEvent) -> Any:
    text: str = event.value
    if event.style is not None:  # quoted or a block: text
        return text
    if text in _NULL:
        return None
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    if _INTEGER.fullmatch(text):
        return int(text)
    if _NUMBER.fullmatch(text):
        return float(text)
    return text


def _refuse_blanks(text: str, place: str) -> None:
    if found := _BLANKS.search(text):
        name, number = unicodedata.name(found[0]).lower(), ord(found[0])
        raise Broken(
            f"holds a {name} (U+{number:04X}), which only looks right; type a blank", place
        )


def _span(event: Event) -> tuple[int, int]:
    return event.start_mark.index, event.end_mark.index


def _place(event: Event) -> str:
    return f":{event.start_mark.line + 1}:{event.start_mark.column + 1}"
