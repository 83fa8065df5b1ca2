"""All that a Google Cloud project shows of one stack.

What has labels says whose it is. Networks, rules, policies, accounts, schedules, roles and budgets
have none: of these the name tells, which begins with the lab's. Where another stack gives a lab of
the same name, what its machines, buckets and rules refer to is its own; what nobody refers to is
reported.

Left out is what goes with what it belongs to (rights, attachments), what a lab only switches on
(APIs), and jobs that are over, which are but a record of themselves.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from components.names import KEBAB, truncate_with_hash
from components.tags import MANAGED_BY
from mllab.accounts.contract import InventoryItem
from mllab.accounts.gcp import imports
from mllab.accounts.gcp.client import Client
from mllab.accounts.responses import QueryFailed, filled, items, state_of

_AT_ONCE: Final = 8  # gcloud takes a second or two to start
_SUFFIX: Final = "-[0-9a-f]{7}"  # what Pulumi makes up
_ROLES: Final = ("notebook", "cluster", "stopper", "ender")  # of service accounts
_LONGEST_ACCOUNT: Final = 30
_LONGEST_NAME: Final = 60  # of a budget
_MANAGED: Final = "managed"  # in the names of managed notebooks
_LONGEST_ROLE: Final = 58  # after `mllab_`

Listed = Mapping[str, list[Any]]
"""What the project has, by type."""


def look(
    calls: Client, config: Mapping[str, str], stack: str
) -> tuple[list[InventoryItem], list[str]]:
    """Everything of a stack that exists, and why some of it may be missing.

    Raises:
        QueryFailed: nothing can be told.
    """
    mine, names, apis = Mine(config, stack), calls.names, calls.enabled
    if mine.payer:
        names["billingAccount"] = mine.payer
    kinds = {type: imports.IMPORT_QUERIES[type] for type in (*imports.LABELS, *imports.UNLABELLED)}
    kinds |= {type: query for type, (query, *_) in imports.MORE.items()}
    if not mine.payer:
        del kinds[imports.BUDGET]  # a lab without an account to pay from has none
    listed: dict[str, list[Any]] = {}
    refusals: list[str] = []

    def ask(query: imports.ImportQuery) -> list[Any] | str:
        try:
            return calls.list(*filled(list(query.words), names))
        except QueryFailed as error:
            return str(error)
        except KeyError as error:
            return f"the stack's settings do not say gcp:{error.args[0]}"

    asked = {type: query for type, query in kinds.items() if query.api in apis}
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for type, answer in zip(asked, pool.map(ask, asked.values()), strict=True):
            if isinstance(answer, str):
                refusals.append(answer)
            else:
                listed[type] = answer
    if listed.get(imports.BUDGET):
        try:
            [here] = calls.list("projects", "describe", names["project"])
            mine.number = str(here["projectNumber"])
        except (QueryFailed, LookupError, ValueError) as error:
            refusals.append(f"the project's number cannot be told: {error}")
    return [*_labelled(listed, mine), *_unlabelled(listed, mine)], refusals


class Mine:
    """What belongs to a stack, by labels and by name.

    Args:
        config: Pulumi configuration of the stack.
    Attributes:
        payer: the billing account; empty without. number: the project's.
    """

    def __init__(self, config: Mapping[str, str], stack: str) -> None:
        self.stack = stack
        self.lab = str(_section(config, "lab").get("name") or stack)
        self.payer = str(_section(config, "gcp").get("billing_account") or "")
        self.number = ""
        self._accounts = {self._given(role, longest=_LONGEST_ACCOUNT) for role in _ROLES}

    def labelled(self, labels: Mapping[str, str]) -> bool:
        return labels.get("managed-by") == MANAGED_BY and labels.get("stack") == self.stack

    def account(self, email: object) -> bool:
        """A service account of the lab; its id ends in a hash of lab and stack."""
        return str(email).partition("@")[0] in self._accounts

    def named(self, name: str, what: str) -> bool:
        return bool(re.fullmatch(f"{re.escape(self.lab)}-{what}{_SUFFIX}", name))

    def machine(self, name: str) -> bool:
        """A notebook, or a disk that one brought with it (`-boot`): made of lab, seat and stack."""
        parts = name.split("-")
        return any(self._machine("-".join(parts[:end])) for end in range(2, len(parts) + 1))

    def role(self, id: str) -> bool:
        """A custom role, named after the lab's bucket as `components.gcp.stops` does it."""
        bucket = re.sub("[^a-z0-9]", "_", f"{self.lab}-storage-bucket-")
        made_up = "[0-9a-f]{7}"
        return bool(re.fullmatch(f"mllab_{bucket[7 - _LONGEST_ROLE :]}{made_up}", id))

    def budget(self, item: Mapping[str, Any]) -> bool:
        name = f"mllab {self.lab} {self.stack}"[:_LONGEST_NAME]
        counted = items(item, "budgetFilter.projects")
        return item.get("displayName") == name and counted == [f"projects/{self.number}"]

    def _machine(self, name: str) -> bool:
        stack = "" if self.stack == self.lab else f"-{self.stack}"
        found = re.fullmatch(f"{re.escape(self.lab)}-(.+?){re.escape(stack)}-[0-9a-z]{{8}}", name)
        if found is None:
            return False
        seat = found[1].removesuffix(f"-{_MANAGED}")
        return name in {self._given(found[1]), self._given(seat, _MANAGED)}

    def _given(self, *parts: str, longest: int = 63) -> str:
        """As `components.gcp.naming.given`, which needs a whole lab."""
        stack = () if self.stack == self.lab else (self.stack,)
        return truncate_with_hash(self.lab, *parts, *stack, longest=longest, alphabet=KEBAB)


def _labelled(listed: Listed, mine: Mine) -> Iterator[InventoryItem]:
    kinds = {**imports.LABELS, **{type: more[1:] for type, more in imports.MORE.items()}}
    for type, (where, state_at) in kinds.items():
        for item in listed.get(type, ()):
            labels, state = item.get(where) or {}, state_of(item, state_at)
            machine = type in (imports.INSTANCE, imports.DISK) and mine.machine(_last(item))
            ours = mine.labelled(labels) or (not labels.get("stack") and machine)
            if ours and state not in imports.OVER:
                lab, name = labels.get("lab"), labels.get("name")
                yield InventoryItem(
                    type,
                    path_of(item),
                    f"{lab}-{name}" if lab and name else _last(item),
                    labels.get("role", "notebook" if machine else ""),
                    state,
                )


def _unlabelled(listed: Listed, mine: Mine) -> Iterator[InventoryItem]:
    theirs = _theirs(listed, mine)
    for type, role in imports.UNLABELLED.items():
        for item in listed.get(type, ()):
            if _ours(type, item, mine) and not _refers(theirs, type, item):
                told = role or _last(item).removeprefix(f"{mine.lab}-").partition("-")[0]
                name = str(item["displayName"]) if type == imports.BUDGET else _last(item)
                yield InventoryItem(type, path_of(item), name, told, state_of(item, "state"))


def _ours(type: str, item: Mapping[str, Any], mine: Mine) -> bool:
    match type:
        case imports.ACCOUNT:
            return mine.account(item.get("email"))
        case imports.FIREWALL:
            return any(map(mine.account, item.get("targetServiceAccounts") or ()))
        case imports.JOB:
            return any(map(mine.account, items(item, "httpTarget.oauthToken.serviceAccountEmail")))
        case imports.ROLE:
            return mine.role(_last(item))
        case imports.BUDGET:
            return mine.budget(item)
        case _:
            return mine.named(_last(item), imports.NAMES[type])


def _theirs(listed: Listed, mine: Mine) -> str:
    """All that belongs to other stacks, as text."""
    found = [
        item
        for type, (where, _) in imports.LABELS.items()
        for item in listed.get(type, ())
        if (labels := item.get(where) or {}).get("managed-by") == MANAGED_BY
        and not mine.labelled(labels)
    ]
    found += [
        rule
        for rule in listed.get(imports.FIREWALL, ())
        if mine.named(_last(rule), "network-ssh") and not _ours(imports.FIREWALL, rule, mine)
    ]
    return json.dumps(found)


def _refers(theirs: str, type: str, item: Mapping[str, Any]) -> bool:
    """True if what belongs to others has to do with it."""
    if type == imports.ROLE:
        bucket = _last(item).removeprefix("mllab_")
        names = set(re.findall(r'"name": "([^"]+)"', theirs))
        return any(re.sub("[^a-z0-9]", "_", name).endswith(bucket) for name in names)
    links = (path_of(item), short(str(item.get("network", ""))))
    return any(f'{link}"' in theirs for link in links if link)


def path_of(item: Mapping[str, Any]) -> str:
    """Its own name with project and place; of a bucket the name alone."""
    link, name = str(item.get("selfLink", "")), str(item.get("name", ""))
    return short(link) if "/compute/" in link or "//compute." in link else name


def short(address: str) -> str:
    """The name that an address of Compute Engine stands for: `projects/x/global/networks/y`."""
    return re.sub("^https://[^/]+/(?:compute/)?(?:v1|beta)/", "", address)


def _last(item: Mapping[str, Any]) -> str:
    return path_of(item).rpartition("/")[2].partition("@")[0]


def _section(config: Mapping[str, str], name: str) -> Mapping[str, Any]:
    """A section of our settings, as Pulumi hands it over."""
    try:
        found = json.loads(config.get(f"mllab:{name}") or "{}")
    except ValueError:
        return {}  # a broken file is no obstacle to looking
    return found if isinstance(found, Mapping) else {}
