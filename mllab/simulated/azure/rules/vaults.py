"""Key vaults and what watches, as Azure treats them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from mllab.protocol.provider import UNKNOWN, Properties
from mllab.simulated.azure.rules import tokens
from mllab.simulated.azure.rules.arm import Resource, group_of
from mllab.simulated.kind import Here, Kind, refuse
from mllab.simulated.store import Record

KEPT_DAYS = range(7, 91)
"""Of a deleted vault. Source: https://learn.microsoft.com/azure/key-vault/general/soft-delete-overview"""

LOGS_DAYS = range(30, 731)
"""Source: https://learn.microsoft.com/azure/azure-monitor/logs/data-retention-configure"""

LEAST_CAP_GB = 0.023
"""Source: https://learn.microsoft.com/azure/azure-monitor/logs/daily-cap"""

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_PROPERTIES = {"enableSoftDelete": True, "softDeleteRetentionInDays": 90}


class Vault(Resource):
    """Deleted, it keeps its name world-wide until it is purged."""

    def faults(self, inputs: Properties) -> Iterable[str]:
        tenant = inputs["properties"].get("tenantId", UNKNOWN)
        if tenant is not UNKNOWN and not _UUID.fullmatch(tenant):
            yield f"properties.tenantId: must be a UUID (got {tenant!r})"

    def validate(self, here: Here, inputs: Properties, old: Record | None) -> None:
        super().validate(here, inputs, old)
        properties, before = inputs["properties"], (old.inputs["properties"] if old else {})
        days = properties.get("softDeleteRetentionInDays", 90)
        if days not in KEPT_DAYS:
            raise refuse(
                'BadRequest (400): The property "softDeleteRetentionInDays" must be between 7 '
                "and 90 (got {days}).",
                days=days,
            )
        if old and days != before.get("softDeleteRetentionInDays", 90):
            raise refuse(
                'BadRequest (400): The property "softDeleteRetentionInDays" has been set already '
                "and it can't be modified."
            )
        if before.get("enablePurgeProtection") and not properties.get("enablePurgeProtection"):
            raise refuse(
                'BadRequest (400): The property "enablePurgeProtection" cannot be set to false. '
                "Enabling the purge protection for a vault is an irreversible action."
            )
        if properties.get("enableSoftDelete") is False:
            raise refuse(
                'BadRequest (400): The property "enableSoftDelete" can be set to false only for '
                "creating new vault. Enabling the 'soft delete' functionality is an irreversible "
                "action."
            )
        if old is None and self._deleted(here, inputs):
            if properties.get("createMode") != "recover":
                raise refuse(
                    self.facts.refusals["vault name (global)"],
                    f"az keyvault purge --name {inputs['vaultName']}",
                )
            here.session.purge(self.token, self._deleted(here, inputs))

    def _deleted(self, here: Here, inputs: Properties) -> str:
        """The id of a deleted vault of that name; empty if there is none."""
        end = f"/deletedVaults/{inputs['vaultName']}".lower()
        remains = [found for found in here.session.remains(here.at) if found.type == self.token]
        return next((found.id for found in remains if found.id.lower().endswith(end)), "")

    def outputs(self, here: Here, record: Record) -> Properties:
        properties = {
            **_PROPERTIES,
            **record.inputs["properties"],
            "vaultUri": f"https://{record.name.lower()}.vault.azure.net/",
            "provisioningState": "Succeeded",
        }
        return {**super().outputs(here, record), "properties": properties}

    def after_delete(self, here: Here, record: Record) -> None:
        days = record.inputs["properties"].get("softDeleteRetentionInDays", 90)
        place = f"locations/{record.inputs['location']}/deletedVaults/{record.name}"
        id = f"/subscriptions/{here.account}/providers/Microsoft.KeyVault/{place}"
        here.session.remain(replace(record, id=id), here.at + timedelta(days=days))


class Logs(Resource):
    """A Log Analytics workspace; made anew under the same name it gets its data back."""

    def validate(self, here: Here, inputs: Properties, old: Record | None) -> None:
        super().validate(here, inputs, old)
        days = inputs.get("retentionInDays", 30)
        if days not in LOGS_DAYS:
            raise refuse(
                "InvalidParameter (400): 'RetentionInDays' property doesn't match the SKU limits: "
                "30 to 730 (got {days}).",
                days=days,
            )
        cap = (inputs.get("workspaceCapping") or {}).get("dailyQuotaGb", -1)
        if cap != -1 and cap < LEAST_CAP_GB:
            raise refuse(
                "InvalidParameter (400): 'dailyQuotaGb' must be -1 or at least {least} "
                "(got {cap}).",
                least=LEAST_CAP_GB,
                cap=cap,
            )

    def outputs(self, here: Here, record: Record) -> Properties:
        capping = {
            "dailyQuotaGb": -1,
            "dataIngestionStatus": "RespectQuota",
            **(record.inputs.get("workspaceCapping") or {}),
        }
        return {
            **super().outputs(here, record),
            "sku": {"name": "PerGB2018", **(record.inputs.get("sku") or {})},
            "features": {
                "enableLogAccessUsingOnlyResourcePermissions": True,
                **(record.inputs.get("features") or {}),
            },
            "workspaceCapping": capping,
        }


class Insights(Resource):
    """Stands on a Log Analytics workspace, and brings an action group that nobody declared.

    Without a workspace Azure makes one, in a resource group of its own which it makes, too. Both
    carry no tags, and stay when the component goes.
    Source: https://learn.microsoft.com/azure/azure-monitor/app/managed-workspaces
    """

    DETECTION = "Application Insights Smart Detection"

    def created(self, here: Here, record: Record) -> None:
        super().created(here, record)
        group = group_of(here, record)
        if group:
            id = f"{group.id}/providers/microsoft.insights/actionGroups/{self.DETECTION}"
            if here.session.get(tokens.ACTION_GROUP, id, "") is None:
                here.child(group, tokens.ACTION_GROUP, id, self.DETECTION)
        if "workspaceResourceId" not in record.inputs:
            record.hidden["workspace"] = self._managed(here, record)

    def _managed(self, here: Here, record: Record) -> str:
        """The id of a workspace that nobody asked for."""
        group = f"ai_{record.name}_{record.outputs['appId']}_managed"
        name = f"managed-{record.name}-ws"
        home = f"/subscriptions/{here.account}/resourceGroups/{group}"
        id = f"{home}/providers/Microsoft.OperationalInsights/workspaces/{name}"
        for type, key, called in ((tokens.GROUP, home, group), (tokens.LOGS, id, name)):
            made = here.child(record, type, key, called)
            made.owner, made.inputs = None, {"location": record.inputs["location"]}
            here.session.save(made)
        return id

    def outputs(self, here: Here, record: Record) -> Properties:
        location = record.outputs["location"]
        connection = (
            f"InstrumentationKey={record.outputs['instrumentationKey']};"
            f"IngestionEndpoint=https://{location}-0.in.applicationinsights.azure.com/;"
            f"LiveEndpoint=https://{location}.livediagnostics.monitor.azure.com/;"
            f"ApplicationId={record.outputs['appId']}"
        )
        shown = {**super().outputs(here, record), "connectionString": connection}
        managed = record.hidden.get("workspace")
        return {**shown, "workspaceResourceId": managed} if managed else shown


KINDS: dict[str, type[Kind]] = {
    tokens.VAULT: Vault,
    tokens.LOGS: Logs,
    tokens.INSIGHTS: Insights,
}
