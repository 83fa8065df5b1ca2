"""The kinds of servers, a module each, which holds one as `SERVICE`."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from typing import Final

from mllab.local.service import Service


class _Services(Mapping[str, Service]):
    """Kinds by name. A module is imported when its kind is asked for."""

    def __getitem__(self, kind: str) -> Service:
        if kind not in set(self):
            raise KeyError(kind)
        service: Service = importlib.import_module(f"{__name__}.{kind}").SERVICE
        return service

    def __iter__(self) -> Iterator[str]:
        return (module.name for module in pkgutil.iter_modules(__path__))

    def __len__(self) -> int:
        return sum(1 for _ in self)


SERVICES: Final[Mapping[str, Service]] = _Services()
