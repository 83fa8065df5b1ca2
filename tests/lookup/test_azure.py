"""What is found and what is left in an Azure subscription, asked of a stand-in for `az`.

It proves how ids are made, what is asked and what follows from the answers; not that Azure answers
so.
"""

from __future__ import annotations

import importlib
import inspect
import json
import re
import sys
from pathlib import Path
from string import Template
from typing import Any

import pytest

from mllab.errors import LabError, StillThere
from mllab.lookup.account import SOFT_DELETED, Found, account
from mllab.lookup.azure_ways import DELETED, TYPES, WAYS
from tests.lookup.labs import Entry, Lab, up

FAKE = Path(__file__).parent / "fake_az.py"
MINE = "00000000-0000-0000-0000-000000000000"
LABS = [
    ("azure-course", "vm"),
    ("azure-course", "managed"),
    ("azure-lab", "vm"),
    ("azure-tiny", "vm"),
]
DISK, LOGS = "azure-native:compute:Disk", "Microsoft.OperationalInsights/workspaces"
NOT_LISTED = re.compile(
    "/(subnets|containers|shares|blobServices|fileServices|managementPolicies|roleAssignments"
    "|budgets|datastores|computes)/[^/]+$"
)
"""What lies inside of something else, and is in no list of a resource group."""


def arm(id: str) -> str:
    """The type that Azure calls it by."""
    provider, *parts = id.rpartition("/providers/")[2].split("/")
    return "/".join([provider, *parts[::2]])


class Cloud:
    """A subscription behind `az`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.known: dict[str, Any] = {
            "subscription": MINE,
            "groups": [],
            "things": [],
            "deleted": {"deletedVaults": [[]], "deletedWorkspaces": [[]]},
            "refused": {},
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

    def drop(self, id: str) -> None:
        for kind in ("groups", "things"):
            self.known[kind] = [each for each in self.known[kind] if each["id"] != id]

    def refuse(self, words: str, answer: str) -> None:
        self.known["refused"][words] = answer

    def account(self) -> Any:
        (self.folder / "azure.json").write_text(json.dumps(self.known))
        return account("azure-native", {})

    @property
    def asked(self) -> list[str]:
        return (self.folder / "asked").read_text().splitlines()


@pytest.fixture
def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    folder = tmp_path / "tools"
    folder.mkdir()
    az = folder / "az"
    az.write_text(f"#!{sys.executable} -SE\n{FAKE.read_text()}")
    az.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    for name in ("ARM_SUBSCRIPTION_ID", "ARM_CLIENT_ID"):
        monkeypatch.delenv(name, raising=False)
    return Cloud(folder)


def pending(entry: Entry) -> Entry:
    """As it is recorded while its create goes on."""
    return {key: value for key, value in entry.items() if key not in ("id", "outputs")}


def one(type: str, stack: str = "azure-course") -> Entry:
    return next(entry for entry in up(stack).entries if entry["type"] == type)


def tags(stack: str) -> dict[str, str]:
    return {"stack": stack, "managed-by": "mllab", "role": "cluster", "lab": stack}


def group_of(lab: Lab) -> str:
    return str(lab.entries[0]["id"])


@pytest.mark.parametrize(("stack", "kind"), LABS)
def test_every_declared_type_has_a_way(stack: str, kind: str) -> None:
    declared = {entry["type"] for entry in up(stack, kind).entries}
    assert declared
    assert not declared - WAYS.keys()


def test_no_way_is_for_what_nobody_declares() -> None:
    declared = {entry["type"] for stack, kind in LABS for entry in up(stack, kind).entries}
    assert WAYS.keys() == declared


@pytest.mark.parametrize("kind", ["vm", "managed"])
def test_what_was_made_is_found_by_the_id_that_the_cloud_gave_it(cloud: Cloud, kind: str) -> None:
    lab = up("azure-course", kind)
    cloud.hold(lab)
    look = cloud.account()
    for entry in lab.entries:
        assert look.find(pending(entry), ()) == entry["id"], entry["type"]
        assert look.find(pending(entry), {entry["id"].upper()}) is None, "recorded already"


def test_what_was_not_made_is_not_found(cloud: Cloud) -> None:
    look = cloud.account()
    for entry in {entry["type"]: entry for entry in up("azure-course").entries}.values():
        assert look.find(pending(entry), ()) is None, entry["type"]


def test_what_is_going_is_not_taken_over(cloud: Cloud) -> None:
    entry = one(DISK)
    cloud.put(entry["id"], {}, provisioningState="Deleting")
    assert cloud.account().find(pending(entry), ()) is None
    cloud.drop(entry["id"])
    cloud.put(entry["id"], {}, provisioningState="Failed")
    assert cloud.account().find(pending(entry), ()) == entry["id"], "it exists, and is billed"


@pytest.mark.parametrize("type", WAYS)
def test_ids_and_versions_are_those_of_the_sdk(type: str) -> None:
    way, (_, module, name) = WAYS[type], type.split(":")
    sdk = getattr(importlib.import_module(f"pulumi_azure_native.{module}"), name)
    assert set(re.findall("Uses Azure REST API version ([0-9a-z-]+)", inspect.getsource(sdk))) == {
        way.version
    }
    inputs = {
        re.sub("_([a-z0-9])", lambda found: found[1].upper(), name)
        for name in inspect.signature(sdk._internal_init).parameters
    }
    assert set(Template(way.id).get_identifiers()) - {"subscription"} <= inputs


def test_only_reading_is_asked(cloud: Cloud) -> None:
    lab = up("azure-tiny")
    cloud.hold(lab)
    look = cloud.account()
    look.inventory(lab.stack)
    look.find(pending(lab.entries[0]), ())
    for line in cloud.asked:
        assert re.match(
            "account (get-access-token|show)|(group|resource) list|rest --method get ", line
        )
        assert line.startswith("rest") or f"--subscription {MINE}" in line or line[:7] == "account"


def test_an_unknown_type_is_refused_by_name(cloud: Cloud) -> None:
    entry = pending(one(DISK)) | {"type": "azure-native:sql:Server"}
    with pytest.raises(StillThere, match=r"azure-native:sql:Server.*does not know how") as caught:
        cloud.account().find(entry, ())
    assert "az resource list --tag stack=azure-course" in caught.value.cure
    assert "pulumi refresh --clear-pending-creates -s azure-course" in caught.value.cure


@pytest.mark.parametrize("lost", [None, {"4dabf18193072939515e22adb298388d": "x"}])
def test_without_its_name_nobody_can_tell(cloud: Cloud, lost: object) -> None:
    entry = pending(one(DISK))
    entry["inputs"] = {**entry["inputs"], "diskName": lost}
    with pytest.raises(StillThere, match="its diskName is not recorded"):
        cloud.account().find(entry, ())


REFUSALS = [
    ('Forbidden({"error":{"code":"AuthorizationFailed","message":"no"}})', "AuthorizationFailed"),
    ('Not Found({"error":{"code":"SubscriptionNotFound"}})', "SubscriptionNotFound"),
    ("HTTPSConnectionPool: Max retries exceeded", "Max retries exceeded"),
]


@pytest.mark.parametrize(("answer", "told"), REFUSALS)
def test_a_refusal_is_not_taken_for_nothing(cloud: Cloud, answer: str, told: str) -> None:
    cloud.refuse("rest --method get", answer)
    with pytest.raises(StillThere, match=told) as caught:
        cloud.account().find(pending(one(DISK)), ())
    assert "nothing was changed" in caught.value.message


@pytest.mark.parametrize("kind", ["vm", "managed"])
def test_all_that_is_in_the_group_is_seen_and_nothing_of_others(cloud: Cloud, kind: str) -> None:
    lab, other = up("azure-course", kind), up("azure-tiny")
    cloud.hold(lab)
    cloud.hold(other)
    found = {each.id: each for each in cloud.account().inventory(lab.stack)}
    recorded = {entry["id"]: entry["type"] for entry in lab.entries}
    expected = {thing["id"] for thing in lab.things if not NOT_LISTED.search(thing["id"])}
    assert found.keys() == expected
    assert len(expected) >= 15
    for id in expected & recorded.keys():
        assert found[id].type == recorded[id]
    by_itself = [each for each in found.values() if each.id not in recorded]
    assert by_itself, "what services made in the group"
    assert {each.role for each in found.values() if each.id in recorded} == {
        "network", "storage", "registry", "notebook", "cluster", "budget",
    }  # fmt: skip


def test_an_empty_subscription_shows_nothing(cloud: Cloud) -> None:
    assert cloud.account().inventory("azure-course") == []


def test_what_was_moved_out_of_the_group_is_seen_by_its_tags(cloud: Cloud) -> None:
    id = f"/subscriptions/{MINE}/resourceGroups/elsewhere/providers/Microsoft.Compute/disks/d"
    cloud.put(id, tags("azure-course"))
    cloud.put(f"{id}2", {**tags("azure-course"), "managed-by": "terraform"})
    cloud.put(f"{id}3", tags("other"))
    assert cloud.account().inventory("azure-course") == [Found(DISK, id, "d", "cluster")]


def test_a_group_that_is_being_deleted_is_still_there(cloud: Cloud) -> None:
    id = f"/subscriptions/{MINE}/resourceGroups/g"
    cloud.put(id, tags("azure-course"), provisioningState="Deleting")
    [found] = cloud.account().inventory("azure-course")
    assert (found.name, found.state) == ("g", "deleting")


def test_what_azure_keeps_is_told_as_that_from_every_page(cloud: Cloud) -> None:
    where = f"/subscriptions/{MINE}/providers/Microsoft.KeyVault/locations/eastus/deletedVaults"

    def vault(name: str, stack: str) -> dict[str, Any]:
        own = {"id": f"{where}/{name}", "name": name, "type": "Microsoft.KeyVault/deletedVaults"}
        return {**own, "properties": {"tags": tags(stack)}}

    workspace = {
        "id": f"/subscriptions/{MINE}/resourceGroups/g/providers/{LOGS.lower()}/w",
        "name": "w",
        "type": LOGS,
        "tags": tags("azure-course"),
    }  # fmt: skip
    cloud.known["deleted"] = {
        "deletedVaults": [
            [vault("a", "azure-course"), vault("b", "other")],
            [vault("c", "azure-course")],
        ],
        "deletedWorkspaces": [[workspace, {**workspace, "name": "x", "tags": None}]],
    }
    found = cloud.account().inventory("azure-course")
    assert [(each.name, each.state) for each in found] == [
        ("a", SOFT_DELETED), ("c", SOFT_DELETED), ("w", SOFT_DELETED),
    ]  # fmt: skip
    assert found[2].type == "azure-native:operationalinsights:Workspace"


def test_the_lists_of_what_is_kept_are_those_of_declared_types() -> None:
    kinds = {path.lower().replace("/deleted", "/") for path, _, _ in DELETED}
    assert kinds <= TYPES.keys()


def test_a_service_that_was_never_used_has_nothing(cloud: Cloud) -> None:
    cloud.refuse("deletedVaults", 'Conflict({"error":{"code":"MissingSubscriptionRegistration"}})')
    assert cloud.account().inventory("azure-course") == []


@pytest.mark.parametrize(
    "part", ["group list", "resource list --tag", "resource list --resource-group", "deletedVaults",
             "deletedWorkspaces"],
)  # fmt: skip
def test_a_part_that_cannot_be_seen_is_never_taken_for_empty(cloud: Cloud, part: str) -> None:
    lab = up("azure-tiny")
    cloud.hold(lab)
    cloud.refuse(part, "(AuthorizationFailed) The client 'ann' does not have authorization.")
    with pytest.raises(StillThere) as caught:
        cloud.account().inventory(lab.stack)
    assert "(AuthorizationFailed) The client 'ann'" in caught.value.message
    if part != "group list":
        assert f"{group_of(lab).rpartition('/')[2]} (azure-native:resources:ResourceGroup)" in (
            caught.value.message
        )
    assert f"az group list --tag stack={lab.stack}" in caught.value.cure


@pytest.mark.parametrize("garbage", ["", "no json", "{}", '"x"', "[1]"])
def test_an_answer_that_is_no_list_is_no_empty_list(cloud: Cloud, garbage: str) -> None:
    look = cloud.account()
    az = cloud.folder / "az"
    wrong = az.read_text().replace(
        "sys.stdout.write(",
        f"sys.stdout.write({garbage!r} if sys.argv[1] != 'account' else ",
    )
    az.write_text(wrong)
    with pytest.raises(StillThere, match="Azure answers with what is no (JSON|list)"):
        look.inventory("azure-course")
    if garbage != "{}":
        with pytest.raises(StillThere, match="Azure answers with what is no (JSON|resource)"):
            look.find(pending(one(DISK)), ())


@pytest.mark.parametrize("act", ["find", "inventory"])
def test_without_az_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, act: str
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LabError, match="`az` is not installed") as caught:
        ask(act)
    assert not isinstance(caught.value, StillThere)
    assert "install-azure-cli" in caught.value.cure


@pytest.mark.parametrize("act", ["find", "inventory"])
@pytest.mark.parametrize("by", ["az", "variables"])
def test_without_a_login_it_says_what_to_type(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, act: str, by: str
) -> None:
    if by == "variables":  # the engine's own login, which az does not know
        monkeypatch.setenv("ARM_CLIENT_ID", "robot")
        monkeypatch.setenv("ARM_SUBSCRIPTION_ID", MINE)
    cloud.refuse("", "Please run 'az login' to setup account.")
    cloud.account()
    with pytest.raises(LabError, match="Please run 'az login'") as caught:
        ask(act)
    assert not isinstance(caught.value, StillThere)
    assert caught.value.cure == "az login"


def ask(act: str) -> object:
    look = account("azure-native", {})
    return look.inventory("x") if act == "inventory" else look.find(pending(one(DISK)), ())
