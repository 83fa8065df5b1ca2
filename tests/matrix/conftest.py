"""Pulumi's CLI, where there is one."""

from __future__ import annotations

from tests.scenarios.conftest import cli

__all__ = ["cli"]
