"""Data is private, encrypted on its way, cleaned up after, and does not go unnamed."""

from __future__ import annotations

import json
import re

import pytest

from components.azure import access
from components.resource_types import HOLDS_DATA
from tests.components.azure.azure_account import STACKS, committed, grants, variant

every_stack = pytest.mark.parametrize("stack", STACKS)
ACCOUNT = "storage:StorageAccount"


@every_stack
def test_account_is_private(stack: str) -> None:
    inputs = committed(stack).one(ACCOUNT).inputs
    assert inputs["kind"] == "StorageV2"
    assert inputs["sku"] == {"name": "Standard_LRS"}
    assert inputs["allowBlobPublicAccess"] is False
    assert inputs["allowCrossTenantReplication"] is False
    assert inputs["enableHttpsTrafficOnly"] is True
    assert inputs["minimumTlsVersion"] == "TLS1_2"
    assert inputs["defaultToOAuthAuthentication"] is True
    assert inputs["isHnsEnabled"] is False, "Azure ML takes no other"
    container = committed(stack).one("storage:BlobContainer").inputs
    assert (container["containerName"], container["publicAccess"]) == ("data", "None")


@every_stack
def test_trap_the_owner_of_a_subscription_may_not_touch_objects(stack: str) -> None:
    """So whoever makes the lab gets the role, and nobody who changes it later takes it away."""
    rendered = committed(stack)
    name = f"{stack}-storage-deployer"
    role, who, scope = grants(rendered)[name]
    assert (role, who) == (access.BLOB_DATA, "o")
    assert scope.endswith(f"/{stack}-storage-account")
    right = rendered.one("authorization:RoleAssignment", name)
    assert right.options["ignoreChanges"] == ["principalId"]
    assert "principalType" not in right.inputs, "it may be a person or a pipeline"


@pytest.mark.parametrize("files", [True, False])
def test_the_key_works_only_where_smb_needs_it(files: bool) -> None:
    rendered = variant(files=files)
    assert rendered.one(ACCOUNT).inputs["allowSharedKeyAccess"] is files
    assert len(rendered.of("storage:FileShare")) == files


def test_the_key_is_in_no_state_setting_or_output() -> None:
    rendered = committed()
    assert not [token for token, _ in rendered.invokes if "Keys" in token]
    told = json.dumps([dict(each.inputs) for each in rendered.custom()])
    assert not re.search(r"(?i)account_?key|sastoken", told)


@pytest.mark.parametrize("undelete_days", [0, 14])
def test_deleted_things_come_back_only_when_asked_for(undelete_days: int) -> None:
    """Azure's own default for shares is seven days, so that none is stated, too."""
    rendered = variant(undelete_days=undelete_days)
    blobs = rendered.one("storage:BlobServiceProperties").inputs
    files = rendered.one("storage:FileServiceProperties").inputs
    wanted = {"enabled": True, "days": 14} if undelete_days else {"enabled": False}
    assert blobs["deleteRetentionPolicy"] == wanted
    assert blobs["containerDeleteRetentionPolicy"] == wanted
    assert files["shareDeleteRetentionPolicy"] == wanted


@pytest.mark.parametrize(("undelete_days", "gone_after"), [(0, 1), (14, 14)])
def test_only_old_versions_in_our_own_container_are_cleaned_up(
    undelete_days: int, gone_after: int
) -> None:
    """Models and what jobs wrote lie in the containers of Azure ML."""
    policy = variant(undelete_days=undelete_days).one("storage:ManagementPolicy").inputs
    (rule,) = policy["policy"]["rules"]
    assert rule["enabled"] is True
    assert rule["definition"] == {
        "filters": {"blobTypes": ["blockBlob"], "prefixMatch": ["data/"]},
        "actions": {"version": {"delete": {"daysAfterCreationGreaterThan": gone_after}}},
    }


@every_stack
def test_settings_have_the_only_name_that_azure_takes(stack: str) -> None:
    rendered = committed(stack)
    names = [
        rendered.one("storage:BlobServiceProperties").inputs["blobServicesName"],
        rendered.one("storage:ManagementPolicy").inputs["managementPolicyName"],
        *(e.inputs["fileServicesName"] for e in rendered.of("storage:FileServiceProperties")),
    ]
    assert set(names) == {"default"}


def test_share_is_smb_encrypted_and_has_a_ceiling() -> None:
    share = committed().one("storage:FileShare").inputs
    assert (share["shareName"], share["enabledProtocols"]) == ("shared", "SMB")
    assert share["shareQuota"] == 1024
    smb = committed().one("storage:FileServiceProperties").inputs["protocolSettings"]["smb"]
    assert smb == {
        "versions": "SMB3.1.1;",
        "authenticationMethods": "NTLMv2;",
        "channelEncryption": "AES-128-GCM;AES-256-GCM;",
    }


@pytest.mark.parametrize("keep", [True, False])
@pytest.mark.parametrize("kind", ["vm", "managed"])
def test_kept_data_does_not_go_with_the_lab(keep: bool, kind: str) -> None:
    rendered = variant(keep=keep, kind=kind)
    protected = {r.type.partition(":")[2] for r in rendered.custom() if r.options.get("protect")}
    disk = {"compute:Disk"} if kind == "vm" else set()
    assert protected == ({ACCOUNT, "storage:FileShare"} | disk if keep else set())
    assert {f"azure-native:{each}" for each in protected} <= HOLDS_DATA.keys(), (
        "only what is said to hold data can be released"
    )


def test_without_files_there_is_no_trace_of_them() -> None:
    rendered = variant(files=False)
    assert not [r.name for r in rendered.custom() if "/file" in r.type or "File" in r.type]
    assert "azure-course-notebook-files" not in [r.name for r in rendered.custom()]
    assert rendered.registered["mllab:azure:Storage"]["mounts"] == []


def test_outputs_say_where_data_is_and_how_to_mount() -> None:
    storage = committed().outputs["storage"]
    name = storage["name"]
    assert name == committed().one(ACCOUNT).inputs["accountName"]
    assert storage["uri"] == f"https://{name}.blob.core.windows.net/data"
    (mount,) = storage["mounts"]
    options = dict(each.partition("=")[::2] for each in mount["options"].split(","))
    assert mount == {
        "kind": "smb",
        "source": f"//{name}.file.core.windows.net/shared",
        "path": "/shared",
        "options": mount["options"],
    }
    assert options["vers"] == "3.1.1"
    assert (options["uid"], options["gid"]) == ("2000", "2000")
    assert not {"username", "password", "credentials", "guest"} & options.keys()
