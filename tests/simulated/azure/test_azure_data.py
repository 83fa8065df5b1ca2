"""Locations, sizes, images and roles of the simulated Azure agree with the components."""

from __future__ import annotations

import re
import uuid

import pytest
from tzlocal.windows_tz import tz_win

from components import catalog, regions
from components.azure.time_zones import windows_name
from components.contracts import Unsupported
from mllab.clouds.azure import AZURE
from mllab.simulated import facts
from mllab.simulated.azure import places
from tests.simulated.tables import Tables

TABLES = Tables(places.DATA)


def test_sizes_agree_with_the_catalogue_of_the_components() -> None:
    for use in ("vm", "managed", "job"):
        for name in catalog.types("azure", use):
            machine, size = catalog.machine("azure", name, use), places.sizes()[name]
            assert (size.vcpus, size.gpu, size.gpus) == (machine.vcpus, machine.gpu, machine.gpus)
            assert machine.quota == (size.quota if use == "vm" else size.ml_quota)
            limits = {machine.quota, machine.spot_quota, *(code for code, _ in machine.totals)}
            assert limits <= AZURE.quotas().keys()


def test_sizes_count_against_known_quotas() -> None:
    for size in places.sizes().values():
        assert size.quota in AZURE.quotas()
        assert not size.ml_quota or size.ml_quota in AZURE.quotas()


def test_a_new_subscription_has_no_gpu_and_few_cores() -> None:
    defaults = {code: quota.default for code, quota in AZURE.quotas().items()}
    gpu = {code for size in places.sizes().values() if size.gpu for code in (size.quota,)}
    gpu |= {size.ml_quota for size in places.sizes().values() if size.gpu}
    assert {defaults[code] for code in gpu} == {0}
    assert (defaults["cores"], defaults["PublicIPAddresses"]) == (10, 10)


def test_locations_are_those_that_settings_take() -> None:
    assert places.regions() == regions.of("azure").keys()


def test_every_time_zone_that_the_components_name_is_known() -> None:
    named = [windows_name(zone).lower() for zone in tz_win if zone]
    assert len(named) > 500
    assert set(named) <= places.time_zones()


@pytest.mark.parametrize(
    ("zone", "name"),
    [
        ("Europe/Copenhagen", "Romance Standard Time"),
        ("Asia/Calcutta", "India Standard Time"),
        ("UTC", "UTC"),
        ("GMT", "UTC"),
    ],
)
def test_zones_go_by_the_names_that_windows_has(zone: str, name: str) -> None:
    assert windows_name(zone) == name


@pytest.mark.parametrize("zone", ["", "Antarctica/Troll", "Romance Standard Time"])
def test_a_zone_without_such_a_name_is_refused(zone: str) -> None:
    with pytest.raises(Unsupported, match=re.escape(repr(zone))):
        windows_name(zone)


def test_roles_go_by_uuids() -> None:
    assert all(str(uuid.UUID(id)) == id for id in places.roles())
    assert len(set(places.roles().values())) == len(places.roles())


def test_every_type_knows_the_version_and_path_of_its_api() -> None:
    for type in TABLES.types:
        made = facts.load(places.DATA)[type].computed
        assert re.fullmatch(r"\d{4}-\d\d-\d\d(-preview)?", made["azureApiVersion"])
        kind = made["type"]
        last = made["id"].rpartition("/providers/")[2].split("/")
        if last[0].startswith("Microsoft."):
            assert kind == "/".join([last[0], *last[1::2]])
