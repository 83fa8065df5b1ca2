"""What goes wrong outside the lab itself, told by its cause and its cure."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mllab.engines.contract import Failure
from mllab.errors import LabError, RunFailed, StateError

WIDTH: Final = 300
"""Characters of the engine's own words that are passed on."""

_VERBS: Final = {"destroy": "down", "refresh": "up", "look": "status"}
"""Commands of ours by commands of the engine, where their names differ."""


@dataclass(frozen=True)
class Trouble:
    """Args: pattern: of what the engine says. kind: class of the error. cure: what to type."""

    pattern: re.Pattern[str]
    message: str
    cure: str
    kind: type[LabError] = LabError


def _trouble(pattern: str, message: str, cure: str, kind: type[LabError] = LabError) -> Trouble:
    return Trouble(re.compile(pattern, re.I), message, cure, kind)


TROUBLES: Final = (
    _trouble(
        r"incorrect passphrase|passphrase must be set",
        "the passphrase does not fit the secrets of {stack}; nothing was changed",
        "Set the right one:  export PULUMI_CONFIG_PASSPHRASE_FILE=...\n"
        "Or, to take mllab's own (`passphrase` in $MLLAB_HOME):\n"
        "  unset PULUMI_CONFIG_PASSPHRASE PULUMI_CONFIG_PASSPHRASE_FILE",
        StateError,
    ),
    _trouble(
        r"failed to load checkpoint|could not deserialize deployment|snapshot integrity",
        "the recorded state of {stack} cannot be read; nothing was changed",
        "{restore}",
        StateError,
    ),
    _trouble(
        r"no space left on device|disk quota exceeded|file too large|ENOSPC",
        "the disk is full, so that the state of {stack} cannot be recorded",
        "Make room, then look what exists:  mllab status {stack}",
        StateError,
    ),
    _trouble(
        r"(open|create|mkdir|rename|remove|unlinkat|write) (?P<path>/.*): "
        r"(permission denied|read-only file system|operation not permitted)",
        "the state of {stack} cannot be written; nothing was changed",
        "Allow writing there, and run it again:  mllab {verb} {stack}",
        StateError,
    ),
    _trouble(
        r"ExpiredToken|RequestExpired|token .*(has|is) expired|security token included in the "
        r"request is expired|SSO session .*expired|failed to refresh cached credentials, refresh",
        "the AWS credentials ended in the middle of the run; what was done until then is recorded",
        "Log in again (aws sso login), then go on:  mllab {verb} {stack}",
        RunFailed,
    ),
    _trouble(
        r"No valid credential sources|NoCredentialProviders|failed to refresh cached credentials|"
        r"unable to validate AWS credentials|Invalid credentials configured|InvalidClientTokenId",
        "there are no valid AWS credentials; nothing was changed",
        "Log in:  aws sso login   (or aws configure). Whose they are:  aws sts get-caller-identity",
    ),
    _trouble(
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
    _trouble(
        r"no such host|dial tcp|network is unreachable|i/o timeout|TLS handshake timeout|"
        r"temporary failure in name resolution|connection refused",
        "the network does not answer",
        "Check it, then run again what you ran:  mllab {verb} {stack}",
    ),
)
"""First match wins; what is more telling stands first."""

_PLUGIN: Final = re.compile(
    r"resource plugin '(pulumi-resource-)?(?P<name>[a-z-]+)'.*? at version v?(?P<at>\d[\w.]*\w)|"
    r"download plugin: (?P<short>[a-z-]+)-v?(?P<version>\d[\w.]*\w)",
    re.S,
)

_QUOTA: Final = (
    "Ask AWS for more; it takes hours to days:\n"
    "  https://console.aws.amazon.com/servicequotas/home/services/ec2/quotas\n"
    "Or take what the quota allows: another `size`, or fewer seats, in the stack file."
)
_DENIED: Final = (
    "Ask who runs the account for this permission. Whose the credentials are:\n"
    "  aws sts get-caller-identity"
)
REMEDIES: Final = {
    "ExpiredToken": "Log in again:  aws sso login",
    "ExpiredTokenException": "Log in again:  aws sso login",
    "RequestExpired": "Log in again:  aws sso login   (and check this machine's clock)",
    "VcpuLimitExceeded": _QUOTA,
    "InstanceLimitExceeded": _QUOTA,
    "VpcLimitExceeded": "Remove a network that nobody needs, or ask AWS for more:\n"
    "  https://console.aws.amazon.com/servicequotas/home/services/vpc/quotas",
    "InsufficientInstanceCapacity": "AWS has no such machine in this zone at present. Try it again "
    "later, or take another\n`size` in the stack file.",
    "UnauthorizedOperation": _DENIED,
    "AccessDenied": _DENIED,
    "AccessDeniedException": _DENIED,
    "RequestLimitExceeded": "AWS was asked too often at once. Run it again in some minutes.",
    "Throttling": "AWS was asked too often at once. Run it again in some minutes.",
}
"""Cures of what AWS refuses, by AWS's own code.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
"""

_API_ERROR: Final = re.compile(r"(^|api error )(?P<code>[A-Z][A-Za-z.]+): (?P<words>.*)", re.S)


def told(text: str, stack: str, verb: str, state: Path | None = None) -> LabError | None:
    """The error for what the engine says; None where it is not known.

    Args:
        verb: the engine's command.
        state: the file that holds the state, where it is one.
    """
    for trouble in TROUBLES:
        if found := trouble.pattern.search(text):
            filled = {
                "stack": stack,
                "verb": _VERBS.get(verb, verb),
                "plugin": _plugin(text),
                "restore": _restore(stack, state),
            }
            return trouble.kind(
                f"{trouble.message.format(**filled)}\n  Pulumi says: {_around(text, found)}",
                cure=trouble.cure.format(**filled),
            )
    return None


def shared(
    failures: Iterable[Failure], stack: str, verb: str, state: Path | None = None
) -> LabError | None:
    """The one trouble behind all failures of a run; None where there are several, or others."""
    texts = [": ".join(filter(None, (failure.code, failure.message))) for failure in failures]
    troubles = {
        next((trouble for trouble in TROUBLES if trouble.pattern.search(text)), None)
        for text in texts
    }
    return told(texts[0], stack, verb, state) if len(troubles) == 1 else None


def taken_apart(message: str) -> tuple[str, str]:
    """Code and words of a cloud's failure, without an SDK's words around them.

    Returns:
        An empty code, and the message as it is, where it names none.
    """
    found = _API_ERROR.search(message)
    return (found["code"], found["words"].strip()) if found else ("", message)


def remedy(code: str) -> str:
    """What cures a refusal of AWS's; empty where it is not known."""
    return REMEDIES.get(code, "")


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
    here, before = shlex.quote(str(state)), shlex.quote(f"{state}.bak")
    return (
        "Pulumi keeps the state of one step earlier beside it. Put that back, and look:\n"
        f"  cp {before} {here}\n  mllab status {stack}\n"
        "Never go on without it: `up` on an empty state makes everything a second time."
    )


def _plugin(text: str) -> str:
    """`aws v7.51.1`, as `pulumi plugin install resource` wants it."""
    found = _PLUGIN.search(text)
    if found is None:
        return "aws"
    return f"{found['name'] or found['short']} v{found['at'] or found['version']}"
