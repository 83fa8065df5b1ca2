"""APIs of a project and Google's own accounts, as Service Usage treats them."""

from __future__ import annotations

from collections.abc import Iterable

from mllab.protocol.provider import UNKNOWN, Properties
from mllab.simulated.account import switch
from mllab.simulated.gcp import places
from mllab.simulated.gcp.rules import tokens
from mllab.simulated.gcp.rules.resource import Resource
from mllab.simulated.kind import Here, Kind, refuse
from mllab.simulated.store import Record, Session

COMPUTE = "compute.googleapis.com"
RESOURCE_MANAGER = "cloudresourcemanager.googleapis.com"
BY_HAND = ("serviceusage.googleapis.com", RESOURCE_MANAGER)
"""Before anything can be enabled by a program: the first is what enables, and the provider asks the
second whether the project is there.
Source: https://github.com/hashicorp/terraform-provider-google/issues/16883"""
DEFAULT_RULES = ("allow-icmp", "allow-internal", "allow-rdp", "allow-ssh")


def enabled(session: Session, project: str, service: str) -> bool:
    """Whether somebody enabled an API, or the project always has it."""
    standing = places.services()[service][1]
    by_hand = service in BY_HAND and session.number(switch(service))
    made = session.get(tokens.SERVICE, f"{project}/{service}", "") is not None
    return bool(standing or by_hand or made)


def agent_exists(session: Session, project: str, email: str) -> bool:
    """Whether a Google account of that e-mail works in the project by now."""
    number = places.number(project)
    for agent in places.agents():
        if agent.email.format(number=number) == email:
            if agent.comes == "identity":
                identity = f"projects/{project}/services/{agent.service}"
                return session.get(tokens.IDENTITY, identity, "") is not None
            return agent.comes == "enable" and enabled(session, project, agent.service)
    return False


class Service(Resource):
    """Enabling twice is enabling once; it stays enabled unless it is asked to go."""

    def faults(self, inputs: Properties) -> Iterable[str]:
        service = inputs["service"]
        if service is not UNKNOWN and "." not in service:
            yield f"service: expected {service} to be a domain like serviceusage.googleapis.com"

    def validate(self, here: Here, inputs: Properties, old: Record | None) -> None:
        if inputs["service"] not in places.services():
            raise refuse(
                "PERMISSION_DENIED (403): Not found or permission denied for service(s): "
                "{service}.",
                service=inputs["service"],
            )

    def created(self, here: Here, record: Record) -> None:
        record.hidden["standing"] = True
        if record.inputs["service"] == COMPUTE:
            _default_network(here, record)

    def stays(self, record: Record) -> bool:
        return super().stays(record) or not record.inputs.get("disableOnDestroy")


def _default_network(here: Here, record: Record) -> None:
    """What comes with the first machine in a project; it costs nothing and lets SSH in."""
    project = here.base["project"]
    network = f"projects/{project}/global/networks/default"
    if here.session.get(tokens.NETWORK, network, ""):
        return
    standing = {"standing": True}
    for type_, id in (
        (tokens.NETWORK, network),
        *(
            (tokens.FIREWALL, f"projects/{project}/global/firewalls/default-{rule}")
            for rule in DEFAULT_RULES
        ),
    ):
        name = places.last(id)
        found = {"name": name, "selfLink": f"{places.LINK}{id}"}
        made = Record(type_, id, "", here.at, name, outputs=found, hidden=dict(standing))
        here.session.add(made)
        here.session.call(made, (name, found["selfLink"]))


class ServiceIdentity(Resource):
    """Makes a service's account at once instead of at its first use. Nothing removes it."""

    def resumes(self, record: Record) -> bool:
        return True

    def created(self, here: Here, record: Record) -> None:
        record.hidden["standing"] = True

    def outputs(self, here: Here, record: Record) -> Properties:
        project, service = here.base["project"], record.inputs["service"]
        found = [agent for agent in places.agents() if agent.service == service]
        email = found[0].email.format(number=places.number(project)) if found else ""
        return {"email": email, "member": f"serviceAccount:{email}" if email else ""}

    def stays(self, record: Record) -> bool:
        return True


KINDS: dict[str, type[Kind]] = {
    tokens.SERVICE: Service,
    tokens.IDENTITY: ServiceIdentity,
}
