"""Every limit that a size counts against is one that its simulated cloud knows, and looks at."""

from __future__ import annotations

import pytest

from components import catalog
from mllab.clouds import registry
from mllab.simulated.account import SimulatedAccount
from mllab.simulated.aws.cloud import SimulatedAws
from mllab.simulated.azure.cloud import SimulatedAzure
from mllab.simulated.gcp.cloud import SimulatedGcp

CLOUDS: dict[str, type[SimulatedAccount]] = {
    "aws": SimulatedAws,
    "azure": SimulatedAzure,
    "gcp": SimulatedGcp,
}
MACHINES = [
    (cloud, use, name)
    for cloud in registry.CLOUDS
    for use in catalog.USES
    for name in catalog.types(cloud, use)
]


def limits(cloud: str, use: str, name: str) -> set[str]:
    """Names of all limits of a machine."""
    found = catalog.machine(cloud, name, use)
    return {code for code in (found.quota, found.spot_quota) if code} | dict(found.totals).keys()


def test_every_cloud_of_the_catalogue_has_a_simulation() -> None:
    assert set(CLOUDS) == set(registry.CLOUDS)
    assert set(registry.PLACES) == set(catalog.clouds())


@pytest.mark.parametrize(("cloud", "use", "name"), MACHINES)
def test_every_limit_of_a_machine_can_be_asked_for_and_raised(
    cloud: str, use: str, name: str
) -> None:
    account = CLOUDS[cloud](None)
    wanted = limits(cloud, use, name)
    assert wanted
    assert wanted <= account.limits().keys()
    for code in wanted:
        before = account.quota(code)
        account.grant(code, before + 1)
        assert account.quota(code) == before + 1
