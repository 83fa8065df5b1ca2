"""Aliases of components that changed their type."""

from __future__ import annotations

from copy import copy

import pulumi


def with_type_alias(opts: pulumi.ResourceOptions | None, type: str) -> pulumi.ResourceOptions:
    """Options of a component that may have been one of another type before.

    What both are made of stays when a lab goes from one kind of notebook to the other.
    """
    found = copy(opts) if opts else pulumi.ResourceOptions()
    found.aliases = [*(found.aliases or []), pulumi.Alias(type_=type)]
    return found
