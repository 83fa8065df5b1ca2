"""Answers of Google Cloud to what a program asks (Pulumi's functions)."""

from __future__ import annotations

import re
from collections.abc import Callable

from mllab.protocol.provider import Properties, ProviderFailure
from mllab.simulated.gcp import places
from mllab.simulated.gcp.places import Image
from mllab.simulated.gcp.rules.alerts import BILLING_ACCOUNT, CURRENCY
from mllab.simulated.kind import refuse

PUBLISHED = re.compile(r"v(\d{4})(\d\d)(\d\d)$")
_TERM = re.compile(r"\(?\s*(family|name)\s*(=|!=|eq|ne)\s*\"?([a-z0-9.*-]+)\"?\s*\)?")


def client_config(args: Properties, region: str, project: str) -> Properties:
    """What the provider is configured with."""
    return {
        "id": f'projects/"{project}"/regions/"{region}"/zones/""',
        "project": project,
        "region": region,
        "accessToken": "simulated",
        "defaultLabels": {},
    }


def project(args: Properties, region: str, project: str) -> Properties:
    """A project that the caller may see: every one that is asked for."""
    id = str(args.get("projectId") or project)
    return {
        "id": f"projects/{id}",
        "projectId": id,
        "name": id,
        "number": places.number(id),
        "autoCreateNetwork": True,
        "billingAccount": "",
        "deletionPolicy": "",
        "folderId": "",
        "orgId": "",
        "labels": {},
        "effectiveLabels": {},
        "pulumiLabels": {},
        "tags": {},
    }


def billing_account(args: Properties, region: str, project: str) -> Properties:
    """A billing account that the caller may see: every one with a well-formed number."""
    number = str(args.get("billingAccount", "")).removeprefix("billingAccounts/")
    if not BILLING_ACCOUNT.fullmatch(number):
        raise refuse(
            "notFound: Billing account not found: {number}",
            "a billing account looks like 012345-6789AB-CDEF01",
            number=number,
        )
    return {
        "id": number,
        "name": f"billingAccounts/{number}",
        "displayName": "simulated",
        "open": True,
        "currencyCode": CURRENCY,
        "projectIds": [project] if args.get("lookupProjects", True) else [],
    }


def storage_agent(args: Properties, region: str, project: str) -> Properties:
    """The account with which Cloud Storage works in a project."""
    id = str(args.get("project") or project)
    email = f"service-{places.number(id)}@gs-project-accounts.iam.gserviceaccount.com"
    return {
        "id": email,
        "project": id,
        "emailAddress": email,
        "member": f"serviceAccount:{email}",
    }


def zones(args: Properties, region: str, project: str) -> Properties:
    """Zones of a region, all of which are up."""
    names = [] if args.get("status") == "DOWN" else list(places.zones(region))
    id = f"projects/{args.get('project') or project}/regions/{region}"
    return {"id": id, "project": args.get("project") or project, "names": names}


def image(args: Properties, region: str, project: str) -> Properties:
    """The newest image of a family, or the one of a name."""
    owner = str(args.get("project") or project)
    name = args.get("family") or args.get("name")
    if "filter" in args:
        found = [i for i in places.images() if i.project == owner and _passes(args["filter"], i)]
        if len(found) != 1 and not (found and args.get("mostRecent")):
            raise ProviderFailure(f"your filter has returned {len(found)} images, one is needed")
        return _described(found[-1])
    if not name:
        raise ProviderFailure("one of name, family or filter must be set")
    match = places.image(f"{owner}/{name}")
    if match is None:
        kind = "images/family" if args.get("family") else "images"
        raise refuse(
            "notFound: error retrieving image information: googleapi: Error 404: The resource "
            "'projects/{owner}/global/{kind}/{name}' was not found, notFound",
            owner=owner,
            kind=kind,
            name=name,
        )
    return _described(match)


def images(args: Properties, region: str, project: str) -> Properties:
    """The images of a project that pass a filter; none is no fault."""
    owner = str(args.get("project") or project)
    found = [
        image
        for image in places.images()
        if image.project == owner and _passes(args.get("filter", ""), image)
    ]
    return {
        "id": f"projects/{owner}/global/images",
        "project": owner,
        "images": [_described(image) for image in found],
    }


def _described(image: Image) -> Properties:
    date = PUBLISHED.search(image.name)
    assert date is not None  # a test holds the data to it
    year, month, day = date.groups()
    return {
        "id": image.id,
        "name": image.name,
        "family": image.family,
        "project": image.project,
        "selfLink": f"{places.LINK}{image.id}",
        "imageId": places.stable(19, image.name),
        "creationTimestamp": f"{year}-{month}-{day}T04:00:00.000-07:00",
        "diskSizeGb": image.disk_gb,
        "archiveSizeBytes": 0,
        "description": "",
        "labels": {},
        "labelFingerprint": "",
        "licenses": [],
        "status": "READY",
        "imageEncryptionKeySha256": "",
        "sourceDisk": "",
        "sourceDiskId": "",
        "sourceDiskEncryptionKeySha256": "",
        "sourceImageId": "",
    }


def _passes(text: str, image: Image) -> bool:
    """Whether an image passes a filter of terms on family and name that OR joins.

    Raises:
        ProviderFailure: another kind of filter.
    """
    if not text.strip():
        return True
    values = {"family": image.family, "name": image.name}
    passed = False
    for term in re.split(r"\s+OR\s+", text.strip()):
        found = _TERM.fullmatch(term)
        if found is None:
            raise ProviderFailure(
                f"the simulated Google Cloud does not know the filter {term!r}",
                code="invalid",
                hint='known are terms like (family = "debian-12"), joined by OR',
            )
        key, operator, pattern = found.groups()
        same = re.fullmatch(pattern.replace(".*", "*").replace("*", ".*"), values[key]) is not None
        passed |= same == (operator in ("=", "eq"))
    return passed


FUNCTIONS: dict[str, Callable[[Properties, str, str], Properties]] = {
    "gcp:compute/getImage:getImage": image,
    "gcp:compute/getImages:getImages": images,
    "gcp:compute/getZones:getZones": zones,
    "gcp:organizations/getBillingAccount:getBillingAccount": billing_account,
    "gcp:organizations/getClientConfig:getClientConfig": client_config,
    "gcp:organizations/getProject:getProject": project,
    "gcp:storage/getProjectServiceAccount:getProjectServiceAccount": storage_agent,
}
