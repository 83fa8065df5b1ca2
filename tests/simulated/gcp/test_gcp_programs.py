"""Small programs on the simulated Google Cloud, run by the embedded engine through the real SDK."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pulumi
import pytest
from pulumi_gcp import compute, organizations, projects, pubsub, serviceaccount, storage, workflows

from mllab.clock import SimulatedClock
from mllab.engines.contract import Op, StackTarget
from mllab.engines.embedded.engine import EmbeddedEngine
from mllab.simulated.gcp.cloud import SimulatedGcp
from tests.simulated.caller import MORNING
from tests.simulated.gcp.project import NUMBER, PROJECT

CONFIG = {"gcp:project": PROJECT, "gcp:region": "us-central1", "gcp:zone": "us-central1-a"}
HALVES = (Op.CREATE_REPLACEMENT, Op.DELETE_REPLACED)
Program = Callable[[], None]


class Stack:
    """One project and the programs that are tried in it, one after another."""

    def __init__(self, home: Path) -> None:
        self.home, self.gcp = home, SimulatedGcp(None)
        for name in self.gcp.by_hand:
            self.gcp.switch_on(name)
        self.clock = SimulatedClock(MORNING)

    def engine(self, program: Program) -> EmbeddedEngine:
        target = StackTarget("mllab", "small", "gcp", CONFIG, program, self.home)
        return EmbeddedEngine(target, {"gcp": self.gcp}, self.home, self.clock)


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    return Stack(tmp_path)


def api(name: str) -> projects.Service:
    return projects.Service(name, service=f"{name}.googleapis.com", disable_on_destroy=False)


def test_what_does_not_wait_for_its_api_fails_at_first_and_works_the_next_time(
    stack: Stack,
) -> None:
    def program() -> None:
        api("compute")
        compute.Network("net", auto_create_subnetworks=False)

    engine = stack.engine(program)
    assert engine.preview().empty is False, "a preview cannot see it"
    (failure,) = engine.up().failures
    assert (failure.type, failure.code) == ("gcp:compute/network:Network", "SERVICE_DISABLED")
    assert engine.up().failures == ()


def test_what_waits_for_its_api_works(stack: Stack) -> None:
    def program() -> None:
        wait = pulumi.ResourceOptions(depends_on=[api("compute")])
        compute.Network("net", auto_create_subnetworks=False, opts=wait)

    assert stack.engine(program).up().failures == ()


def test_a_look_up_answers_only_when_its_api_is_there(stack: Stack) -> None:
    def program() -> None:
        ready = pulumi.InvokeOutputOptions(depends_on=[api("compute")])
        found = compute.get_image_output(family="debian-12", project="debian-cloud", opts=ready)
        pulumi.export("image", found.name)
        here = organizations.get_project_output(project_id=PROJECT)
        pulumi.export("number", here.number)

    engine = stack.engine(program)
    assert engine.preview().outputs.get("number") == NUMBER
    outcome = engine.up()
    assert outcome.failures == ()
    assert outcome.outputs["image"] == "debian-12-bookworm-v20260805"


def test_an_account_of_another_name_takes_its_rights_along(stack: Stack) -> None:
    """Nothing stays behind under a dead name, since members go before their account."""
    ids = iter(["trainer-one", "trainer-two"])

    def program(id: str) -> Program:
        def declare() -> None:
            apis = pulumi.ResourceOptions(depends_on=[api("iam")])
            account = serviceaccount.Account("trainer", account_id=id, opts=apis)
            projects.IAMMember(
                "logs", project=PROJECT, role="roles/logging.logWriter", member=account.member
            )

        return declare

    for _ in range(2):
        assert stack.engine(program(next(ids))).up().failures == ()
    members = [r.inputs["member"] for r in stack.gcp.inventory() if "member" in r.inputs]
    assert members == [f"serviceAccount:trainer-two@{PROJECT}.iam.gserviceaccount.com"]


def test_protection_goes_with_one_deployment_before_the_delete(stack: Stack) -> None:
    def program(protected: bool | None) -> Program:
        def declare() -> None:
            wait = pulumi.ResourceOptions(depends_on=[api("workflows")])
            workflows.Workflow(
                "stop", source_contents="main: {}", deletion_protection=protected, opts=wait
            )

        return declare

    assert stack.engine(program(None)).up().failures == ()
    (failure,) = stack.engine(program(None)).destroy().failures
    assert "deletion_protection=false" in failure.message
    assert stack.engine(program(False)).up().failures == ()
    assert stack.engine(program(False)).destroy().failures == ()
    assert stack.gcp.inventory() == []


def test_labels_are_no_difference_at_the_next_run(stack: Stack) -> None:
    def program() -> None:
        wait = pulumi.ResourceOptions(depends_on=[api("pubsub")])
        pubsub.Topic("alerts", labels={"owner": "ada"}, opts=wait)
        storage.Bucket("data", location="us-central1", labels={"owner": "ada"})

    engine = stack.engine(program)
    assert engine.up().failures == ()
    engine.refresh()
    assert engine.preview().empty


def test_another_description_makes_another_network_before_the_old_one_goes(stack: Stack) -> None:
    def program(words: str) -> Program:
        def declare() -> None:
            wait = pulumi.ResourceOptions(depends_on=[api("compute")])
            net = compute.Network(
                "net", auto_create_subnetworks=False, description=words, opts=wait
            )
            compute.Subnetwork("sub", network=net.id, ip_cidr_range="10.10.0.0/20")

        return declare

    assert stack.engine(program("one")).up().failures == ()
    outcome = stack.engine(program("two")).up()
    assert outcome.failures == ()
    halves = [(step.op, step.name) for step in outcome.steps if step.op in HALVES]
    assert sorted(halves) == [(op, name) for op in sorted(HALVES) for name in ("net", "sub")]
    assert halves[0] == (Op.CREATE_REPLACEMENT, "net")
    assert halves[-1] == (Op.DELETE_REPLACED, "net")
