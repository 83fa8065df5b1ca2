"""Where Pulumi keeps the state: the user's own choice, else a folder of this project."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from mllab.errors import SettingsError, StateError
from mllab.settings.document import Broken, parse

VARIABLE: Final = "PULUMI_BACKEND_URL"
PULUMI_CLOUD: Final = "https://api.pulumi.com"
_FILE: Final = "file://"
_ENVELOPE: Final = "$pulumiSecureStore"  # key of a credentials file that is encrypted


class ChosenBy(StrEnum):
    """Who named the backend, strongest first; Pulumi's own order."""

    VARIABLE = "PULUMI_BACKEND_URL"
    PROJECT = "Pulumi.yaml"
    LOGIN = "pulumi login"
    TOKEN = "PULUMI_ACCESS_TOKEN"
    NOBODY = "mllab"


@dataclass(frozen=True)
class Backend:
    """Where the state is.

    Args:
        url: `file://` and a folder, `s3://...`, `https://api.pulumi.com`; empty where only Pulumi
            can read it, out of an encrypted login.
    """

    url: str
    chosen_by: ChosenBy

    @property
    def keeps_secrets(self) -> bool:
        """True for Pulumi Cloud and its like, which encrypt without a passphrase."""
        return urlsplit(self.url).scheme in {"https", "http"}

    @property
    def folder(self) -> Path | None:
        """The folder of a `file://` backend, in which Pulumi makes `.pulumi/`; else None."""
        if not self.url.startswith(_FILE):
            return None
        text = self.url.removeprefix(_FILE).split("?")[0]
        if text.startswith("~"):
            return Path.home() / unquote(text[2:])
        return Path(unquote(text))


def choose(root: Path, home: Path, environ: Mapping[str, str] = os.environ) -> Backend:
    """The backend that plain `pulumi` would take, else our folder.

    Args:
        root: the project's folder.
        home: `$MLLAB_HOME`.

    Raises:
        SettingsError: Pulumi.yaml cannot be read.
        StateError: Pulumi's record of the login cannot be read.
    """
    if url := environ.get(VARIABLE):
        return Backend(_absolute(url, Path.cwd()), ChosenBy.VARIABLE)
    if url := _of_project(root / "Pulumi.yaml"):
        return Backend(_absolute(url, root), ChosenBy.PROJECT)
    login = _login(environ)
    if login is not None:
        return Backend(_absolute(login, root), ChosenBy.LOGIN)
    if environ.get("PULUMI_ACCESS_TOKEN"):
        return Backend(environ.get("PULUMI_API") or PULUMI_CLOUD, ChosenBy.TOKEN)
    # Apart from the CLI in `home / "pulumi"`, which a person may well delete to install it anew.
    return Backend((home / "backend").absolute().as_uri(), ChosenBy.NOBODY)


def _absolute(url: str, here: Path) -> str:
    """A relative folder made absolute: the engine does not run where the user stands."""
    path = url.removeprefix(_FILE)
    if path == url or path.startswith(("/", "~")):
        return url
    folder, mark, query = path.partition("?")
    return Path(os.path.normpath(here / unquote(folder))).as_uri() + mark + query


def _of_project(path: Path) -> str:
    data = _yaml(path)
    backend = data.get("backend")
    url = backend.get("url") if isinstance(backend, dict) else None
    return url if isinstance(url, str) else ""


def _yaml(path: Path) -> dict[str, Any]:
    try:
        return parse(path.read_bytes()).data
    except OSError as error:
        raise SettingsError([f"{path}: cannot be read: {error.strerror}"]) from error
    except Broken as error:
        raise SettingsError([f"{path}{error.place}: {error.words}"]) from error


def _login(environ: Mapping[str, str]) -> str | None:
    """What `pulumi login` has recorded: a URL, empty if it is encrypted, None without a login."""
    named = environ.get("PULUMI_CREDENTIALS_PATH") or environ.get("PULUMI_HOME")
    path = (Path(named) if named else Path.home() / ".pulumi") / "credentials.json"
    try:
        text = path.read_text(encoding="utf-8")
        found = json.loads(text) if text else {}
        if _ENVELOPE in found:
            return ""
        return found.get("current") or None
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, AttributeError) as error:
        why = getattr(error, "strerror", None) or "it is damaged"
        raise StateError(
            f"{path}: Pulumi's record of your login cannot be read: {why}",
            hint=f"Log in anew: pulumi login. Or name the backend: export {VARIABLE}=...",
        ) from error


@dataclass(frozen=True)
class OwnLines:
    """What Pulumi itself has written into a stack file.

    Args:
        provider: `secretsprovider`; empty for the backend's own.
        salted: a passphrase has encrypted something (`encryptionsalt`).
    """

    provider: str = ""
    salted: bool = False


def own_lines(path: Path) -> OwnLines:
    """Pulumi's own lines of a stack file; none where there is no file.

    Raises:
        SettingsError: it cannot be read.
    """
    if not path.exists():
        return OwnLines()
    data = _yaml(path)
    provider = data.get("secretsprovider")
    return OwnLines(provider if isinstance(provider, str) else "", bool(data.get("encryptionsalt")))


def salt(path: Path) -> str:
    """`encryptionsalt` of a stack file; empty where there is none.

    Raises:
        SettingsError: it cannot be read.
    """
    found = _yaml(path).get("encryptionsalt") if path.exists() else None
    return found if isinstance(found, str) else ""
