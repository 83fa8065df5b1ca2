"""A lab's store, and how programs in a seat ask it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.exceptions import ClientError

from mllab.local import ports, process
from mllab.local.service import LOOPBACK, Place
from mllab.local.services import SERVICES

SERVICE = SERVICES["s3"]
BUCKET = "my-course"
ONE = {"Bucket": BUCKET, "Key": "folder/one"}
DATA = b"what somebody has worked for"


class Store:
    def __init__(self, lab: Path) -> None:
        self.place, self.port, self.root = Place(lab, "store"), ports.free_port(), lab / "s3"
        self.settings = {"root": str(self.root), "bucket": BUCKET}
        self.launch = SERVICE.prepare(self.place, self.port, self.settings)
        self.start()

    def start(self) -> None:
        self.now = process.start(self.place, self.launch, self.port)

    def client(self, **more: Any) -> Any:
        """As a program in a seat makes one: all it knows is in its environment."""
        session = botocore.session.Session()
        session.set_config_variable("credentials_file", str(self.place.run / "credentials"))
        session.set_config_variable("config_file", "/dev/null")
        return boto3.Session(botocore_session=session).client(
            "s3", endpoint_url=f"http://{LOOPBACK}:{self.port}", **more
        )

    def secrets(self) -> tuple[str, str]:
        lines = (self.place.run / "credentials").read_text().splitlines()[1:3]
        access, secret = (line.split(" = ")[1] for line in lines)
        return access, secret


def read(client: Any, key: str = ONE["Key"], **more: str) -> bytes:
    return bytes(client.get_object(Bucket=BUCKET, Key=key, **more)["Body"].read())


def listed(client: Any) -> set[str]:
    pages = client.get_paginator("list_objects_v2").paginate(
        Bucket=BUCKET, PaginationConfig={"PageSize": 2}
    )
    return {one["Key"] for page in pages for one in page.get("Contents", ())}


def code(failure: pytest.ExceptionInfo[ClientError]) -> str:
    return str(failure.value.response["Error"]["Code"])
