"""What data a resource holds, in words, and how long machines run."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mllab.simulated.azure.rules import tokens
from tests.simulated.azure.conftest import Built


def test_a_container_and_its_account_tell_what_they_hold(lab: Built) -> None:
    subscription, made = lab
    account, data = made["files"]["id"], made["data"]["id"]
    assert subscription.contents(tokens.ACCOUNT, account) == ""
    assert subscription.contents(tokens.CONTAINER, data) == ""
    subscription.whole.put_object(data, "model.bin", 12_000_000)
    subscription.whole.put_object("data", "data.csv", 1_000_000)
    subscription.whole.write_files(made["shared"]["id"], 5_000_000)
    assert subscription.contents(tokens.CONTAINER, data) == "2 blobs, 13 MB"
    assert subscription.contents(tokens.SHARE, made["shared"]["id"]) == "5 MB"
    assert subscription.contents(tokens.ACCOUNT, account) == "3 objects, 18 MB"
    assert subscription.shown(tokens.SHARE, made["shared"]["id"])["shareUsageBytes"] == 5_000_000


def test_notebooks_of_the_service_count_as_data_of_the_account(lab: Built) -> None:
    subscription, made = lab
    (own,) = [id for id in subscription.ids(tokens.SHARE) if "/code-" in id]
    subscription.whole.write_files(own, 3_000_000)
    assert subscription.contents(tokens.ACCOUNT, made["files"]["id"]) == "1 object, 3 MB"


def test_azure_deletes_full_accounts_without_asking(lab: Built) -> None:
    subscription, made = lab
    subscription.whole.put_object("data", "model.bin", 12_000_000)
    subscription.delete(tokens.ACCOUNT, made["files"]["id"])
    assert subscription.ids(tokens.CONTAINER) == []
    assert subscription.contents(tokens.ACCOUNT, made["files"]["id"]) == ""


def test_a_registry_tells_its_images(lab: Built) -> None:
    subscription, made = lab
    assert subscription.contents(tokens.REGISTRY, made["images"]["id"]) == ""
    subscription.whole.push_image(made["images"]["id"], "train:1", 2_000_000_000)
    assert subscription.contents(tokens.REGISTRY, made["images"]["id"]) == "1 image, 2 GB"


def test_a_disk_may_hold_data_from_the_day_of_its_first_use(lab: Built) -> None:
    subscription, made = lab
    spare = {**made["home"]["given"]}
    fresh = subscription.create(tokens.DISK, spare, "spare").id
    assert subscription.contents(tokens.DISK, fresh) == ""
    words = "50 GB disk, in use since 2027-01-11"
    assert subscription.contents(tokens.DISK, made["home"]["id"]) == words
    subscription.later(days=3)
    subscription.delete(tokens.MACHINE, made["seat"]["id"])
    assert subscription.contents(tokens.DISK, made["home"]["id"]) == words


@pytest.mark.parametrize(
    ("name", "size"), [("seat", "Standard_NC4as_T4_v3"), ("ann", "Standard_D2ds_v4")]
)
def test_machines_and_instances_stop_and_start(name: str, size: str, lab: Built) -> None:
    subscription, made = lab
    token, id, begun = made[name]["token"], made[name]["id"], subscription.now
    subscription.whole.stop(id, begun + timedelta(hours=2))
    shown = subscription.shown(token, id)
    if token == tokens.COMPUTE:
        assert shown["properties"]["properties"]["state"] == "Stopped"
    subscription.whole.start(id, begun + timedelta(hours=20))
    subscription.later(hours=21)
    subscription.delete(token, id)
    states = [i for i in subscription.whole.intervals() if i.id == id]
    assert [(i.state, i.kind) for i in states] == [
        ("running", size),
        ("stopped", size),
        ("running", size),
    ]
    assert [i.ended - i.began for i in states if i.ended] == [
        timedelta(hours=2),
        timedelta(hours=18),
        timedelta(hours=1),
    ]


def test_what_does_not_exist_cannot_be_stopped(lab: Built) -> None:
    subscription, _ = lab
    with pytest.raises(KeyError, match="VirtualMachine none exists"):
        subscription.whole.stop("none")
