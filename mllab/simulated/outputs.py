"""What a resource shows after it was made: from its inputs, defaults, templates and rules."""

from __future__ import annotations

from mllab.protocol.provider import UNKNOWN, Properties
from mllab.simulated import names, schema
from mllab.simulated.kind import Kind
from mllab.simulated.names import Draw


class Maker:
    """Makes the outputs of one resource.

    Args:
        kind: of the resource.
        inputs: of the resource.
        base: what follows from the place, `region` and `account` among it.
        draw: for generated values; None in a preview, which cannot predict them.
    """

    def __init__(
        self,
        kind: Kind,
        inputs: Properties,
        base: Properties,
        draw: Draw | None,
    ) -> None:
        self._kind, self._base, self._draw = kind, {**inputs, **base}, draw
        self._given = {k: v for k, v in base.items() if k in kind.properties}
        self._given |= {k: v for k, v in kind.facts.defaults.items() if "." not in k}
        self._given |= {k: v for k, v in inputs.items() if "output" in kind.properties[k]}

    def make(self, kept: Properties, ruled: Properties) -> Properties:
        """All outputs, with the `id`; what cannot be known is UNKNOWN.

        Args:
            kept: outputs from before, whose generated parts stay; `id` among them.
            ruled: outputs that rules made.
        """
        found = {**self._given, **ruled}
        for name in self._kind.facts.computed:
            self._value(name, found, kept)
        for name in self._kind.facts.ruled:
            if name not in ruled:
                found[name] = self._foreseen(found.get(name), kept.get(name, UNKNOWN))
        return found

    def _foreseen(self, given: object, kept: object) -> object:
        """A ruled output before its rule was asked: what is given, or was there before.

        Of a block the inputs may give a part only; the cloud fills it up.
        """
        if given is None:
            return kept
        return _filled(kept, given, whole=not self._kind.fills)

    def _value(self, name: str, found: Properties, kept: Properties) -> object:
        if name in found:
            return found[name]
        template = self._kind.facts.computed.get(name)
        if template is None:
            return self._other(name, kept)
        if kept.get(name) is not None and (name == "id" or names.is_random(template)):
            found[name] = kept[name]
        else:
            text = names.fill(template, lambda part: self._value(part, found, kept), self._draw)
            found[name] = schema.parse(self._kind.properties.get(name), text)
        return found[name]

    def _other(self, name: str, kept: Properties) -> object:
        """What a template names and no template makes."""
        if name in self._base:
            return self._base[name]
        if name in self._kind.facts.ruled or name == "id":
            return kept.get(name, UNKNOWN)
        raise KeyError(f"{self._kind.token}: nothing says how {name} is made")


def _filled(kept: object, given: object, *, whole: bool) -> object:
    """What is given, with what the cloud filled blocks up with before; a list of blocks is kept or
    unknown, and so is a block where `whole` is said."""
    if isinstance(given, dict) and isinstance(kept, dict) and not whole:
        parts = {key: _filled(kept.get(key), part, whole=whole) for key, part in given.items()}
        return {**kept, **parts}
    if isinstance(given, dict) or (isinstance(given, list) and dict in map(type, given)):
        return kept if _covers(kept, given) else UNKNOWN
    return given


def _covers(kept: object, given: object) -> bool:
    """Whether blocks that were filled up before stand for the blocks that are given now."""
    if isinstance(given, list):
        if not isinstance(kept, list) or len(kept) != len(given):
            return False
        return all(_covers(*pair) for pair in zip(kept, given, strict=True))
    return isinstance(kept, dict) and isinstance(given, dict) and given.items() <= kept.items()
