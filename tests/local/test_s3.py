"""A lab's store, asked by boto3 as on a cloud."""

from __future__ import annotations

import contextlib
import http.client
import io
import os
import signal
import socket
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from mllab.local import marked, process
from mllab.local.service import LOOPBACK
from tests.local.store import BUCKET, DATA, ONE, SERVICE, Store, code, listed, read
from tests.local.waiting import until


def test_objects_come_and_go_and_are_files(store: Store, s3: Any) -> None:
    file = store.root / BUCKET / ONE["Key"]
    assert file.read_bytes() == read(s3) == DATA
    assert read(s3, Range="bytes=5-12") == DATA[5:13]
    for key in ("ü ß+&?#%.txt", "a/b", "a/c"):
        s3.put_object(Bucket=BUCKET, Key=key, Body=key.encode())
        assert read(s3, key) == key.encode()
    s3.copy_object(Bucket=BUCKET, Key="copy", CopySource=f"{BUCKET}/{ONE['Key']}")
    assert read(s3, "copy") == DATA
    assert listed(s3) == {"folder/one", "ü ß+&?#%.txt", "a/b", "a/c", "copy"}
    folders = s3.list_objects_v2(Bucket=BUCKET, Delimiter="/")["CommonPrefixes"]
    assert [one["Prefix"] for one in folders] == ["a/", "folder/"]
    s3.delete_object(Bucket=BUCKET, Key="copy")
    gone = [{"Key": key} for key in listed(s3)]
    assert len(s3.delete_objects(Bucket=BUCKET, Delete={"Objects": gone})["Deleted"]) == 4
    assert [*(store.root / BUCKET).iterdir()] == []  # and the bucket is still there


def test_a_file_that_is_put_there_by_hand_is_an_object(store: Store, s3: Any) -> None:
    (store.root / BUCKET / "by-hand").write_bytes(b"first")
    until(lambda: "by-hand" in listed(s3))
    assert read(s3, "by-hand") == b"first"
    s3.delete_object(Bucket=BUCKET, Key="by-hand")


def test_what_is_large_goes_in_parts_and_comes_back(store: Store, s3: Any) -> None:
    sent, come = os.urandom(64 << 20), io.BytesIO()
    s3.upload_fileobj(io.BytesIO(sent), BUCKET, "large")
    s3.download_fileobj(BUCKET, "large", come)
    assert come.getvalue() == sent
    assert (store.root / BUCKET / "large").stat().st_size == len(sent)
    s3.delete_object(Bucket=BUCKET, Key="large")


def test_addresses_are_given_to_others(s3: Any) -> None:
    address = s3.generate_presigned_url("get_object", Params=ONE)
    with urllib.request.urlopen(address) as answer:
        assert answer.read() == DATA
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(address[:-1] + ("0" if address[-1] != "0" else "1"))


def test_a_body_of_unknown_length_arrives_whole(store: Store, s3: Any) -> None:
    """As programs of other languages send it, over a connection that is used again."""
    address = s3.generate_presigned_url("put_object", Params={"Bucket": BUCKET, "Key": "piped"})
    with contextlib.closing(http.client.HTTPConnection(LOOPBACK, store.port)) as link:
        for _ in range(2):
            parts = urlsplit(address)
            blocks = iter([b"a" * 70000, b"b"])
            link.request("PUT", f"{parts.path}?{parts.query}", blocks, encode_chunked=True)
            answer = link.getresponse()
            answer.read()
            # rclone wants a length; what matters is that the next request is not a part of it.
            assert answer.status in (200, 411)
    s3.delete_object(Bucket=BUCKET, Key="piped")


def test_an_upload_that_ends_in_the_middle_changes_nothing(store: Store, s3: Any) -> None:
    address = urlsplit(s3.generate_presigned_url("put_object", Params=ONE))
    head = f"PUT {address.path}?{address.query} HTTP/1.1\r\nHost: {address.netloc}\r\n"
    with socket.create_connection((LOOPBACK, store.port)) as link:
        link.sendall(f"{head}Content-Length: 3000000\r\n\r\n".encode() + b"a" * 2000000)
        link.shutdown(socket.SHUT_WR)
        assert not link.recv(1)  # it is hung up
    until(lambda: not [*store.root.rglob(".rclone_temp_*")])
    assert read(s3) == DATA
    assert "Traceback" not in (store.place.run / "log").read_text()


def test_a_copy_onto_itself_leaves_an_object_as_it_is(s3: Any) -> None:
    s3.copy_object(**ONE, CopySource=f"{BUCKET}/{ONE['Key']}")
    assert read(s3) == DATA


def test_only_the_labs_keys_open_it(store: Store, s3: Any) -> None:
    access, secret = store.secrets()
    wrong = [
        ({"config": Config(signature_version=UNSIGNED)}, "AccessDenied"),
        ({"aws_access_key_id": access, "aws_secret_access_key": "x"}, "SignatureDoesNotMatch"),
        ({"aws_access_key_id": "someone", "aws_secret_access_key": secret}, "InvalidAccessKeyId"),
    ]
    for given, expected in wrong:
        client = store.client(**given)
        for ask in (
            lambda: client.get_object(**ONE),  # noqa: B023
            lambda: client.put_object(**ONE, Body=b"x"),  # noqa: B023
            lambda: client.delete_object(**ONE),  # noqa: B023
            lambda: client.list_objects_v2(Bucket=BUCKET),  # noqa: B023
        ):
            with pytest.raises(ClientError) as failure:
                ask()
            assert code(failure) == expected
    assert read(s3) == DATA


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="no /proc to look into")
def test_nobody_else_sees_the_keys(store: Store) -> None:
    lines = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline")]
    assert any(f"\0{store.port}\0".encode() in line for line in lines)
    for key in store.secrets():
        assert not any(key.encode() in line for line in lines)
    modes = {path.stat().st_mode & 0o777 for path in store.place.run.iterdir() if path.is_file()}
    assert modes == {0o600}
    assert {path.stat().st_mode & 0o777 for path in (store.root, store.place.run)} == {0o700}
    for key in store.secrets():
        assert key not in (store.place.run / "log").read_text()


def test_it_listens_on_this_machine_alone(store: Store, s3: Any) -> None:
    links = [link for one in marked.tree(store.place) for link in one.net_connections("inet")]
    listening = [tuple(link.laddr) for link in links if link.status == psutil.CONN_LISTEN]
    assert listening == [(LOOPBACK, store.port)]


def test_new_settings_keep_the_keys(store: Store) -> None:
    before = store.secrets()
    SERVICE.prepare(store.place, store.port, store.settings)
    assert store.secrets() == before


@pytest.mark.parametrize("killed", ["python", "rclone"])
def test_a_part_that_is_killed_is_missed_and_comes_back_with_the_data(
    store: Store, s3: Any, killed: str
) -> None:
    (one,) = [one for one in marked.tree(store.place) if one.name().startswith(killed)]
    one.send_signal(signal.SIGKILL)
    until(lambda: process.state(store.place) == "gone")
    store.start()
    assert read(s3) == DATA
    assert len(marked.tree(store.place)) == 2
