"""What holds data says so, and refuses to go where AWS refuses."""

from __future__ import annotations

import pytest

from mllab.protocol.provider import ProviderFailure
from mllab.simulated.aws.rules import tokens
from tests.simulated.account import Account


def test_a_bucket_with_objects_stays(account: Account) -> None:
    bucket = account.bucket()
    account.whole.put_object(bucket, "data/train.csv", 12_000_000)
    with pytest.raises(ProviderFailure) as failure:
        account.delete(tokens.BUCKET, bucket)
    assert failure.value.code == "BucketNotEmpty"
    assert failure.value.message == (
        "The bucket you tried to delete is not empty. You must delete all versions in the bucket."
    )
    assert failure.value.hint == "it holds 1 object, 12 MB: empty it first"
    assert account.contents(tokens.BUCKET, bucket) == "1 object, 12 MB"


def test_a_bucket_goes_with_its_objects_where_it_may(account: Account) -> None:
    bucket = account.bucket(forceDestroy=True)
    account.whole.put_object(bucket, "data/train.csv", 1)
    account.delete(tokens.BUCKET, bucket)
    assert account.read(tokens.BUCKET, bucket) is None


def test_the_leave_to_empty_a_bucket_counts_once_it_is_recorded(account: Account) -> None:
    bucket = account.bucket()
    account.whole.put_object(bucket, "a", 1)
    account.update(tokens.BUCKET, bucket, {"forceDestroy": True})
    account.delete(tokens.BUCKET, bucket)


@pytest.mark.parametrize("force", [False, True])
def test_a_repository_with_images(force: bool, account: Account) -> None:
    made = account.create(tokens.REPOSITORY, {"name": "images", "forceDelete": force})
    account.whole.push_image(made.id, "latest", 3_100_000_000)
    assert account.contents(tokens.REPOSITORY, made.id) == "1 image, 3.1 GB"
    if force:
        account.delete(tokens.REPOSITORY, made.id)
        assert account.ids(tokens.REPOSITORY) == []
    else:
        assert account.kept(tokens.REPOSITORY, made.id) == (
            "RepositoryNotEmptyException: The repository with name 'images' in registry with id "
            "'123456789012' cannot be deleted because it still contains images"
        )


def test_a_file_system_goes_with_its_files_unasked(account: Account) -> None:
    files = account.create(tokens.FILES).id
    assert account.contents(tokens.FILES, files) == ""
    account.whole.write_files(files, 5_000)
    found = account.read(tokens.FILES, files)
    assert found is not None
    assert found.outputs["sizeInBytes"][0]["value"] == 11_144
    assert account.contents(tokens.FILES, files) == "5 kB"
    account.delete(tokens.FILES, files)
    assert account.ids(tokens.FILES) == []


def test_a_home_disk_holds_data_once_it_was_attached(account: Account) -> None:
    machine = account.instance(account.subnet(account.vpc()))
    volume = account.create(tokens.VOLUME, {"availabilityZone": "us-east-1a", "size": 50}).id
    assert account.contents(tokens.VOLUME, volume) == ""
    inputs = {"deviceName": "/dev/sdf", "instanceId": machine, "volumeId": volume}
    attached = account.create(tokens.VOLUME_ATTACHMENT, inputs).id
    account.delete(tokens.VOLUME_ATTACHMENT, attached)
    assert account.contents(tokens.VOLUME, volume) == "50 GB disk, in use since 2027-01-11"


def test_other_things_hold_no_data(account: Account) -> None:
    assert account.contents(tokens.VPC, account.vpc()) == ""
    assert account.contents(tokens.BUCKET, "no-such-bucket") == ""


def test_a_protected_machine_stays(account: Account) -> None:
    machine = account.instance(account.subnet(account.vpc()), disableApiTermination=True)
    assert account.kept(tokens.INSTANCE, machine) == (
        f"OperationNotPermitted: The instance '{machine}' may not be terminated. Modify its "
        "'disableApiTermination' instance attribute and try again."
    )
