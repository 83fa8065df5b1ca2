"""What goes wrong outside the lab itself, told by its cause and a hint."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mllab.clouds.registry import CLOUDS
from mllab.engines.contract import Failure
from mllab.engines.pulumi import checkpoint
from mllab.errors import LabError, RunFailed, StateError

WIDTH: Final = 300
"""Characters of the engine's own words that are passed on."""

_VERBS: Final = {"destroy": "down", "refresh": "up", "look": "status"}
"""Commands of ours by commands of the engine, where their names differ."""


@dataclass(frozen=True)
class Known:
    """Args: pattern: of what the engine says. kind: class of the error. hint: what to type."""

    pattern: re.Pattern[str]
    message: str
    hint: str
    kind: type[LabError] = LabError


def _known(pattern: str, message: str, hint: str, kind: type[LabError] = LabError) -> Known:
    return Known(re.compile(pattern, re.I), message, hint, kind)


KNOWN_ERRORS: Final = (
    _known(
        r"incorrect passphrase|passphrase must be set",
        "the passphrase does not fit the secrets of {stack}; nothing was changed",
        "Set the right one:  export PULUMI_CONFIG_PASSPHRASE_FILE=...\n"
        "Or, to take mllab's own (`passphrase` in $MLLAB_HOME):\n"
        "  unset PULUMI_CONFIG_PASSPHRASE PULUMI_CONFIG_PASSPHRASE_FILE",
        StateError,
    ),
    _known(
        r"failed to load checkpoint|unexpected end of JSON input|"
        r"could not deserialize deployment|snapshot integrity",
        "the recorded state of {stack} cannot be read; nothing was changed",
        "{restore}",
        StateError,
    ),
    _known(
        r"no space left on device|disk quota exceeded|file too large|ENOSPC",
        "the disk is full, so that the state of {stack} cannot be recorded",
        "Make room, then look what exists:  mllab status {stack}",
        StateError,
    ),
    _known(
        r"(open|create|mkdir|rename|remove|unlinkat|write) (?P<path>/.*): "
        r"(permission denied|read-only file system|operation not permitted)",
        "the state of {stack} cannot be written; nothing was changed",
        "Allow writing there, and run it again:  mllab {verb} {stack}",
        StateError,
    ),
    _known(
        r"no resource plugin|failed to (download|install) (the )?plugin|could not (find|load) "
        r"plugin|automatically download and install resource plugin|error downloading provider|"
        r"could not find latest version for provider",
        "Pulumi's provider plugin {plugin} is not installed, and cannot be downloaded; nothing was "
        "changed",
        "Check the network (and HTTPS_PROXY), and run it again. To fetch it alone:\n"
        "  pulumi plugin install resource {plugin}\n"
        "Without a network, take the archive from another machine:\n"
        "  pulumi plugin install resource {plugin} --file <archive>.tar.gz",
    ),
    _known(
        r"no such host|dial tcp|network is unreachable|i/o timeout|TLS handshake timeout|"
        r"temporary failure in name resolution|connection refused",
        "the network does not answer",
        "Check it, then run again what you ran:  mllab {verb} {stack}",
    ),
)
"""Of the engine itself; first match wins, what is more telling stands first."""

_PLUGIN: Final = re.compile(
    r"resource plugin '(pulumi-resource-)?(?P<name>[a-z-]+)'.*? at version v?(?P<at>\d[\w.]*\w)|"
    r"download plugin: (?P<short>[a-z-]+)-v?(?P<version>\d[\w.]*\w)",
    re.S,
)


def known_errors(cloud: str) -> tuple[Known, ...]:
    """Those of a cloud, whose words tell most, then all others; the first match wins."""
    here = CLOUDS[cloud].known_errors if cloud in CLOUDS else ()
    own = (Known(e.pattern, e.message, e.hint, RunFailed if e.changed else LabError) for e in here)
    return (*own, *KNOWN_ERRORS)


def told(
    text: str, stack: str, verb: str, state: Path | None = None, cloud: str = ""
) -> LabError | None:
    """The error for what the engine says; None where it is not known.

    Args:
        verb: the engine's command.
        state: the file that holds the state, where it is one.
        cloud: of the stack; empty where it is not known.
    """
    for known in known_errors(cloud):
        if found := known.pattern.search(text):
            filled = {
                "stack": stack,
                "verb": _VERBS.get(verb, verb),
                "plugin": _plugin(text),
                "restore": _restore(stack, state),
            }
            return known.kind(
                f"{known.message.format(**filled)}\n  Pulumi says: {_around(text, found)}",
                hint=known.hint.format(**filled),
            )
    return None


def shared(
    failures: Iterable[Failure],
    stack: str,
    verb: str,
    state: Path | None = None,
    cloud: str = "",
) -> LabError | None:
    """The one known error behind all failures of a run; None where there are several, or others."""
    texts = [": ".join(filter(None, (failure.code, failure.message))) for failure in failures]
    found = {
        next((known for known in known_errors(cloud) if known.pattern.search(text)), None)
        for text in texts
    }
    return told(texts[0], stack, verb, state, cloud) if len(found) == 1 else None


def _around(text: str, found: re.Match[str]) -> str:
    """The line that tells, cut to a readable length around what was recognised."""
    begin = text.rfind("\n", 0, found.start()) + 1
    end = text.find("\n", found.end())
    line = text[begin : end if end >= 0 else len(text)].removeprefix(": ").rstrip()
    at = line.find(found[0])
    cut = max(0, min(at - WIDTH // 3, len(line) - WIDTH))
    ends = "..." if cut + WIDTH < len(line) else ""
    return f"{'...' if cut else ''}{line[cut : cut + WIDTH].strip()}{ends}"


def _restore(stack: str, state: Path | None) -> str:
    if state is None:
        return (
            "Put the newest copy that mllab keeps back:\n"
            f"  pulumi stack import -s {stack} --file $MLLAB_HOME/backups/{stack}/<newest>.json"
        )
    if (whole := checkpoint.newest(state)) is None:
        return (
            "No copy that Pulumi keeps can be read either. Move it away, and put the newest copy "
            "back that mllab keeps:\n"
            f"  mv {shlex.quote(str(state))} {shlex.quote(f'{state}.damaged')}\n"
            f"  pulumi stack init {stack}\n"
            f"  pulumi stack import -s {stack} --file $MLLAB_HOME/backups/{stack}/<newest>.json"
        )
    return (
        "Pulumi keeps earlier states. Put the newest that can be read back, and look:\n"
        f"  cp {shlex.quote(str(whole))} {shlex.quote(str(state))}\n  mllab status {stack}\n"
        "Never go on without it: `up` on an empty state makes everything a second time."
    )


def _plugin(text: str) -> str:
    """`aws v7.51.1`, as `pulumi plugin install resource` wants it."""
    found = _PLUGIN.search(text)
    if found is None:
        return "of this cloud"
    return f"{found['name'] or found['short']} v{found['at'] or found['version']}"
