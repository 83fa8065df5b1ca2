"""One change of the committed course stacks, on every cloud: four parts, each made by an edit.

A machine of twice the size, storage that is replaced, a port that is opened, a seat that is
removed. The first two are of settings, the others of components, as a pull request may have both.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from tests.review.repository import Repository, with_code

CLOUDS: Final = ("aws", "azure", "gcp")
SEATS: Final = ("ann", "bob", "cy")
"""Of the base: the committed file has one notebook for all, and none could be removed."""

SMALL: Final = "    kind: vm # a machine with JupyterLab on it\n    size: gpu-small"
TWICE: Final = {
    "aws": "g4dn.2xlarge",
    "azure": "Standard_NC8as_T4_v3",
    "gcp": "n1-standard-8+nvidia-tesla-t4",
}
"""The same GPU beside twice as many processors and twice the memory."""

_AWS_PORT: Final = """\
        vpc.SecurityGroupIngressRule(
            f"{name}-open",
            security_group_id=self.compute_group.id,
            cidr_ipv4=ANYWHERE,
            ip_protocol="tcp",
            from_port=8888,
            to_port=8888,
            description="A notebook for everybody",
            tags=named(labels, f"{name}-open"),
            opts=child(self),
        )
"""
_AZURE_PORT: Final = """{
                **_rule("notebook-for-everybody", 1010, "Allow", "Tcp", "8888"),
                "source_address_prefix": "*",
            }, """
_GCP_PORT: Final = """\
        compute.Firewall(
            f"{name}-open",
            network=network.id,
            description="A notebook for everybody",
            direction="INGRESS",
            source_ranges=["0.0.0.0/0"],
            target_service_accounts=[self.account.email],
            allows=[{"protocol": "tcp", "ports": ["8888"]}],
            opts=child(self),
        )
"""

EDITS: Final = (
    ("aws/network", "        # Rules are resources of their own: rules inside", _AWS_PORT),
    ("aws/storage", "            force_destroy=not", '            bucket_prefix="data-",\n'),
    ("azure/network", "_nothing_else()],", _AZURE_PORT),
    ("azure/storage", '"data", unique', '"new", '),
    ("gcp/network", '        self.external = egress == "external"\n', _GCP_PORT),
    ("gcp/storage", "            force_destroy=not", "            enable_object_retention=True,\n"),
)
"""Module of a component, a text that it has once, and what is put before it."""


def made(root: Path, folder: Path) -> Repository:
    """The three committed stacks and the code, with the change in the working tree."""
    stacks = {}
    for cloud in CLOUDS:
        text = (root / f"stacks/Pulumi.{cloud}-course.yaml").read_text(encoding="utf-8")
        stacks[f"{cloud}-course"] = text.replace("seats: [shared]", f"seats: [{', '.join(SEATS)}]")
    labs = with_code(root, folder, stacks)
    for cloud in CLOUDS:
        file = f"stacks/Pulumi.{cloud}-course.yaml"
        labs.replace(file, SMALL, SMALL.replace("gpu-small", TWICE[cloud]))
        labs.replace(file, f"seats: [{', '.join(SEATS)}]", f"seats: [{', '.join(SEATS[:-1])}]")
    for module, there, before in EDITS:
        labs.replace(f"components/{module}.py", there, before + there)
    return labs
