"""What a lab is: one frozen model, with a section of the stack file in each field."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final

from pydantic import Field, ValidationInfo, field_validator, model_validator
from pydantic.config import JsonDict

from components import catalog
from components.azure import images
from mllab.settings import limits
from mllab.settings.clouds import Aws, Azure, Gcp, Local, Own
from mllab.settings.fields import Section, absent, fault, is_email
from mllab.settings.sections import Budget, Cluster, LabSection, Notebook, Registry, Storage
from mllab.settings.usage import HOURS, Usage

_FIXED: Final[JsonDict] = {"fixed": True}  # cannot change after the first `up`


def _cloud(info: ValidationInfo) -> str:
    cloud = limits.cloud_of(info)
    return cloud.name if cloud else ""


class Lab(Section):
    """A whole lab, checked.

    Args:
        stack: Pulumi's name of the stack.
        region: the cloud's own name, from the key that the cloud's provider reads (`aws:region`).
        project, zone: only on Google Cloud, from `gcp:project` and `gcp:zone`; no zone: any.
    Context of the validation: `cloud`, `stack`, and `today` to refuse a lab that is over.
    """

    stack: Annotated[str, limits.STACK_NAME]
    region: limits.Region = Field(
        description="Region, like us-east-1, eastus or us-central1. Cannot change after the first"
        " up.",
        json_schema_extra=_FIXED,
    )
    project: limits.Project | None = Field(
        default=None,
        validate_default=True,
        description="Id of the Google Cloud project. Cannot change after the first up.",
        json_schema_extra={**_FIXED, "required": True},
    )
    zone: str | None = Field(
        default=None,
        description="Zone of the notebooks; by default one that has the size."
        " Cannot change after the first up.",
        json_schema_extra=_FIXED,
    )
    lab: LabSection
    notebook: Notebook = Notebook()
    cluster: Cluster = Cluster()
    storage: Storage = Storage()
    registry: Registry = Registry()
    budget: Budget
    usage: Usage = Usage()
    aws: Aws = Aws()
    azure: Azure = Field(default=Azure(), validate_default=True)
    gcp: Gcp = Field(default=Gcp(), validate_default=True)
    local: Local = Local()

    @field_validator("project")
    @classmethod
    def _has_a_project(cls, project: str | None, info: ValidationInfo) -> str | None:
        if project is None and _cloud(info) == "gcp":
            raise absent("must be given: the id of the Google Cloud project")
        return project

    @field_validator("zone", mode="before")
    @classmethod
    def _is_in_the_region(cls, zone: Any, info: ValidationInfo) -> Any:
        region = info.data.get("region", "")
        if not isinstance(zone, str) or (region and not re.fullmatch(f"{region}-[a-z]", zone)):
            raise fault(f"must be a zone of the region, like {region or 'us-central1'}-a")
        return zone

    @field_validator("aws", "azure", "gcp")
    @classmethod
    def _fits_the_notebook(cls, section: Section, info: ValidationInfo) -> Section:
        """What is for machines of our own is refused where the cloud makes the notebooks."""
        notebook = info.data.get("notebook")
        if notebook is None or info.field_name != _cloud(info):
            return section
        given = sorted(
            section.model_fields_set & {"image", "secure_boot", "spot", "ssh_from", "ssh_keys"}
        )
        if given and notebook.kind != "vm":
            raise absent("is for notebook.kind vm only; take it out", at=given[0])
        if isinstance(section, Azure) and notebook.kind == "vm":
            cls._holds_the_image(section, notebook)
        if isinstance(section, Gcp) and section.secure_boot and section.image:
            raise absent(
                "is not for gcp.image: nobody says that the driver of such an image is signed;"
                " take one of the two out",
                at="secure_boot",
            )
        if isinstance(section, Azure) and notebook.kind == "vm" and not section.ssh_keys:
            raise absent("must name a public SSH key, nothing else opens a machine", at="ssh_keys")
        return section

    @staticmethod
    def _holds_the_image(azure: Azure, notebook: Notebook) -> None:
        machine = catalog.machine("azure", notebook.size, notebook.kind)
        name, image = images.choose(azure.image, machine)
        if notebook.disk_gb < image.least_gb:
            raise absent(
                f"{name} needs notebook.disk_gb of at least {image.least_gb}, the image and"
                f" Python's packages fill it (it is {notebook.disk_gb})",
                at="image",
            )

    @field_validator("storage")
    @classmethod
    def _holds_the_notebooks(cls, storage: Storage, info: ValidationInfo) -> Storage:
        notebook = info.data.get("notebook")
        managed = notebook is not None and notebook.kind == "managed"
        if managed and _cloud(info) == "azure" and not storage.files:
            raise absent(
                "must be true for notebook.kind managed on Azure: a compute instance mounts its"
                " notebooks with the storage account's key",
                at="files",
            )
        return storage

    @field_validator("gcp")
    @classmethod
    def _pays_for_files_knowingly(cls, gcp: Gcp, info: ValidationInfo) -> Gcp:
        storage = info.data.get("storage")
        if storage is None or _cloud(info) != "gcp":
            return gcp
        if storage.files and not gcp.filestore:
            raise absent(
                "must be true for storage.files: the shared file system is a Filestore of 100 GiB"
                " there, about 25 USD a month, also while nobody works; or set storage.files to"
                " false, since every machine has the bucket as a folder anyway",
                at="filestore",
            )
        if gcp.filestore and not storage.files:
            raise absent("is for storage.files true; take it out", at="filestore")
        return gcp

    @field_validator("usage")
    @classmethod
    def _fits_the_cluster(cls, usage: Usage, info: ValidationInfo) -> Usage:
        cluster = info.data.get("cluster")
        if cluster is not None and usage.node_hours > (most := HOURS * cluster.max_nodes):
            raise absent(
                f"must be at most {most}, a week of cluster.max_nodes machines"
                f" (it is {usage.node_hours})",
                at="node_hours",
            )
        return usage

    @model_validator(mode="before")
    @classmethod
    def _depends_on_others(cls, data: Any, info: ValidationInfo) -> Any:
        """Defaults: the budget tells the owner, no Filestore is billed unasked, nobody takes this
        machine back."""
        if not isinstance(data, dict):
            return data
        lab, budget = data.get("lab"), data.get("budget")
        owner = lab.get("owner") if isinstance(lab, dict) else None
        if is_email(owner) and isinstance(budget, dict) and "notify" not in budget:
            data = {**data, "budget": {**budget, "notify": [owner]}}
        cluster = data.get("cluster", {})
        if _cloud(info) == "local" and isinstance(cluster, dict) and "spot" not in cluster:
            data = {**data, "cluster": {**cluster, "spot": False}}
        storage, gcp = data.get("storage", {}), data.get("gcp", {})
        if _cloud(info) == "gcp" and isinstance(storage, dict) and "files" not in storage:
            asked = gcp.get("filestore") if isinstance(gcp, dict) else None
            data = {**data, "storage": {**storage, "files": asked in (True, "true")}}
        return data

    @property
    def name(self) -> str:
        """The lab's name: its own, or the stack's."""
        return self.lab.name or self.stack

    @property
    def own(self) -> Own:
        """The section of what only the lab's cloud has."""
        section: Own = getattr(self, self.lab.cloud)
        return section
