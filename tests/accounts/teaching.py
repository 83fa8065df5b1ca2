"""What moto does not know of AWS, and the look-up needs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto.budgets.responses import BudgetsResponse
from moto.core.resource_tagging import TaggedResource
from moto.core.responses import ActionResult
from moto.resourcegroupstaggingapi.models import ResourceGroupsTaggingAPIBackend as Tagging
from moto.sagemaker.responses import SageMakerResponse


def teach(monkeypatch: pytest.MonkeyPatch, still_listed: list[dict[str, Any]]) -> None:
    """Budgets have tags, the scripts of notebooks are listed; the tagging service knows
    repositories and groups of schedules.

    Args:
        still_listed: what the tagging service lists although it may be gone.
    """
    tags: dict[str, Any] = {}
    create, listed = BudgetsResponse.create_budget, Tagging._get_resources_generator

    def create_budget(self: BudgetsResponse) -> str:
        tags[self._get_param("Budget")["BudgetName"]] = self._get_param("ResourceTags")
        return create(self)

    def list_tags_for_resource(self: BudgetsResponse) -> str:
        name = self._get_param("ResourceARN").rpartition("/")[2]
        return json.dumps({"ResourceTags": tags[name]})

    def get_resources(self: Tagging, tag_filters: Any, **others: Any) -> Iterator[TaggedResource]:
        yield from listed(self, tag_filters=tag_filters, **others)
        [wanted] = tag_filters
        for found in [*_others(self.region_name), *still_listed]:
            tags = {tag["Key"]: tag["Value"] for tag in found["Tags"]}
            if tags.get(wanted["Key"]) in wanted["Values"]:
                yield TaggedResource(found["ResourceARN"], tags, "")

    def list_configs(self: SageMakerResponse) -> ActionResult:
        known = self.sagemaker_backend.notebook_instance_lifecycle_configurations
        part = self._get_param("NameContains") or ""
        found = [known[name].response_object for name in known if part in name]
        return ActionResult({"NotebookInstanceLifecycleConfigs": found})

    monkeypatch.setattr(
        SageMakerResponse, "list_notebook_instance_lifecycle_configs", list_configs, raising=False
    )
    monkeypatch.setattr(BudgetsResponse, "create_budget", create_budget)
    monkeypatch.setattr(
        BudgetsResponse, "list_tags_for_resource", list_tags_for_resource, raising=False
    )
    monkeypatch.setattr(Tagging, "_get_resources_generator", get_resources)


def _others(region: str) -> Iterator[dict[str, Any]]:
    ecr, scheduler = (boto3.client(name, region_name=region) for name in ("ecr", "scheduler"))
    for found in ecr.describe_repositories()["repositories"]:
        arn = found["repositoryArn"]
        yield {"ResourceARN": arn, "Tags": ecr.list_tags_for_resource(resourceArn=arn)["tags"]}
    for found in scheduler.list_schedule_groups()["ScheduleGroups"]:
        arn = found["Arn"]
        said = scheduler.list_tags_for_resource(ResourceArn=arn)
        yield {"ResourceARN": arn, "Tags": said["Tags"]}
