"""Fewer aliases than the SDK gives, without a change to any name or plan."""

from __future__ import annotations

import copy
import re
from typing import Final

import pulumi

_VERSIONED: Final = re.compile(r"azure-native:\w+/v\d{8}\w*:")


def drop_versioned(
    args: pulumi.ResourceTransformationArgs,
) -> pulumi.ResourceTransformationResult | None:
    """A transformation of a whole stack: no aliases for tokens that name a version of an API.

    The SDK gives every resource an alias for each version that its service ever had, 22 on average,
    so that a program may go from one version's module to another's. Ours declare tokens without a
    version and never did otherwise, so nothing recorded can have such an alias; to work each out
    took a third of a preview.
    """
    aliases = args.opts.aliases
    if not isinstance(aliases, list):
        return None
    kept = [alias for alias in aliases if not _versioned(alias)]
    if len(kept) == len(aliases):
        return None
    opts = copy.copy(args.opts)
    opts.aliases = kept
    return pulumi.ResourceTransformationResult(args.props, opts)


def _versioned(alias: object) -> bool:
    token = alias.type_ if isinstance(alias, pulumi.Alias) else None
    return isinstance(token, str) and _VERSIONED.match(token) is not None
