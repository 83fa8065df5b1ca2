"""What a lab's store lacks is refused, and what is in it stays as it is.

Most of it destroyed or lost something when rclone 1.75.2 was asked without the gateway.
"""

from __future__ import annotations

import contextlib
import io
from typing import Any

import pytest
from boto3.exceptions import S3UploadFailedError
from botocore.exceptions import ClientError

from tests.local.store import BUCKET, DATA, ONE, Store, code, read

REFUSED: dict[str, dict[str, Any]] = {
    "put_object_tagging": {"Tagging": {"TagSet": [{"Key": "a", "Value": "b"}]}},
    "delete_object_tagging": {},
    "get_object_tagging": {},
    "put_object_acl": {"ACL": "private"},
    "get_object_acl": {},
    "put_object_retention": {"Retention": {"Mode": "GOVERNANCE"}},
    "put_object_legal_hold": {"LegalHold": {"Status": "ON"}},
    "restore_object": {"RestoreRequest": {"Days": 1}},
    "get_object_attributes": {"ObjectAttributes": ["ETag"]},
    "delete_object": {"VersionId": "x"},
}
LOST: list[dict[str, Any]] = [
    {"IfNoneMatch": "*"},
    {"IfMatch": "x"},
    {"Metadata": {"author": "ada"}},
    {"Tagging": "a=b"},
    {"ACL": "public-read"},
    {"ServerSideEncryption": "aws:kms"},
    {"StorageClass": "GLACIER"},
    {"ContentEncoding": "gzip"},
]
OF_BUCKETS: dict[str, dict[str, Any]] = {
    "put_bucket_tagging": {"Tagging": {"TagSet": []}},
    "delete_bucket_tagging": {},
    "put_bucket_acl": {"ACL": "private"},
    "put_bucket_policy": {"Policy": "{}"},
    "delete_bucket_policy": {},
    "put_bucket_versioning": {"VersioningConfiguration": {"Status": "Enabled"}},
    "put_bucket_lifecycle_configuration": {"LifecycleConfiguration": {"Rules": []}},
    "delete_bucket_lifecycle": {},
    "put_bucket_cors": {"CORSConfiguration": {"CORSRules": []}},
    "list_object_versions": {},
}
CASES = [
    *(pytest.param(name, {**ONE, **more}, id=name) for name, more in REFUSED.items()),
    *(
        pytest.param("put_object", {**ONE, "Body": b"x", **more}, id=f"put_object-{[*more][0]}")
        for more in LOST
    ),
    *(pytest.param(name, {"Bucket": BUCKET, **more}, id=name) for name, more in OF_BUCKETS.items()),
]


@pytest.mark.parametrize(("operation", "asked"), CASES)
def test_what_the_store_would_lose_or_destroy_is_refused(
    s3: Any, operation: str, asked: dict[str, Any]
) -> None:
    with pytest.raises(ClientError) as failure:
        getattr(s3, operation)(**asked)
    assert code(failure) == "NotImplemented"
    assert read(s3) == DATA


def test_buckets_are_declared(store: Store, s3: Any) -> None:
    for operation, bucket in (("create_bucket", "another"), ("delete_bucket", BUCKET)):
        with pytest.raises(ClientError, match="declared in its stack file") as failure:
            getattr(s3, operation)(Bucket=bucket)
        assert code(failure) == "AccessDenied"
    assert [path.name for path in store.root.iterdir()] == [BUCKET]


@pytest.mark.parametrize(
    "key",
    [
        *("folder/one/", "folder/one/below", "folder/one/far/below", "folder", "folder/"),
        *("../beside/x", "a/../../beside/x", "folder//one", "folder/./one"),
    ],
)
def test_no_key_reaches_another_keys_object(store: Store, s3: Any, key: str) -> None:
    beside = store.root.parent / "beside"
    beside.mkdir(exist_ok=True)
    named = {"Bucket": BUCKET, "Key": key}
    whole = f"{BUCKET}/{ONE['Key']}"
    for make in (
        lambda: s3.put_object(**named, Body=b"other"),
        lambda: s3.copy_object(**named, CopySource=whole),
        lambda: s3.upload_fileobj(io.BytesIO(bytes(9 << 20)), *named.values()),
        lambda: s3.get_object(**named),
        lambda: s3.delete_object(**named),
    ):
        with pytest.raises((ClientError, S3UploadFailedError)):
            make()
        assert read(s3) == DATA
    with contextlib.suppress(ClientError):  # or it says in its answer which ones failed
        s3.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": key}]})
    assert read(s3) == DATA
    assert not [*beside.iterdir()]
