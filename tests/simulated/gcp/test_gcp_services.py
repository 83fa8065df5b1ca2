"""APIs must be enabled first; what they bring stays when they are let go."""

from __future__ import annotations

import pytest

from mllab.protocol.provider import ProviderFailure, untimed
from mllab.simulated.gcp.rules import tokens
from tests.simulated.gcp.project import AGENT, NUMBER, PROJECT, Project

COMPUTE = {"service": "compute.googleapis.com"}
OFF = (
    f"SERVICE_DISABLED: Compute Engine API has not been used in project {NUMBER} before or it is "
    "disabled. Enable it by visiting https://console.developers.google.com/apis/api/"
    f"compute.googleapis.com/overview?project={NUMBER} then retry. If you enabled this API "
    "recently, wait a few minutes for the action to propagate to our systems and retry."
)


def test_what_belongs_to_a_disabled_api_is_refused_with_the_way_out(new: Project) -> None:
    inputs = {"autoCreateSubnetworks": False}
    assert new.refused(tokens.NETWORK, inputs) == OFF
    assert new.refusal(tokens.NETWORK, inputs).hint == (
        f"gcloud services enable compute.googleapis.com --project={PROJECT}"
    )


def test_an_api_works_when_its_enabling_is_over_not_when_it_begins(new: Project) -> None:
    """So what does not wait for the API fails, as it does in a new project."""
    new.create(tokens.SERVICE, COMPUTE)
    assert new.refused(tokens.NETWORK, {"autoCreateSubnetworks": False}) == OFF
    new.later(new.whole.kind(tokens.SERVICE).facts.create_s)
    assert new.network()


def test_every_call_is_refused_where_the_api_was_switched_off(new: Project) -> None:
    service = new.create(tokens.SERVICE, {**COMPUTE, "disableOnDestroy": True}).id
    new.later(100)
    network = new.network()
    new.delete(tokens.SERVICE, service, {"disableOnDestroy": True})
    for attempt in (
        lambda: new.read(tokens.NETWORK, network),
        lambda: new.delete(tokens.NETWORK, network),
        lambda: new.provider.invoke("gcp:compute/getZones:getZones", {}, preview=False),
    ):
        with pytest.raises(ProviderFailure) as failure:
            attempt()
        assert failure.value.code == "SERVICE_DISABLED"


def test_a_new_project_has_a_few_apis(new: Project) -> None:
    assert new.bucket()
    assert new.create(
        tokens.CHANNEL, {"type": "email", "labels": {"email_address": "ada@uni.edu"}}
    ).id


def test_an_api_stays_enabled_when_it_is_let_go(new: Project) -> None:
    service = new.create(tokens.SERVICE, COMPUTE).id
    assert new.ids(tokens.SERVICE) == [f"{PROJECT}/compute.googleapis.com"]
    new.later(100)
    new.delete(tokens.SERVICE, service, {"disableOnDestroy": False})
    assert new.ids(tokens.SERVICE) == []
    assert new.ids(tokens.SERVICE, standing=True) == [service]
    assert new.network()
    again = new.create(tokens.SERVICE, COMPUTE)
    assert again.id == service
    assert new.network("another"), "taken up again it works at once"


def test_an_unknown_api_is_refused(new: Project) -> None:
    assert new.refused(tokens.SERVICE, {"service": "compte.googleapis.com"}) == (
        "PERMISSION_DENIED: Not found or permission denied for service(s): compte.googleapis.com."
    )
    assert new.faults(tokens.SERVICE, {"service": "compute"}) == (
        "service: expected compute to be a domain like serviceusage.googleapis.com",
    )


def test_compute_brings_a_network_that_lets_ssh_in(new: Project) -> None:
    new.create(tokens.SERVICE, COMPUTE)
    assert new.ids(tokens.NETWORK) == [], "nobody of ours made it, and it costs nothing"
    assert new.ids(tokens.NETWORK, standing=True) == [f"projects/{PROJECT}/global/networks/default"]
    assert f"projects/{PROJECT}/global/firewalls/default-allow-ssh" in new.ids(
        tokens.FIREWALL, standing=True
    )


def grant(project: Project, member: str) -> str:
    inputs = {"project": PROJECT, "role": "roles/logging.logWriter", "member": member}
    return project.create(tokens.PROJECT_MEMBER, inputs).id


def test_googles_own_accounts_come_with_their_api(new: Project) -> None:
    email = AGENT.removeprefix("serviceAccount:")
    words = f"badRequest: Service account {email} does not exist."
    inputs = {"project": PROJECT, "role": "roles/logging.logWriter", "member": AGENT}
    assert new.refused(tokens.PROJECT_MEMBER, inputs) == words
    new.create(tokens.SERVICE, COMPUTE)
    assert grant(new, AGENT)


def test_some_come_only_when_they_are_asked_for(project: Project) -> None:
    member = f"serviceAccount:service-{NUMBER}@gcp-sa-aiplatform.iam.gserviceaccount.com"
    inputs = {"project": PROJECT, "role": "roles/logging.logWriter", "member": member}
    assert "does not exist" in project.refused(tokens.PROJECT_MEMBER, inputs)
    identity = project.create(tokens.IDENTITY, {"service": "aiplatform.googleapis.com"})
    assert identity.outputs["member"] == member
    assert grant(project, member)
    project.delete(tokens.IDENTITY, identity.id)
    assert project.ids(tokens.IDENTITY) == []
    assert grant(project, member), "nothing removes such an account"


def test_an_account_at_first_use_cannot_be_had_before(project: Project) -> None:
    project.create(tokens.IDENTITY, {"service": "aiplatform.googleapis.com"})
    member = f"serviceAccount:service-{NUMBER}@gcp-sa-aiplatform-cc.iam.gserviceaccount.com"
    inputs = {"project": PROJECT, "role": "roles/logging.logWriter", "member": member}
    assert "does not exist" in project.refused(tokens.PROJECT_MEMBER, inputs)


def test_behind_an_engine_without_a_clock_of_its_own_an_api_works_at_once(new: Project) -> None:
    """The real engine calls when the call before has returned, so that it is over."""
    new.provider = untimed(new.provider)
    new.create(tokens.SERVICE, COMPUTE)
    assert new.network()
