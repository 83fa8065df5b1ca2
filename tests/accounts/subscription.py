"""An Azure subscription behind a stand-in for `az`: what was made, as Azure shows it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from mllab.clouds.registry import open_account
from tests.accounts.labs import Entry, Lab, pending, up

MINE = "00000000-0000-0000-0000-000000000000"
DISK, LOGS = "azure-native:compute:Disk", "Microsoft.OperationalInsights/workspaces"
NOT_LISTED = re.compile(
    "/(subnets|containers|shares|blobServices|fileServices|managementPolicies|roleAssignments"
    "|tables|budgets|datastores|computes)/[^/]+$"
)
"""What lies inside of something else, and is in no list of a resource group."""
LABS = [
    ("azure-course", "vm"),
    ("azure-course", "managed"),
    ("azure-lab", "vm"),
    ("azure-tiny", "vm"),
]


class Subscription:
    """A subscription behind `az`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.known: dict[str, Any] = {
            "subscription": MINE,
            "groups": [],
            "things": [],
            "deleted": {"deletedVaults": [[]], "deletedWorkspaces": [[]]},
            "refused": {},
            "states": {},
        }

    def hold(self, lab: Lab) -> None:
        for thing in lab.things:
            self.put(thing["id"], (thing["inputs"].get("tags") or {}))

    def put(self, id: str, tags: dict[str, str], **properties: str) -> None:
        of = {"id": id, "name": id.rpartition("/")[2], "tags": tags, "properties": properties}
        if "/providers/" not in id:
            self.known["groups"].append({**of, "type": "Microsoft.Resources/resourceGroups"})
        else:
            listed = not NOT_LISTED.search(id)
            group = id.split("/")[4]
            more = {"type": arm(id), "resourceGroup": group, "listed": listed}
            self.known["things"].append({**of, **more})

    def turn(self, id: str, power: str) -> None:
        """Let a machine be in a state of power; an empty one is not told."""
        self.known["states"][id] = power

    def drop(self, id: str) -> None:
        for kind in ("groups", "things"):
            self.known[kind] = [each for each in self.known[kind] if each["id"] != id]

    def refuse(self, words: str, answer: str) -> None:
        self.known["refused"][words] = answer

    def account(self) -> Any:
        (self.folder / "azure.json").write_text(json.dumps(self.known))
        return open_account("azure-native", {})

    @property
    def asked(self) -> list[str]:
        return (self.folder / "asked").read_text().splitlines()


def arm(id: str) -> str:
    """The type that Azure calls it by."""
    provider, *parts = id.rpartition("/providers/")[2].split("/")
    return "/".join([provider, *parts[::2]])


def one(type: str, stack: str = "azure-course") -> Entry:
    return next(entry for entry in up(stack).entries if entry["type"] == type)


def group_of(lab: Lab) -> str:
    return str(lab.entries[0]["id"])


def ask(act: str) -> object:
    look = open_account("azure-native", {})
    return look.inventory("x") if act == "inventory" else look.find(pending(one(DISK)), ())
