"""Machines, regions, images and quotas of the simulated Google Cloud agree with the components."""

from __future__ import annotations

from collections import Counter

from components import catalog, regions
from mllab.clouds.gcp import GCP
from mllab.simulated.gcp import places
from mllab.simulated.gcp.functions import PUBLISHED
from tests.simulated.tables import Tables

table = Tables(places.DATA).table


def test_every_type_needs_a_known_api() -> None:
    apis = {service for service in places.service_of().values() if service}
    assert apis <= places.services().keys()
    assert {agent.service for agent in places.agents()} <= places.services().keys()
    assert {agent.comes for agent in places.agents()} == {"enable", "identity", "first use"}


def test_machine_types_agree_with_the_catalogue_of_the_components() -> None:
    for use in ("vm", "managed"):
        for name in catalog.types("gcp", use):
            machine = catalog.machine("gcp", name, use)
            there = places.machines()[machine.type]
            assert (there.vcpus, there.memory_gib) == (machine.vcpus, machine.memory_gib), name
            model = places.accelerators().get(machine.accelerator or there.accelerator)
            assert (model.gpu if model else "") == machine.gpu, name
            assert there.attaches or there.gpus == machine.gpus, name
            limits = (model.quota, model.spot_quota) if model else (there.quota, there.spot_quota)
            assert machine.quota == limits[0], name
            assert machine.spot_quota in ("", limits[1]), name


def test_everything_counts_against_known_quotas() -> None:
    for machine in places.machines().values():
        assert {machine.quota, machine.spot_quota} - {""} <= GCP.quotas().keys()
    for model in places.accelerators().values():
        assert {model.quota, model.spot_quota} <= GCP.quotas().keys()
    for use in catalog.USES:
        for name in catalog.types("gcp", use):
            machine_ = catalog.machine("gcp", name, use)
            codes = {machine_.quota, machine_.spot_quota, *(code for code, _ in machine_.totals)}
            assert codes - {""} <= GCP.quotas().keys(), (use, name)


def test_regions_agree_with_those_of_the_components() -> None:
    assert places.regions().keys() == regions.of("gcp").keys()
    for row in table("offerings.csv"):
        letters = {zone.rpartition("-")[2] for zone in places.zones(row["region"])}
        assert set(row["zones"].split()) <= letters, row
    assert {row["accelerator"] for row in table("offerings.csv")} <= places.accelerators().keys()


def test_a_new_project_has_no_gpu() -> None:
    assert GCP.quotas()["GPUS_ALL_REGIONS"].default == 0
    assert GCP.quotas()["custom_model_training_nvidia_t4_gpus"].default == 0


def test_images_have_a_date_and_no_two_the_same_family() -> None:
    assert all(PUBLISHED.search(image.name) for image in places.images())
    families = Counter((image.project, image.family) for image in places.images())
    assert max(families.values()) == 1
    assert all(tier > 0 for tier, _ in places.file_tiers().values())
