"""Types that no lab may have."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from mllab.engines.contract import Resource
from mllab.rules.clouds import FACTS
from mllab.rules.finding import Break, Graph
from mllab.rules.values import rule


def _refused(_: Resource, __: Graph) -> Iterable[str]:
    return ("no lab may have one",)


_ANY: Final = (Break({"name": "x"}),)

RULES: Final = (
    rule("cost-nothing-always-on", tuple(of for each in FACTS for of in each.hourly),
         _refused, "it is billed by the hour, used or not", fix="do without it", wrong=_ANY),
    rule("no-key-that-lasts", tuple(of for each in FACTS for of in each.keys),
         _refused, "a key in a file never ends, and is copied",
         "CKV_GCP_41, GCP-0011, CIS GCP 1.5",
         fix="let machines have a role or an account, and people log in", wrong=_ANY),
    rule("removable-no-lock", tuple(of for each in FACTS for of in each.held),
         _refused, "`mllab down` cannot remove what it holds",
         fix="set storage.keep to true: Pulumi's own protection asks before data goes",
         wrong=_ANY),
)  # fmt: skip

TYPES: Final = frozenset(each for one in RULES for each in one.types)
