"""What the provider of Google Cloud refuses, and makes, before Google is asked."""

from __future__ import annotations

import re

from mllab.simulated.gcp.rules import tokens
from tests.simulated.gcp.project import NUMBER, PROJECT, ZONE, Project

BUDGET = {
    "billingAccount": "012345-6789AB-CDEF01",
    "amount": {"specifiedAmount": {"units": "100"}},
}


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
