"""Commands that must be refused with one message, and change nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from tests.cli.processes import Ended
from tests.pulumi.real.world import STACK, World

VERBS = {
    "preview": ("preview", STACK),
    "status": ("status", STACK),
    "up": ("up", STACK, "--yes"),
    "down": ("down", STACK, "--yes"),
}
CHANGING = ("up", "down")
NO_KEYS = {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None}


def soon() -> str:
    return f"{datetime.now(UTC) + timedelta(minutes=5):%Y-%m-%dT%H:%M:%SZ}"


def refused(
    world: World, verb: str, env: Mapping[str, str | None] | None = None, *, machine: str = ""
) -> str:
    """Run a command that must be refused with one message, and change nothing. Returns it."""
    state, made = recorded(world), world.made()
    ended = world.run(*VERBS[verb], env=env, machine=machine)
    assert ended.code == 1, ended.err
    assert recorded(world) == state
    assert world.made() == made
    return message(ended)


def recorded(world: World) -> object:
    """The recorded resources; a state that cannot be read as it is."""
    try:
        return world.deployment()["resources"]
    except ValueError:
        return world.state.read_bytes()


def message(ended: Ended) -> str:
    """The one message of a command that failed."""
    assert ended.clean, ended.err
    assert ended.err.count("error: ") - ended.err.count("says: error: ") == 1, ended.err
    assert "Ended(" not in ended.err
    return ended.err[ended.err.index("error: ") :]
