"""The APIs of Google Cloud that a role calls."""

from __future__ import annotations

import pulumi
from pulumi_gcp import projects

from components.contracts import child


def enable(parent: pulumi.Resource, name: str, *apis: str) -> list[projects.Service]:
    """Enable APIs of the project, by short name (`compute`). They stay enabled after a destroy:
    others may use them, and what depends on them may be older than the lab.

    A new project needs two by hand before anything can be enabled: `serviceusage` and
    `cloudresourcemanager`. For minutes after an API was enabled calls may still be refused
    (SERVICE_DISABLED): run again.
    Source: https://cloud.google.com/service-usage/docs/enable-disable,
        https://github.com/hashicorp/terraform-provider-google/issues/16883
    """
    return [
        projects.Service(
            f"{name}-api-{api}",
            service=f"{api}.googleapis.com",
            disable_on_destroy=False,
            opts=child(parent),
        )
        for api in apis
    ]
