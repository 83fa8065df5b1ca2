"""Profile `strict` differs on Azure and Google Cloud, too, where a reviewer looks."""

from __future__ import annotations

import pytest

from tests.components.twins import declared

DAY_SECONDS = 86_400


@pytest.mark.parametrize(("stack", "strict"), [("azure-lab", True), ("azure-course", False)])
def test_azure(stack: str, strict: bool) -> None:
    lab = declared(stack)
    vault = lab.one("keyvault:Vault").inputs["properties"]
    assert vault.get("enablePurgeProtection", False) is strict
    blobs = lab.one("storage:BlobServiceProperties").inputs
    assert blobs.get("isVersioningEnabled", False) is strict
    assert blobs["deleteRetentionPolicy"].get("days", 0) >= (30 if strict else 0)
    logs = lab.one("operationalinsights:Workspace").inputs["retentionInDays"]
    assert logs == (365 if strict else 30)


@pytest.mark.parametrize(("stack", "strict"), [("gcp-lab", True), ("gcp-course", False)])
def test_google_cloud(stack: str, strict: bool) -> None:
    lab = declared(stack)
    assert ("logConfig" in lab.one("compute/subnetwork:Subnetwork").inputs) is strict
    kept = lab.one("storage/bucket:Bucket").inputs["softDeletePolicy"]["retentionDurationSeconds"]
    assert kept >= (30 * DAY_SECONDS if strict else 0)
    assert (kept == 0) is not strict
