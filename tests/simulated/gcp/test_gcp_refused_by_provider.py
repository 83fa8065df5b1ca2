"""What the provider refuses before Google is asked."""

from __future__ import annotations

import re

import pytest

from mllab.simulated.gcp.rules import tokens
from tests.simulated.gcp.project import NUMBER, PROJECT, ZONE, Project
from tests.simulated.gcp.refusals import BOOT, BUCKET, BUDGET, FIREWALL, VM, Refusals

NAME = "^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$"

BY_PROVIDER: Refusals = {
    "unknown property": (
        tokens.NETWORK,
        {"autoCreateSubnetwork": False},
        "autoCreateSubnetwork: unknown property; did you mean 'autoCreateSubnetworks'?",
    ),
    "output as an input": (
        tokens.NETWORK,
        {"selfLink": "x"},
        "selfLink: only the cloud sets this property",
    ),
    "missing input": (tokens.SUBNET, {}, "network: missing, it is required"),
    "name in capitals": (
        tokens.NETWORK,
        {"name": "Net"},
        f"name: must match {NAME} (got 'Net')",
    ),
    "account of five letters": (
        tokens.ACCOUNT,
        {"accountId": "train"},
        "accountId: must match ^[a-z]([-a-z0-9]{4,28}[a-z0-9])$ (got 'train')",
    ),
    "account of 31 letters": (
        tokens.ACCOUNT,
        {"accountId": "a" * 31},
        f"accountId: has 31 characters, at most 30 (got '{'a' * 31}')",
    ),
    "bucket of google": (
        tokens.BUCKET,
        {**BUCKET, "name": "goog-data"},
        "name: must match ^(?!goog)(?!.*google)[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$ (got "
        "'goog-data')",
    ),
    "wrong enumeration": (
        tokens.BUDGET,
        {**BUDGET, "budgetFilter": {"calendarPeriod": "WEEK"}},
        "budgetFilter.calendarPeriod: must be one of MONTH, QUARTER, YEAR (got 'WEEK')",
    ),
    "firewall from everywhere by omission": (
        tokens.FIREWALL,
        {"network": "n", "allows": [{"protocol": "tcp"}]},
        "sourceRanges: one of source_tags, source_ranges, or source_service_accounts must be "
        "defined",
    ),
    "firewall that says nothing": (
        tokens.FIREWALL,
        {"network": "n", "sourceRanges": ["10.0.0.0/8"]},
        "allows: one of allows, denies must be given, and not both",
    ),
    "firewall with tags and accounts": (
        tokens.FIREWALL,
        {**FIREWALL, "sourceTags": ["a"], "targetServiceAccounts": ["b"]},
        "targetServiceAccounts: tags and service accounts cannot be used together",
    ),
    "firewall from no range": (
        tokens.FIREWALL,
        {**FIREWALL, "sourceRanges": ["10.0.0.1/8"]},
        "sourceRanges: '10.0.0.1/8' is not a valid range in CIDR notation",
    ),
    "machine without network": (
        tokens.INSTANCE,
        {**VM, "networkInterfaces": [{"accessConfigs": [{}]}]},
        "networkInterfaces[0]: exactly one of network, subnetwork, or network_attachment must be "
        "provided",
    ),
    "machine without card": (
        tokens.INSTANCE,
        {**VM, "networkInterfaces": []},
        "networkInterfaces: at least one is required",
    ),
    "boot disk made and given": (
        tokens.INSTANCE,
        {**VM, "bootDisk": {**BOOT, "source": "x"}},
        "bootDisk.initializeParams: conflicts with bootDisk.source",
    ),
    "attachment without name": (
        tokens.POLICY_ATTACHMENT,
        {"instance": "machine"},
        "name: missing, it is required",
    ),
    "schedule of six fields": (
        tokens.POLICY,
        {
            "instanceSchedulePolicy": {
                "timeZone": "Etc/UTC",
                "vmStopSchedule": {"schedule": "at night"},
            }
        },
        "instanceSchedulePolicy.vmStopSchedule.schedule: 'at night' is no cron expression of five "
        "fields",
    ),
    "job without target": (
        tokens.SCHEDULE,
        {"schedule": "0 1 * * *"},
        "httpTarget: exactly one of appEngineHttpTarget, httpTarget, pubsubTarget",
    ),
    "job that may take an hour": (
        tokens.SCHEDULE,
        {"httpTarget": {"uri": "https://example.org"}, "attemptDeadline": "3600s"},
        "attemptDeadline: must be between 15s and 1800s (got '3600s')",
    ),
    "two owners": (
        tokens.NOTEBOOK,
        {"location": ZONE, "instanceOwners": ["a@b.c", "d@e.f"]},
        "instanceOwners: at most one is allowed",
    ),
    "budget of two amounts": (
        tokens.BUDGET,
        {**BUDGET, "amount": {"specifiedAmount": {}, "lastPeriodAmount": True}},
        "amount: one of specifiedAmount, lastPeriodAmount must be given, and not both",
    ),
    "budget that tells nobody": (
        tokens.BUDGET,
        {**BUDGET, "allUpdatesRule": {"schemaVersion": "1.0"}},
        "allUpdatesRule: one of pubsubTopic, monitoringNotificationChannels, "
        "disableDefaultIamRecipients, enableProjectLevelRecipients must be given",
    ),
    "lifecycle without condition": (
        tokens.BUCKET,
        {**BUCKET, "lifecycleRules": [{"action": {"type": "Delete"}, "condition": {}}]},
        "lifecycleRules[0].condition: at least one condition is required",
    ),
    "lifecycle of parts by state": (
        tokens.BUCKET,
        {
            **BUCKET,
            "lifecycleRules": [
                {
                    "action": {"type": "AbortIncompleteMultipartUpload"},
                    "condition": {"age": 1, "withState": "ANY"},
                }
            ],
        },
        "lifecycleRules[0].condition.withState: not with AbortIncompleteMultipartUpload",
    ),
    "clean-up of one name twice": (
        tokens.REPOSITORY,
        {
            "repositoryId": "ml",
            "format": "DOCKER",
            "cleanupPolicies": [{"id": "a"}, {"id": "a"}],
        },
        "cleanupPolicies: 'a' is the id of more than one",
    ),
}


@pytest.mark.parametrize("case", BY_PROVIDER)
def test_the_provider_refuses(project: Project, case: str) -> None:
    type_, inputs, words = BY_PROVIDER[case]
    assert project.faults(type_, inputs) == (words,)


def test_a_range_must_be_one(project: Project) -> None:
    assert project.faults(tokens.SUBNET, {"network": "n", "ipCidrRange": "10.10.0.1/20"}) == (
        "ipCidrRange: '10.10.0.1/20' is not a valid IPv4 range in CIDR notation",
    )


def test_a_generated_name_is_as_the_provider_makes_it(project: Project) -> None:
    checked = project.check(tokens.ACCOUNT, {}, "Ml-Course-Trainer")
    assert checked.faults == ()
    assert re.fullmatch(r"ml-course-trainer-[0-9a-f]{7}", checked.inputs["accountId"])
    (fault,) = project.check(tokens.ACCOUNT, {}, "ml-course-notebook-account").faults
    assert fault.startswith("accountId: has 34 characters, at most 30")


def test_unknown_things_are_named(project: Project) -> None:
    assert project.faults("gcp:sql/databaseInstance:DatabaseInstance", {}) == (
        "the simulated Google Cloud does not know the resource type "
        "gcp:sql/databaseInstance:DatabaseInstance",
    )


def test_somebody_must_say_where() -> None:
    nowhere = Project(config={"project": "", "region": "", "zone": ""}, enable=False)
    assert nowhere.faults(tokens.DISK, {"size": 10}) == (
        "project: required field is not set: pulumi config set gcp:project <project>",
        "zone: required field is not set: pulumi config set gcp:zone <zone>",
    )
    assert nowhere.faults(tokens.DISK, {"size": 10, "project": "p", "zone": ZONE}) == ()


def test_billing_wants_to_know_who_pays_for_the_call() -> None:
    """With a person's own login; terraform-example-foundation issue 194."""
    project = Project(config={"userProjectOverride": "false"})
    assert project.refused(tokens.BUDGET, BUDGET) == (
        "SERVICE_DISABLED: Your application is authenticating by using local Application Default "
        "Credentials. The billingbudgets.googleapis.com API requires a quota project, which is "
        "not set by default."
    )
    assert "gcp:userProjectOverride true" in project.refusal(tokens.BUDGET, BUDGET).hint


def test_a_budget_counts_by_number(project: Project) -> None:
    inputs = {**BUDGET, "budgetFilter": {"projects": [f"projects/{NUMBER}"]}}
    assert project.create(tokens.BUDGET, inputs).id
    wrong = {**BUDGET, "budgetFilter": {"projects": [f"projects/{PROJECT}"]}}
    assert f"here projects/{NUMBER}" in project.refusal(tokens.BUDGET, wrong).hint
