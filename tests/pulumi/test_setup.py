"""`mllab setup` with the SDK's own installer: its script comes from a stand-in for get.pulumi.com.

Not proven: that the real site and its script work; the script here takes the same options and
fetches with `curl` as the real one does.
"""

from __future__ import annotations

import fcntl
import gc
import http.client
import io
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from email.message import Message
from pathlib import Path
from urllib.error import URLError
from urllib.response import addinfourl

import pytest

from mllab.engines.pulumi import binary, install
from mllab.errors import LabError, LockedError, StateError
from tests.pulumi.conftest import Script
from tests.pulumi.proxies import proxy

SYSTEM = "/usr/bin:/bin"
INSTALLER = """#!/bin/sh
set -e
[ "$1 $2 $4 $5" = "--no-edit-path --install-root --version 3.260.0" ] || exit 9
command -v curl >/dev/null || { printf '\\033[31merror: cURL is required\\033[0m\\n'; exit 1; }
mkdir -p "$3/bin"
curl --fail -L -o "$3/bin/pulumi" "https://get.pulumi.com/releases/sdk/pulumi-v$5.tar.gz"
chmod +x "$3/bin/pulumi"
"""
# Where the download fails, the SDK leaves the file of its installer open, and older Pythons the
# connection to a proxy.
pytestmark = pytest.mark.filterwarnings(
    "ignore:unclosed file:ResourceWarning", "ignore:unclosed <socket:ResourceWarning"
)

PORTAL = "<html>Please accept our terms</html>"

Serve = Callable[..., list[str]]


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    """Let that file be closed in here."""
    yield
    gc.collect()


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Serve:
    """Answer for get.pulumi.com; returns the list of what is asked for."""

    def answer(text: str | Exception = INSTALLER, status: int = 200) -> list[str]:
        asked: list[str] = []

        class Site(urllib.request.HTTPSHandler):
            def https_open(self, request: urllib.request.Request) -> addinfourl:
                asked.append(request.full_url)
                if isinstance(text, Exception):
                    raise text
                found = addinfourl(io.BytesIO(text.encode()), Message(), asked[-1], status)
                found.msg = http.client.responses[status]  # type: ignore[attr-defined]
                return found

        monkeypatch.setattr(urllib.request, "_opener", urllib.request.build_opener(Site))
        return asked

    return answer


@pytest.fixture
def curl(tmp_path: Path, script: Script, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Put a `curl` on PATH that brings a CLI which does the given."""

    def brings(does: str) -> None:
        folder = tmp_path / "tools"
        script(folder / "brought", does)
        script(folder / "curl", f'cp "{folder}/brought" "$4"')
        monkeypatch.setenv("PATH", f"{folder}:{SYSTEM}")

    brings("echo v3.260.0")
    return brings


def nothing_left(home: Path) -> bool:
    return [path.name for path in (home / "pulumi" / "versions").iterdir()] == [".lock"]


def refusal(home: Path) -> LabError:
    with pytest.raises(LabError) as caught:
        install.install(home, lambda _: None)
    return caught.value


def test_what_is_missing_is_installed_once(home: Path, serve: Serve, curl: object) -> None:
    asked, said = serve(), list[str]()
    found = install.install(home, said.append)
    assert found == binary.Binary(binary.install_root(home) / "bin" / "pulumi", (3, 260, 0))
    assert asked == ["https://get.pulumi.com/install.sh"]
    assert [line.split()[0] for line in said] == ["there", "Downloading", "Installed"]
    assert (home / "pulumi").stat().st_mode & 0o077 == 0

    said.clear()
    assert install.install(home, said.append) == found
    assert len(asked) == 1, "nothing is downloaded again"
    assert said == [
        f"Pulumi 3.260.0 is there: {found.path} (mllab's own). Nothing to install.",
    ]


def test_a_cli_on_path_that_fits_is_used_and_nothing_is_written(
    home: Path, tmp_path: Path, serve: Serve, script: Script
) -> None:
    asked, said = serve(), list[str]()
    theirs = script(tmp_path / "theirs" / "pulumi", "echo v3.258.1")
    found = install.install(home, said.append, {"PATH": f"{theirs.parent}:{SYSTEM}"})
    assert found.path == theirs
    assert said == [f"Pulumi 3.258.1 is there: {theirs} (on PATH). Nothing to install."]
    assert asked == []
    assert not home.exists()


def test_beside_a_cli_that_does_not_fit_our_own_is_installed(
    home: Path, tmp_path: Path, serve: Serve, curl: object, script: Script
) -> None:
    serve()
    said: list[str] = []
    theirs = script(tmp_path / "theirs" / "pulumi", "echo v3.300.0")
    environ = {"PATH": f"{theirs.parent}:{os.environ['PATH']}"}
    assert install.install(home, said.append, environ).version == (3, 260, 0)
    assert said[0] == f"{theirs} is version 3.300.0; mllab works with 3.256.0 to 3.260.0"
    said.clear()
    install.install(home, said.append, environ)
    assert "3.300.0" in said[0], "why the one on PATH is passed over is said each time"
    assert "mllab's own" in said[1]


def test_a_damaged_install_is_done_again(
    home: Path, serve: Serve, curl: object, script: Script
) -> None:
    asked = serve()
    ours = script(binary.install_root(home) / "bin" / "pulumi", "exit 1")
    ours.with_name("leftover").write_text("")
    said: list[str] = []
    assert install.install(home, said.append).version == (3, 260, 0)
    assert said[0].startswith(f"{ours}: `pulumi version` ends with code 1")
    assert len(asked) == 1
    assert [path.name for path in ours.parent.iterdir()] == ["pulumi"]


def test_a_killed_setup_leaves_nothing_that_is_taken_for_a_cli(
    home: Path, root: Path, tmp_path: Path, serve: Serve, curl: object, script: Script
) -> None:
    half = INSTALLER + "kill -9 $PPID\n"
    code = f"""
import io, urllib.request
from email.message import Message
from pathlib import Path
from urllib.error import URLError
from urllib.response import addinfourl
class Site(urllib.request.HTTPSHandler):
    def https_open(self, request):
        found = addinfourl(io.BytesIO({half.encode()!r}), Message(), request.full_url, 200)
        found.msg = "OK"
        return found
urllib.request.install_opener(urllib.request.build_opener(Site))
from mllab.engines.pulumi import install
install.install(Path({str(home)!r}), print)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    versions = home / "pulumi" / "versions"
    assert sorted(path.name for path in versions.iterdir()) == [".lock", "3.260.0.part"]
    with pytest.raises(LabError, match="there is no Pulumi CLI"):
        binary.find(home, {"PATH": SYSTEM})

    (versions / "3.260.0.part" / "old").write_text("")
    serve()
    found = install.install(home, lambda _: None)
    assert sorted(path.name for path in versions.iterdir()) == [".lock", "3.260.0"]
    assert not (found.path.parent.parent / "old").exists()


@pytest.mark.parametrize(
    ("text", "status", "why"),
    [
        (URLError(socket.gaierror(-2, "no such name")), 0, "reached: no such name"),
        (ConnectionResetError(104, "Connection reset by peer"), 0, "reached: Connection reset"),
        (http.client.IncompleteRead(b"x", 9), 0, "reached: IncompleteRead"),
        ("", 503, "get.pulumi.com answers 503 Service Unavailable"),
        (PORTAL, 200, "its installer cannot be run: "),
        ("#!/bin/sh\necho 'tar: no space left on device'; echo bye; exit 2", 200, "tar: no space"),
        ("#!/bin/sh\nexit 1", 200, "its installer ends with code 1"),
    ],
    ids=["dns", "reset", "cut off", "503", "portal", "full disk", "silent"],
)
def test_a_download_that_is_impossible_is_one_line_and_other_ways(
    home: Path, serve: Serve, curl: object, text: str | Exception, status: int, why: str
) -> None:
    serve(text, status)
    error = refusal(home)
    assert error.message.startswith("Pulumi 3.260.0 cannot be downloaded: ")
    assert why in error.message
    assert "\n" not in error.message
    assert "mllab setup" not in error.hint, "that is what has just failed"
    for way in ("brew install", "container image", str(binary.install_root(home) / "bin")):
        assert way in error.hint
    assert nothing_left(home)


def test_without_curl_it_says_what_the_installer_says(
    home: Path, tmp_path: Path, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve()
    tools = tmp_path / "few tools"
    tools.mkdir()
    (tools / "mkdir").symlink_to("/bin/mkdir")
    monkeypatch.setenv("PATH", str(tools))
    error = refusal(home)
    assert error.message.endswith("its installer ends with code 1: error: cURL is required")
    assert nothing_left(home)


@pytest.mark.parametrize(
    ("answer", "why"),
    [(b"HTTP/1.1 403 Forbidden\r\n\r\n", "403 Forbidden"), (b"", "timed out")],
    ids=["refuses", "is silent"],
)
def test_a_proxy_that_lets_nothing_through(
    home: Path, monkeypatch: pytest.MonkeyPatch, curl: object, answer: bytes, why: str
) -> None:
    monkeypatch.setattr(install, "PATIENCE", 0.5)
    monkeypatch.setattr(urllib.request, "_opener", None)
    with proxy(answer) as address:
        monkeypatch.setenv("HTTPS_PROXY", address)
        monkeypatch.setenv("https_proxy", address)
        monkeypatch.setenv("NO_PROXY", "")
        monkeypatch.setenv("no_proxy", "")
        error = refusal(home)
    assert error.message.startswith("Pulumi 3.260.0 cannot be downloaded: get.pulumi.com cannot be")
    assert why in error.message
    assert socket.getdefaulttimeout() is None
    assert nothing_left(home)


def test_another_version_than_asked_for_is_not_taken(
    home: Path, serve: Serve, curl: Callable[[str], None]
) -> None:
    serve()
    # Newer than asked for, which satisfies the SDK's installer.
    curl("echo v3.270.0")
    error = refusal(home)
    assert "asked for Pulumi 3.260.0 and brought 3.270.0" in error.message
    assert nothing_left(home)


def test_a_home_that_is_a_file_is_named(home: Path, serve: Serve, curl: object) -> None:
    asked = serve()
    home.parent.mkdir(parents=True)
    home.write_text("not a folder")
    error = refusal(home)
    assert isinstance(error, StateError)
    assert str(home) in error.message
    assert "MLLAB_HOME" in error.hint
    assert asked == []


def test_two_setups_do_not_meet(home: Path, serve: Serve, curl: object) -> None:
    asked = serve()
    versions = home / "pulumi" / "versions"
    versions.mkdir(parents=True)
    with (versions / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_SH)  # keeps out who wants it alone
        assert isinstance(refusal(home), LockedError)
    assert asked == []
    install.install(home, lambda _: None)


@pytest.mark.engine
def test_the_real_cli_is_taken_as_installed(
    cli: str, home: Path, serve: Serve, curl: Callable[[str], None]
) -> None:
    serve()
    curl(f'exec "{cli}" "$@"')
    found = install.install(home, lambda _: None)
    assert found.path.is_relative_to(home)
