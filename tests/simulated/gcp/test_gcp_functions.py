"""Answers of Google Cloud to what a program asks."""

from __future__ import annotations

from typing import Any

import pytest

from mllab.protocol.provider import ProviderFailure
from tests.simulated.gcp.project import NUMBER, PROJECT, Project

DEEP = "deeplearning-platform-release"
FAMILY = "common-cu129-ubuntu-2404-nvidia-580"


def ask(cloud: Project, token: str, /, **args: Any) -> dict[str, Any]:
    return cloud.provider.invoke(f"gcp:{token}:{token.rpartition('/')[2]}", args, preview=False)


def refused(cloud: Project, token: str, /, **args: Any) -> str:
    with pytest.raises(ProviderFailure) as failure:
        ask(cloud, token, **args)
    return failure.value.message


def test_the_newest_image_of_a_family(project: Project) -> None:
    found = ask(project, "compute/getImage", project=DEEP, family=FAMILY)
    assert found["name"] == f"{FAMILY}-v20260626"
    assert found["selfLink"].endswith(f"/projects/{DEEP}/global/images/{FAMILY}-v20260626")
    assert found["creationTimestamp"].startswith("2026-06-26")
    assert ask(project, "compute/getImage", project=DEEP, name=found["name"]) == {
        **found,
        "name": found["name"],
    }


def test_a_family_that_is_gone(project: Project) -> None:
    family = "common-cu128-ubuntu-2204-nvidia-570"
    assert refused(project, "compute/getImage", project=DEEP, family=family) == (
        "error retrieving image information: googleapi: Error 404: The resource "
        f"'projects/{DEEP}/global/images/family/{family}' was not found, notFound"
    )
    assert refused(project, "compute/getImage") == "one of name, family or filter must be set"


def test_images_that_pass_a_filter_and_none_is_no_fault(project: Project) -> None:
    def families(filter: str) -> list[str]:
        found = ask(project, "compute/getImages", project=DEEP, filter=filter)
        return [image["family"] for image in found["images"]]

    assert families(f"(family = {FAMILY}) OR (family = common-cu128)") == [FAMILY]
    assert families('family = "common-cu128"') == []
    assert families("family eq pytorch-.*2404.*") == ["pytorch-2-9-cu129-ubuntu-2404-nvidia-580"]
    assert len(families("family != none")) == 4
    assert len(ask(project, "compute/getImages", project=DEEP)["images"]) == 4
    assert "does not know the filter" in refused(
        project, "compute/getImages", project=DEEP, filter="labels.a:b"
    )


def test_one_image_by_filter(project: Project) -> None:
    one = ask(project, "compute/getImage", project=DEEP, filter=f"family = {FAMILY}")
    assert one["family"] == FAMILY
    assert refused(project, "compute/getImage", project=DEEP, filter="family = none") == (
        "your filter has returned 0 images, one is needed"
    )


def test_project_account_and_configuration(project: Project) -> None:
    assert ask(project, "organizations/getProject", projectId=PROJECT)["number"] == NUMBER
    config = ask(project, "organizations/getClientConfig")
    assert (config["project"], config["region"], config["zone"]) == (
        PROJECT,
        "us-central1",
        "us-central1-a",
    )
    agent = ask(project, "storage/getProjectServiceAccount")
    assert agent["member"] == (
        f"serviceAccount:service-{NUMBER}@gs-project-accounts.iam.gserviceaccount.com"
    )
    account = ask(project, "organizations/getBillingAccount", billingAccount="012345-6789AB-CDEF01")
    assert (account["currencyCode"], account["open"]) == ("USD", True)
    assert refused(project, "organizations/getBillingAccount", billingAccount="mine") == (
        "Billing account not found: mine"
    )


def test_zones_of_a_region(project: Project) -> None:
    assert ask(project, "compute/getZones")["names"] == [
        f"us-central1-{letter}" for letter in "abcf"
    ]
    east = ask(project, "compute/getZones", region="us-east1")
    assert east["names"] == ["us-east1-b", "us-east1-c", "us-east1-d"]
    assert ask(project, "compute/getZones", status="DOWN")["names"] == []
    assert "does not know the region 'us-east9'" in refused(
        project, "compute/getZones", region="us-east9"
    )


def test_what_is_not_known_is_named(project: Project) -> None:
    assert refused(project, "sql/getTiers") == (
        "the simulated Google Cloud does not know the function gcp:sql/getTiers:getTiers"
    )
    assert "familly: unknown property; did you mean 'family'?" in refused(
        project, "compute/getImage", familly=FAMILY
    )


def test_an_unknown_region_or_zone_is_refused_with_the_known_ones() -> None:
    for config in ({"region": "us-central9"}, {"zone": "us-central1-e"}):
        with pytest.raises(ProviderFailure) as failure:
            Project(config=config)
        assert "us-central1" in failure.value.hint
