"""What goes wrong outside the lab itself, told by its cause and its cure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from mllab.errors import LabError, RunFailed, StateError


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
        "Set the right one:  export PULUMI_CONFIG_PASSPHRASE_FILE=...  "
        "(mllab's own file is `passphrase` in $MLLAB_HOME)",
        StateError,
    ),
    _trouble(
        r"failed to load checkpoint|could not deserialize deployment|snapshot integrity",
        "the recorded state of {stack} cannot be read",
        "Put a backup back:  pulumi stack import -s {stack} --file "
        "$MLLAB_HOME/backups/{stack}/<newest>.json",
        StateError,
    ),
    _trouble(
        r"no space left on device|disk quota exceeded|ENOSPC",
        "the disk is full, so that the state of {stack} cannot be recorded",
        "Make room, then look what exists:  mllab status {stack}",
        StateError,
    ),
    _trouble(
        r"ExpiredToken|RequestExpired|token .*(has|is) expired|security token included in the "
        r"request is expired|SSO session .*expired",
        "the credentials ended in the middle of the run; what was made until then is recorded",
        "Log in again (aws sso login), then go on:  mllab {verb} {stack}",
        RunFailed,
    ),
    _trouble(
        r"No valid credential sources|NoCredentialProviders|failed to refresh cached credentials|"
        r"unable to validate AWS credentials|InvalidClientTokenId",
        "there are no valid AWS credentials; nothing was changed",
        "Log in:  aws sso login   (or aws configure). Whose they are:  aws sts get-caller-identity",
    ),
    _trouble(
        r"no resource plugin|failed to (download|install) (the )?plugin|could not (find|load) "
        r"plugin|could not find latest version for provider|error downloading provider",
        "Pulumi's provider plugin cannot be downloaded",
        "Check the network, or install it by hand:  pulumi plugin install resource aws",
    ),
    _trouble(
        r"no such host|dial tcp|network is unreachable|i/o timeout|TLS handshake timeout|"
        r"temporary failure in name resolution",
        "the network does not answer",
        "Check it, then run again what you ran:  mllab {verb} {stack}",
    ),
)
"""First match wins; what is more telling stands first."""


def told(text: str, stack: str, verb: str) -> LabError | None:
    """The error for what the engine says; None where it is not known."""
    for trouble in TROUBLES:
        if found := trouble.pattern.search(text):
            line = next(line for line in text.splitlines() if found[0].splitlines()[0] in line)
            message = trouble.message.format(stack=stack, verb=verb)
            return trouble.kind(
                f"{message}\n  Pulumi says: {line.strip()[:300]}",
                cure=trouble.cure.format(stack=stack, verb=verb),
            )
    return None
