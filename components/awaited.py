"""What is made of values of which some are only known later."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import pulumi

T = TypeVar("T")


def with_values(
    values: Mapping[str, pulumi.Input[Any]], build: Callable[[dict[str, Any]], T]
) -> pulumi.Output[T]:
    """What `build` makes of the values, in their order, as soon as all of them are known.

    As `pulumi.Output.all`, which makes several outputs of each value, also of plain ones.
    """
    later = {key: value for key, value in values.items() if isinstance(value, pulumi.Output)}
    return pulumi.Output.all(**later).apply(lambda known: build({**values, **dict(known)}))
