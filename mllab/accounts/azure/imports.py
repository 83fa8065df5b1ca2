"""How each Azure type is found, from `components/azure/types.csv`.

An id in Azure is made of names, and all names are inputs; generated ones are, too. `$name` stands
for an input of the resource, or for `subscription`.
Source: the path of each type's Get operation, https://learn.microsoft.com/rest/api/azure/, in the
    version that the SDK names in the description of the type.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from components.resource_types import of_cloud, rest_type

GROUP: Final = "azure-native:resources:ResourceGroup"


@dataclass(frozen=True)
class ImportQuery:
    """What a type's existence is read from.

    Args:
        id: of the resource, as the provider has it and imports it by.
        version: of the API that is asked.
    """

    id: str
    version: str

    @property
    def kind(self) -> str:
        """Azure's own name of the type in lower case."""
        return rest_type(self.id).lower()


IMPORT_QUERIES: Final[Mapping[str, ImportQuery]] = {
    row.type: ImportQuery(row.own["id"], row.own["version"])
    for row in of_cloud("azure")
    if row.own["id"]
}

TYPES: Final[Mapping[str, str]] = {
    query.kind: type for type, query in IMPORT_QUERIES.items() if type != GROUP
}
"""Pulumi's tokens of Azure's own names."""

DELETED: Final[tuple[tuple[str, str, str], ...]] = (
    ("Microsoft.KeyVault/deletedVaults", "2024-11-01", "properties"),
    ("Microsoft.OperationalInsights/deletedWorkspaces", "2023-09-01", ""),
)
"""Path and version of the lists of what Azure keeps after it was deleted, and where an item has its
tags.
Source: https://learn.microsoft.com/rest/api/keyvault/keyvault/vaults/list-deleted,
    https://learn.microsoft.com/rest/api/loganalytics/deleted-workspaces/list
"""
