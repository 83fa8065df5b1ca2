"""Debian's docker-registry, as the registry of a lab: images go in and come out, with a password.

Where it is not installed its package is fetched and unpacked for the test; nothing is installed.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from mllab.local import marked, ports, process
from mllab.local.service import LOOPBACK, Place
from mllab.local.services import SERVICES
from mllab.local.services.registry import PROGRAM, UNPACKED

SERVICE = SERVICES["registry"]
MANIFEST = "application/vnd.oci.image.manifest.v1+json"


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A folder with the program in it; empty where the system has it."""
    if shutil.which(PROGRAM):
        yield ""
        return
    if not shutil.which("apt-get") or not shutil.which("dpkg"):
        pytest.skip(f"{PROGRAM} is not here, nor is apt-get to fetch it")
    folder = tmp_path_factory.mktemp("registry")
    folder.chmod(0o755)
    got = subprocess.run(["apt-get", "download", PROGRAM], cwd=folder, capture_output=True)
    packages = [*folder.glob("*.deb")]
    if got.returncode or not packages:
        pytest.skip(f"{PROGRAM} is not here, and apt-get cannot fetch it")
    subprocess.run(["dpkg", "-x", packages[0], folder], check=True)
    yield str(folder)


class Registry:
    def __init__(self, lab: Path, port: int) -> None:
        self.place, self.port, self.root = Place(lab, "images"), port, lab / "registry"
        self.launch = SERVICE.prepare(self.place, port, {"root": str(self.root)})
        self.now = process.start(self.place, self.launch, port)
        self.password = (self.place.run / "password").read_text()
        self.login = base64.b64encode(f"lab:{self.password}".encode()).decode()

    def ask(
        self, method: str, path: str, data: bytes | None = None, login: str = "", **headers: str
    ) -> Any:
        url = path if path.startswith("http") else f"http://{LOOPBACK}:{self.port}{path}"
        given = {"Authorization": f"Basic {login or self.login}"} if login != "none" else {}
        request = urllib.request.Request(url, data, {**given, **headers}, method=method)
        return urllib.request.urlopen(request, timeout=60)

    def push(self, blob: bytes) -> None:
        digest = f"sha256:{hashlib.sha256(blob).hexdigest()}"
        where = self.ask("POST", "/v2/digits/blobs/uploads/", b"").headers["Location"]
        octets = {"Content-Type": "application/octet-stream"}
        self.ask("PUT", f"{where}&digest={digest}", blob, **octets)
        layer = {"mediaType": "application/octet-stream", "size": len(blob), "digest": digest}
        image = {"schemaVersion": 2, "mediaType": MANIFEST, "config": layer, "layers": [layer]}
        kind = {"Content-Type": MANIFEST}
        self.ask("PUT", "/v2/digits/manifests/v1", json.dumps(image).encode(), **kind)

    def pull(self) -> bytes:
        with self.ask("GET", "/v2/digits/manifests/v1", Accept=MANIFEST) as answer:
            digest = json.loads(answer.read())["layers"][0]["digest"]
        with self.ask("GET", f"/v2/digits/blobs/{digest}") as answer:
            return bytes(answer.read())


@pytest.fixture(scope="module")
def registry(lab: Path, unpacked: str) -> Iterator[Registry]:
    with pytest.MonkeyPatch.context() as patch:
        if unpacked:
            patch.setenv(UNPACKED, unpacked)
        assert SERVICE.lacks({}) == []
        one = Registry(lab, ports.free_port())
        yield one
        process.stop(one.place)


def test_an_image_goes_in_and_comes_out_also_after_a_restart(registry: Registry) -> None:
    blob = os.urandom(3 << 20)
    registry.push(blob)
    assert registry.pull() == blob
    process.stop(registry.place, "for a test")
    registry.now = process.start(registry.place, registry.launch, registry.port)
    assert registry.pull() == blob


@pytest.mark.parametrize("login", ["none", "bGFiOndyb25n", "bGFiOg=="])
def test_only_the_password_opens_it(registry: Registry, login: str) -> None:
    for method, path in (("GET", "/v2/"), ("POST", "/v2/digits/blobs/uploads/")):
        with pytest.raises(urllib.error.HTTPError, match="401"):
            registry.ask(method, path, login=login)
    assert registry.ask("GET", "/v2/").status == 200


def test_nobody_else_sees_the_password_or_reaches_it(registry: Registry) -> None:
    lines = psutil.Process(registry.now.pid).cmdline()
    assert lines == list(registry.launch.argv)
    assert not any(registry.password in word for word in lines)
    modes = {path.stat().st_mode & 0o777 for path in registry.place.run.iterdir()}
    assert modes == {0o600}
    assert registry.root.stat().st_mode & 0o777 == 0o700
    links = [link for one in marked.tree(registry.place) for link in one.net_connections("inet")]
    listening = [tuple(link.laddr) for link in links if link.status == psutil.CONN_LISTEN]
    assert listening == [(LOOPBACK, registry.port)]


def test_new_settings_keep_the_password(registry: Registry) -> None:
    SERVICE.prepare(registry.place, registry.port, {"root": str(registry.root)})
    assert (registry.place.run / "password").read_text() == registry.password


def test_a_machine_without_it_says_how_it_is_got(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    (lack,) = SERVICE.lacks({})
    assert (lack.what, lack.command) == (PROGRAM, f"sudo apt install {PROGRAM}")
