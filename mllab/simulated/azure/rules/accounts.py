"""Storage accounts, their containers and shares, as Azure Storage treats them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from mllab.protocol.provider import UNKNOWN, Properties
from mllab.simulated import sizes
from mllab.simulated.azure import places
from mllab.simulated.azure.rules import tokens
from mllab.simulated.azure.rules.arm import Resource, stamp
from mllab.simulated.kind import Here, Kind, refuse
from mllab.simulated.store import Record

ACCOUNTS = "StorageAccounts"
SERVICES = ("blob", "dfs", "file", "queue", "table")
NAME_BLOCKED = timedelta(seconds=30)
"""How long the name of a deleted container or share is taken.
Source: https://learn.microsoft.com/rest/api/storageservices/delete-container"""

RETENTION_DAYS = range(1, 366)
"""Source: https://learn.microsoft.com/azure/storage/blobs/soft-delete-blob-overview"""

LARGEST_SHARE_GIB = 102_400
"""Source: https://learn.microsoft.com/azure/storage/files/storage-files-scale-targets"""


class StorageAccount(Resource):
    """Goes with everything in it, without asking."""

    def validate(self, here: Here, inputs: Properties, old: Record | None) -> None:
        super().validate(here, inputs, old)
        kind, sku = inputs["kind"], inputs["sku"]["name"]
        if kind in ("FileStorage", "BlockBlobStorage") and not sku.startswith("Premium"):
            raise refuse(
                "InvalidValuesForRequestParameters (400): Values for request parameters are "
                "invalid: kind, sku.name ({kind} needs a Premium SKU)",
                kind=kind,
            )
        if old and (old.inputs["kind"] != kind or _tier(old.inputs) != _tier(inputs)):
            raise refuse(
                "StorageAccountUpdateNotSupported (400): The kind and the tier of a storage "
                "account cannot be changed: {before} to {after}.",
                before=f"{old.inputs['kind']} {_tier(old.inputs)}",
                after=f"{kind} {_tier(inputs)}",
            )
        exist = here.session.total("one", self.token, "", location=inputs["location"])
        limit = here.quota(ACCOUNTS)
        if old is None and exist >= limit:
            raise refuse(
                "MaxStorageAccountsCountPerSubscriptionExceeded (409): The maximum number of "
                "storage accounts is {limit:g} per location and subscription.",
                places.ask_for(ACCOUNTS, inputs["location"], exist + 1),
                limit=limit,
            )

    def created(self, here: Here, record: Record) -> None:
        super().created(here, record)
        record.hidden |= {"one": 1, "location": record.inputs["location"]}

    def outputs(self, here: Here, record: Record) -> Properties:
        made = stamp(record.since)
        service = {"enabled": True, "keyType": "Account", "lastEnabledTime": made}
        encryption = {
            "keySource": "Microsoft.Storage",
            "services": {"blob": service, "file": service},
            **(record.inputs.get("encryption") or {}),
        }
        rules = {"bypass": "AzureServices", "defaultAction": "Allow", "ipRules": []}
        ends = {name: f"https://{record.name}.{name}.core.windows.net/" for name in SERVICES}
        return {
            **super().outputs(here, record),
            "accessTier": record.inputs.get("accessTier", "Hot"),
            "encryption": encryption,
            "keyCreationTime": {"key1": made, "key2": made},
            "networkRuleSet": record.inputs.get("networkRuleSet") or rules,
            "primaryEndpoints": ends | {"web": f"https://{record.name}.z13.web.core.windows.net/"},
            "sku": {"name": record.inputs["sku"]["name"], "tier": _tier(record.inputs)},
        }

    def holds(self, here: Here, record: Record) -> str | None:
        inner = [
            here.session.contents(found)
            for found in here.session.inside(record.id)
            if found.type in (tokens.CONTAINER, tokens.SHARE)
        ]
        count, size = (sum(numbers) for numbers in zip((0, 0), *inner, strict=True))
        return sizes.amount(count, size, "object")


class BlobContainer(Resource):
    """Public only where its account allows that."""

    def validate(self, here: Here, inputs: Properties, old: Record | None) -> None:
        super().validate(here, inputs, old)
        (account,) = _accounts(here, self.id(here, inputs))
        public = inputs.get("publicAccess", "None") != "None"
        if public and not account.outputs.get("allowBlobPublicAccess"):
            raise refuse(
                "PublicAccessNotPermitted (409): Public access is not permitted on this storage "
                "account."
            )
        if here.session.remains(here.at, self.id(here, inputs)):
            raise refuse(
                "ContainerBeingDeleted (409): The specified container is being deleted. Try "
                "operation later."
            )

    def after_delete(self, here: Here, record: Record) -> None:
        here.session.remain(record, here.at + NAME_BLOCKED)

    def holds(self, here: Here, record: Record) -> str | None:
        return sizes.amount(*here.session.contents(record), "blob")


class FileShare(Resource):
    """SMB on every account, NFS on premium ones."""

    def validate(self, here: Here, inputs: Properties, old: Record | None) -> None:
        super().validate(here, inputs, old)
        (account,) = _accounts(here, self.id(here, inputs))
        premium = account.inputs["kind"] == "FileStorage"
        asked = inputs.get("enabledProtocols") == "NFS" or inputs.get("accessTier") == "Premium"
        if asked and not premium:
            raise refuse(
                "FeatureNotSupportedForAccount (409): NFS and the tier Premium are not supported "
                "for the account of kind {kind}.",
                kind=account.inputs["kind"],
            )
        quota = inputs.get("shareQuota", 1)
        if not 1 <= quota <= LARGEST_SHARE_GIB:
            raise refuse(
                "InvalidRequestPropertyValue (400): The value '{quota}' for the property "
                "'shareQuota' is invalid: 1 to {most}.",
                quota=quota,
                most=LARGEST_SHARE_GIB,
            )
        if here.session.remains(here.at, self.id(here, inputs)):
            raise refuse(
                "ShareBeingDeleted (409): The specified share is being deleted. Try operation "
                "later."
            )

    def outputs(self, here: Here, record: Record) -> Properties:
        _, size = here.session.contents(record)
        return {**super().outputs(here, record), "shareUsageBytes": size}

    def after_delete(self, here: Here, record: Record) -> None:
        here.session.remain(record, here.at + NAME_BLOCKED)

    def holds(self, here: Here, record: Record) -> str | None:
        return sizes.amount(*here.session.contents(record))


class Service(Resource):
    """The settings of blobs or of files, which exist once per account."""

    POLICIES = (
        "deleteRetentionPolicy",
        "containerDeleteRetentionPolicy",
        "shareDeleteRetentionPolicy",
    )

    def validate(self, here: Here, inputs: Properties, old: Record | None) -> None:
        super().validate(here, inputs, old)
        for name in self.POLICIES:
            policy = inputs.get(name) or {}
            if policy.get("enabled") and policy.get("days") not in RETENTION_DAYS:
                raise refuse(
                    "InvalidRequestPropertyValue (400): The value '{days}' for the property "
                    "'{name}.days' is invalid: 1 to 365.",
                    days=policy.get("days"),
                    name=name,
                )

    def inside(self, here: Here, record: Record) -> Iterable[Record]:
        return ()

    def before_delete(self, here: Here, record: Record) -> None:
        """Nothing is in the way: what lies below by its id belongs to the account."""

    def outputs(self, here: Here, record: Record) -> Properties:
        (account,) = _accounts(here, record.id)
        return {**super().outputs(here, record), "sku": account.outputs["sku"]}


class ManagementPolicy(Resource):
    """Every rule has a name of its own, does something, and says to which kind of blobs.

    Source: https://learn.microsoft.com/azure/storage/blobs/lifecycle-management-policy-structure
    """

    MOST_RULES = 100

    def faults(self, inputs: Properties) -> Iterable[str]:
        policy = inputs.get("policy")
        rules = policy.get("rules") if isinstance(policy, dict) else None
        if not isinstance(rules, list) or UNKNOWN in rules:
            return
        names = [rule["name"] for rule in rules]
        if not 1 <= len(rules) <= self.MOST_RULES:
            yield f"policy.rules: must be 1 to {self.MOST_RULES} (got {len(rules)})"
        for i, rule in enumerate(rules):
            if names.count(rule["name"]) > 1:
                yield f"policy.rules[{i}].name: {rule['name']!r} is given to more than one rule"
            if not any((rule["definition"].get("actions") or {}).values()):
                yield f"policy.rules[{i}].definition.actions: at least one action is required"
            filters = rule["definition"].get("filters") or {}
            if not filters.get("blobTypes"):
                yield f"policy.rules[{i}].definition.filters.blobTypes: missing, it is required"


def _accounts(here: Here, id: str) -> list[Record]:
    """The storage account that an id lies in."""
    found = here.get(tokens.ACCOUNT, "/".join(id.split("/")[:9]))
    return [found] if found else []


def _tier(inputs: Properties) -> str:
    return str(inputs["sku"]["name"]).split("_")[0]


KINDS: dict[str, type[Kind]] = {
    tokens.ACCOUNT: StorageAccount,
    tokens.CONTAINER: BlobContainer,
    tokens.TABLE: Resource,
    tokens.SHARE: FileShare,
    tokens.BLOB_SERVICE: Service,
    tokens.FILE_SERVICE: Service,
    tokens.LIFECYCLE: ManagementPolicy,
}
