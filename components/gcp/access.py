"""IAM on Google Cloud: accounts, and the rights that several roles give, each as narrow as its use.

Only single members are added to policies, and never a whole policy or role is taken over: others
use the project, too. A right on the project itself is given to an account of the lab only, since
removing it takes it from everybody who was given the same.
"""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
from pulumi_gcp import artifactregistry, projects, serviceaccount, storage

from components.contracts import LabArgs, child
from components.gcp.naming import given

LONGEST_ACCOUNT = 30  # characters of an account's id


def account(
    parent: pulumi.Resource,
    name: str,
    lab: LabArgs,
    role: str,
    purpose: str,
    *,
    after: Sequence[pulumi.Resource],
) -> serviceaccount.Account:
    """A service account, without a key. Its id ends in a hash of lab and stack, so that two labs
    share a project; made again after a destroy it is a new identity under the old name.

    Args:
        purpose: what it does, for people who find it in the console.
        after: the APIs that must be enabled.
    """
    return serviceaccount.Account(
        name,
        account_id=given(lab, role, longest=LONGEST_ACCOUNT),
        display_name=f"mllab {lab.name}: {purpose}",
        opts=child(parent, depends_on=after),
    )


def bucket(
    parent: pulumi.Resource,
    name: str,
    bucket: storage.Bucket,
    account: serviceaccount.Account,
) -> list[pulumi.Resource]:
    """List, read, write and delete the objects of one bucket; not its settings."""
    roles = {
        "objects": "roles/storage.objectUser",
        # gcsfuse asks for the bucket itself before it mounts.
        "bucket": "roles/storage.legacyBucketReader",
    }
    return [
        storage.BucketIAMMember(
            f"{name}-{what}",
            bucket=bucket.name,
            role=role,
            member=account.member,
            opts=child(parent),
        )
        for what, role in roles.items()
    ]


def images(
    parent: pulumi.Resource,
    name: str,
    repository: artifactregistry.Repository,
    account: serviceaccount.Account,
    *,
    push: bool,
) -> pulumi.Resource:
    """Pull images from one repository, or pull and push."""
    return artifactregistry.RepositoryIamMember(
        f"{name}-images",
        project=repository.project,
        location=repository.location,
        repository=repository.name,
        role=f"roles/artifactregistry.{'writer' if push else 'reader'}",
        member=account.member,
        opts=child(parent),
    )


def project(
    parent: pulumi.Resource, name: str, account: serviceaccount.Account, role: str
) -> pulumi.Resource:
    """A role on the whole project, for an account of the lab."""
    return projects.IAMMember(
        name,
        project=account.project,
        role=role,
        member=account.member,
        opts=child(parent),
    )
