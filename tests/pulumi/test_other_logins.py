"""Whose login it is on Azure and Google Cloud, asked of their own command lines."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mllab.accounts import identity, vendor_cli
from mllab.accounts.azure.login import AZ as AZ_CLI
from mllab.accounts.gcp.login import GCLOUD
from mllab.clouds import registry
from mllab.clouds.azure import AZURE
from mllab.clouds.gcp import GCP
from mllab.errors import LabError
from tests.pulumi.conftest import Script

NOW = datetime(2027, 1, 11, 9, tzinfo=UTC)
MINE, OTHERS = "11111111-1111-1111-1111-111111111111", "22222222-2222-2222-2222-222222222222"
PROJECT = {"gcp:project": "my-course-2027"}
SHOWN = json.dumps({"id": MINE, "user": {"name": "ann@example.edu", "type": "user"}})

Tools = Callable[..., Path]


@pytest.fixture
def tools(tmp_path: Path, script: Script, monkeypatch: pytest.MonkeyPatch) -> Tools:
    """Commands of that name on an otherwise empty path; returns the log of what they were asked."""
    folder, log = tmp_path / "tools", tmp_path / "asked"
    folder.mkdir()
    log.touch()
    monkeypatch.setenv("PATH", str(folder))

    def install(**bodies: str) -> Path:
        for name, body in bodies.items():
            script(folder / name, f'echo "$*" >>{log}\n{body}')
        return log

    return install


AZ = f"""case "$2" in
get-access-token) echo '{{"subscription": "{MINE}"}}' ;;
show) echo '{SHOWN}' ;;
esac"""


def test_azure_tells_subscription_and_user(tools: Tools) -> None:
    log = tools(az=AZ)
    found = AZURE.whoami({})
    assert (found.account, found.principal) == (MINE, "ann@example.edu")
    assert (found.kind, found.login) == ("subscription", "az login")
    assert "accessToken" not in log.read_text(), "no token is printed, even to us"


@pytest.mark.parametrize("by", ["settings", "variable"])
def test_azure_is_asked_about_the_subscription_that_the_provider_takes(
    tools: Tools, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    log = tools(az=AZ)
    if by == "variable":
        monkeypatch.setenv("ARM_SUBSCRIPTION_ID", OTHERS)
    AZURE.whoami({"azure-native:subscriptionId": OTHERS} if by != "variable" else {})
    asked = log.read_text().splitlines()
    assert len(asked) == 2
    assert all(f"--subscription {OTHERS}" in line for line in asked)


def test_a_service_principal_needs_no_command(
    tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools()
    monkeypatch.setenv("ARM_CLIENT_ID", "robot")
    with pytest.raises(LabError, match="not in which subscription"):
        AZURE.whoami({})
    monkeypatch.setenv("ARM_SUBSCRIPTION_ID", MINE)
    found = AZURE.whoami({})
    assert (found.account, found.principal) == (MINE, "service principal robot")


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("echo 'ERROR: Please run az login.' >&2; exit 1", "Please run az login."),
        ("[ $2 = show ] || exit 0; echo no json", "tells no subscription"),
        ("exit 3", "it ended with 3"),
    ],
)
def test_a_login_of_azure_that_does_not_work(tools: Tools, body: str, told: str) -> None:
    tools(az=body)
    with pytest.raises(LabError) as caught:
        AZURE.whoami({})
    assert told in caught.value.message
    assert caught.value.hint == "az login"


def test_google_tells_project_and_account(tools: Tools) -> None:
    tools(gcloud="[ $1 = auth ] && echo ya29.secret || echo ann@example.edu")
    found = GCP.whoami(PROJECT)
    assert (found.account, found.principal) == ("my-course-2027", "ann@example.edu")
    assert "secret" not in repr(found)


def test_google_without_a_login(tools: Tools) -> None:
    tools(gcloud="echo 'ERROR: Your default credentials were not found.' >&2; exit 1")
    with pytest.raises(LabError, match="default credentials were not found") as caught:
        GCP.whoami(PROJECT)
    assert caught.value.hint == "gcloud auth application-default login"


@pytest.mark.parametrize("inline", [True, False])
def test_a_key_of_google_tells_whose_it_is(
    tools: Tools, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, inline: bool
) -> None:
    tools()
    text = json.dumps({"type": "service_account", "client_email": "robot@x", "private_key": "k"})
    path = tmp_path / "key.json"
    path.write_text(text)
    if inline:
        monkeypatch.setenv("GOOGLE_CREDENTIALS", text)
    else:
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(path))
    assert GCP.whoami(PROJECT).principal == "robot@x"
    path.write_text("{")
    monkeypatch.delenv("GOOGLE_CREDENTIALS", raising=False)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(path))
    with pytest.raises(LabError, match="GOOGLE_APPLICATION_CREDENTIALS names cannot be read"):
        GCP.whoami(PROJECT)


def test_a_token_of_google_does_not_say_when_it_ends(
    tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools()
    monkeypatch.setenv("GOOGLE_OAUTH_ACCESS_TOKEN", "ya29.secret")
    found = GCP.whoami(PROJECT)
    assert found.end_unknown
    assert "ya29" not in repr(found)


@pytest.mark.parametrize(("cloud", "tool"), [("azure", "az"), ("gcp", "gcloud")])
def test_a_command_line_that_is_not_there(tools: Tools, cloud: str, tool: str) -> None:
    tools()
    with pytest.raises(LabError, match=f"`{tool}` is not installed") as caught:
        registry.of(cloud).whoami(PROJECT)
    assert registry.of(cloud).tools[tool].source in caught.value.hint


@pytest.mark.parametrize(
    ("cli", "variable"),
    [(AZ_CLI, "AZURE_CORE_ONLY_SHOW_ERRORS"), (GCLOUD, "CLOUDSDK_CORE_DISABLE_PROMPTS")],
    ids=["az", "gcloud"],
)
def test_a_command_line_is_told_to_ask_nothing(
    tools: Tools, cli: vendor_cli.VendorCli, variable: str
) -> None:
    """Sources: https://learn.microsoft.com/cli/azure/azure-cli-configuration,
    https://docs.cloud.google.com/sdk/docs/properties"""
    tools(**{cli.name: f'echo "${variable}"'})
    assert cli.ask("version").out.strip() in {"true", "1"}


def test_a_command_line_that_hangs(tools: Tools, monkeypatch: pytest.MonkeyPatch) -> None:
    tools(az="while :; do :; done")
    monkeypatch.setattr(vendor_cli, "PATIENCE", 0.2)
    with pytest.raises(LabError, match="does not answer"):
        AZURE.whoami({})


@pytest.mark.parametrize(
    ("cloud", "key"), [("azure", "azure-native:clientSecret"), ("gcp", "gcp:credentials")]
)
def test_credentials_in_the_settings_are_refused(tools: Tools, cloud: str, key: str) -> None:
    tools()
    with pytest.raises(LabError, match=key):
        registry.of(cloud).whoami({**PROJECT, key: "x"})


def test_google_needs_a_project(tools: Tools) -> None:
    tools()
    with pytest.raises(LabError, match="no project"):
        GCP.whoami({})


def test_a_state_tells_subscriptions_and_projects() -> None:
    group = {"type": "azure-native:resources:ResourceGroup", "id": f"/subscriptions/{MINE}/x/y"}
    bucket = {"type": "gcp:storage/bucket:Bucket", "id": "b", "outputs": {"project": "mine"}}
    odd = {"type": "gcp:x:X", "outputs": {"project": {"4dabf": "secret"}}}
    random = {"type": "azure-native:x:X", "id": "subscriptions"}
    found = [{"custom": True, **each} for each in (group, bucket, odd, random)]
    assert registry.accounts(found) == {MINE, "mine"}


@pytest.mark.parametrize("kind", ["subscription", "project"])
def test_another_subscription_or_project_is_refused_by_that_word(kind: str) -> None:
    who = identity.Identity("mine", "ann", "log in", kind=kind, switch="switch so")
    with pytest.raises(
        LabError, match=f"of {kind} mine .ann., but this stack lives in {kind} o"
    ) as e:
        identity.check(who, frozenset({"others"}), 1, NOW)
    assert e.value.hint == "switch so"
