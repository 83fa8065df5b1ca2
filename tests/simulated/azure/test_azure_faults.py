"""Failures on demand, and what a program never needs."""

from __future__ import annotations

from pathlib import Path

import pytest

from mllab.protocol.provider import ProviderFailure
from mllab.simulated.azure.cloud import SimulatedAzure
from mllab.simulated.azure.rules import tokens
from mllab.simulated.faults import Faults, How, Rule
from tests.simulated.azure.subscription import Subscription

FAILING = [how for how in How if not how.value.startswith("kill")]
MADE = {How.AFTER, How.HANG}


@pytest.mark.parametrize("how", FAILING)
def test_azure_has_words_for_every_failure(how: How) -> None:
    subscription = Subscription(faults=Faults([Rule(how, op="create")]))
    with pytest.raises(ProviderFailure) as failure:
        subscription.create(tokens.GROUP, {})
    assert failure.value.code
    assert failure.value.message
    assert len(subscription.whole.inventory()) == (how in MADE)
    subscription.create(tokens.GROUP, {})


def test_another_subscription_has_other_ids() -> None:
    subscription = Subscription()
    number = "12345678-0000-0000-0000-000000000000"
    config = {"location": "West Europe", "subscriptionId": number}
    subscription.provider = subscription.whole.configured(config)
    made = subscription.create(tokens.GROUP, {}, "lab")
    assert made.id.startswith(f"/subscriptions/{number}/resourceGroups/lab")
    assert made.outputs["location"] == "westeurope"


def test_what_was_made_outlives_the_process(tmp_path: Path) -> None:
    Subscription(tmp_path / "azure.db").group("lab")
    (found,) = SimulatedAzure(tmp_path / "azure.db").inventory()
    assert found.name == "lab"
