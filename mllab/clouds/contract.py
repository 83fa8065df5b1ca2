"""What the rest of the program must know of a cloud: one record, filled in by a file per cloud."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from components.clouds import TITLES

if TYPE_CHECKING:
    from mllab.accounts.contract import Account
    from mllab.accounts.identity import Identity
    from mllab.accounts.quotes import Quotes


@dataclass(frozen=True)
class ByHand:
    """What somebody does by hand in a rehearsal: the bucket is opened to the public; a watch, a
    clean-up, a permission is deleted.

    Args:
        opened: type of which a property is changed. path, value: which, and to what.
        removed: type of what is deleted.
    """

    opened: str
    path: str
    value: object
    removed: str


@dataclass(frozen=True)
class Tool:
    """A program that a connection needs, and where to get it."""

    label: str
    source: str


@dataclass(frozen=True)
class KnownError:
    """What a provider says when something outside the lab is wrong.

    Args:
        pattern: of its words. message, hint: ours; `{verb}` and `{stack}` are filled in.
        changed: True where it can happen after something was changed.
    """

    pattern: re.Pattern[str]
    message: str
    hint: str
    changed: bool = False


@dataclass(frozen=True)
class Quota:
    """A limit of an account in one region.

    Args:
        code: the vendor's own. name: in words, where it has one.
        service: that keeps it. scope: `region` or `global`. unit: what it counts.
        default: what a new account has.
    """

    code: str
    service: str
    unit: str
    default: float
    name: str = ""
    scope: str = "region"


def no_options(_tool: str, _config: Mapping[str, str]) -> list[str]:
    """The `tool_options` of a cloud whose stacks tell its programs nothing."""
    return []


@dataclass(frozen=True, kw_only=True)
class Cloud:
    """One cloud.

    Args:
        name: as settings call it, `aws`. other_names: what people call it besides its title, in
            small letters.
        package: of Pulumi that drives it, with which its type tokens begin.
        here: no cloud: it is this machine.
        module: that must be installed; empty: Pulumi's SDK for it.
        config_keys: where a lab is: our name -> the key that the provider reads it from; `region`
            is always there, except on this machine, which has no place.
        secret_keys: of the provider's configuration that must not stand in a file in plain text.
        tools: programs that a connection needs.
        tool_options: what the stack's own configuration adds to a command: (program, config);
            `no_options` where nothing.
        quotas: all limits by code.
        request_quota: which limit is too low, how much is needed, and the command that asks for it:
            (quota, needed, config_keys' names -> values) -> text.
        address_quota: limit of public addresses that machines count against; empty where none.
        address_stays: it is a resource of its own, which a machine that is made anew takes over.
        disk_quota: limit of the disks' size in GB; empty where there is none.
        counts_idle_nodes: a cluster counts against its quota with all machines that it may have.
        refusals: how its provider writes a refusal, with the groups `code` and `words`, which may
            be missing; the first that is found counts.
        quota_refusals: codes of refusals that say that a quota is too small.
        hints: code of a refusal -> what helps.
        known_errors: wrong credentials and the like.
        limits: what it limits further, (least, most, why): by setting, or for one kind of notebook
            by `managed home_gb`.
        not_for_managed: settings that its managed notebooks cannot be told -> why.
        managed_must_stop: why its managed notebooks need a daily stop.
        refused_settings: what has no meaning there: setting -> the value that is refused, None for
            any, and why.
        refused_names: of labs: (pattern, why). seats_have_names: seats' names are refused, too.
        cut_off: variables with which its programs find no login; `{nothing}` is a path where
            nothing is.
        whoami: asks whose credentials the engine will find; see `login.ask` of each.
        account_of: the account that a resource tells: (id, outputs) -> account, or empty.
        open_account: the account in which a stack's resources live; nothing is contacted yet.
        list_prices: asks for the list prices of a region; text: why nobody can.
    """

    name: str
    other_names: frozenset[str]
    package: str
    config_keys: Mapping[str, str]
    secret_keys: frozenset[str]
    tools: Mapping[str, Tool]
    tool_options: Callable[[str, Mapping[str, str]], list[str]]
    quotas: Callable[[], Mapping[str, Quota]]
    request_quota: Callable[[Quota, float, Mapping[str, str]], str]
    address_quota: str
    address_stays: bool
    disk_quota: str
    counts_idle_nodes: bool
    quota_refusals: frozenset[str]
    refusals: tuple[re.Pattern[str], ...]
    hints: Mapping[str, str]
    known_errors: tuple[KnownError, ...]
    limits: Mapping[str, tuple[int, int, str]]
    not_for_managed: Mapping[str, str]
    managed_must_stop: str
    refused_names: tuple[tuple[str, str], ...]
    seats_have_names: bool
    cut_off: Mapping[str, str]
    whoami: Callable[[Mapping[str, str]], Identity]
    account_of: Callable[[str, Mapping[str, Any]], str]
    open_account: Callable[[Mapping[str, str]], Account]
    list_prices: Callable[[str], Quotes] | str
    here: bool = False
    module: str = ""
    refused_settings: Mapping[str, tuple[str | None, str]] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """As people call it, `Google Cloud`."""
        return TITLES[self.name]

    @property
    def sdk(self) -> str:
        """The top-level package of Pulumi's SDK for it, `pulumi_azure_native`; empty where it has
        none."""
        return "" if self.module else f"pulumi_{self.package.replace('-', '_')}"

    @property
    def needs(self) -> str:
        """The module that must be installed for its labs."""
        return self.module or self.sdk

    def refusal(self, message: str) -> tuple[str, str]:
        """Code and words of a refusal, without an SDK's words around them.

        Returns:
            An empty code, and the message as it is, where it names none.
        """
        for pattern in self.refusals:
            if found := pattern.search(message):
                named = found.groupdict()
                return named.get("code") or "", (named.get("words") or message).strip()
        return "", message
