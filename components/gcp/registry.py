"""Container registry on Google Cloud: one repository of Artifact Registry."""

from __future__ import annotations

import pulumi
from pulumi_gcp import artifactregistry

from components import contracts
from components.contracts import RegistryArgs, child, publish
from components.gcp.naming import given
from components.gcp.network import Network
from components.gcp.services import enable
from components.tags import named, tags

DAY_SECONDS = 86_400
UNTAGGED_DAYS = 7
MUTABLE_TAG = "latest"  # what jobs run
IMAGE = "lab"


class Registry(pulumi.ComponentResource):
    """A private repository for the lab's container images, deleted with its images.

    Tags stay movable also in `strict`: Artifact Registry fixes all tags of a repository or none,
    and jobs run `latest`. Scanning costs 0.26 USD per image as soon as the project has the API of
    Container Analysis enabled, so a course goes without; `strict` leaves it to the project.

    Args:
        args: `keep_images`: newest images of each name that survive the clean-up.
    Outputs:
        uri: to tag and push to, `<region>-docker.pkg.dev/<project>/<repository>/lab`.
        login_command: logs docker in for an hour.
    Cost: empty 0 USD, else 0.10 USD per GB and month above 0.5 GB (us-east1, Nov 2026).
    Source: https://cloud.google.com/artifact-registry/docs/repositories/cleanup-policy-overview,
        https://cloud.google.com/artifact-analysis/docs/container-scanning-overview
    """

    uri: pulumi.Output[str]
    login_command: pulumi.Output[str]
    repository: artifactregistry.Repository

    def __init__(
        self, name: str, args: RegistryArgs[Network], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("mllab:gcp:Registry", name, None, opts)
        self.repository = artifactregistry.Repository(
            f"{name}-images",
            # The SDK makes up no name here.
            repository_id=given(args.lab, "images"),
            location=args.lab.region,
            format="DOCKER",
            cleanup_policy_dry_run=False,  # stated: a dry run deletes nothing, and says nothing
            cleanup_policies=_clean_up(args.keep_images),
            vulnerability_scanning_config={
                "enablement_config": "INHERITED" if args.lab.strict else "DISABLED"
            },
            labels=named(tags(args.lab, "registry"), f"{name}-images"),
            opts=child(self, depends_on=enable(self, name, "artifactregistry")),
        )
        host = f"{args.lab.region}-docker.pkg.dev"
        self.uri = pulumi.Output.concat(self.repository.registry_uri, "/", IMAGE)
        self.login_command = pulumi.Output.from_input(
            "gcloud auth print-access-token"
            f" | docker login --username oauth2accesstoken --password-stdin {host}"
        )
        publish(self, contracts.Registry)


def _clean_up(
    keep_images: int,
) -> list[artifactregistry.RepositoryCleanupPolicyArgsDict]:
    """Untagged images go after a week; of all others the newest stay: what is to be kept wins."""
    week = f"{UNTAGGED_DAYS * DAY_SECONDS}s"
    return [
        {
            "id": "untagged",
            "action": "DELETE",
            "condition": {"tag_state": "UNTAGGED", "older_than": week},
        },
        {"id": "surplus", "action": "DELETE", "condition": {"tag_state": "TAGGED"}},
        {
            "id": "newest",
            "action": "KEEP",
            "most_recent_versions": {"keep_count": keep_images},
        },
    ]
