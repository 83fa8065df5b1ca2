"""What a Google Cloud project does not tell is never taken for nothing."""

from __future__ import annotations

import json

import pytest

from mllab.errors import LabError, StillThere
from tests.accounts.labs import pending, up
from tests.accounts.project import (
    DISK,
    PROJECT,
    Project,
    ask,
    one,
)


def test_of_an_api_that_is_not_enabled_there_is_nothing(project: Project) -> None:
    project.disable("file", "billingbudgets", "aiplatform", "notebooks")
    del project.answers["filestore instances list"]
    look = project.account(up("gcp-course").config)
    assert look.find(pending(one("gcp:filestore/instance:Instance")), ()) is None
    assert look.inventory("gcp-course") == []


def test_a_project_that_names_no_api_is_not_empty(project: Project) -> None:
    project.answers["services list --enabled"] = []
    look = project.account()
    with pytest.raises(StillThere, match="names no API"):
        look.inventory("gcp-course")
    with pytest.raises(StillThere, match="names no API"):
        look.find(pending(one(DISK)), ())


@pytest.mark.parametrize("act", ["find", "inventory"])
def test_without_the_stacks_project_nobody_can_tell(project: Project, act: str) -> None:
    """The project that gcloud is set to may be another one, where nothing would be found."""
    with pytest.raises(StillThere, match="settings do not say gcp:project"):
        ask(project.account({}), act)


def test_without_the_stacks_region_a_part_cannot_be_seen(project: Project) -> None:
    with pytest.raises(StillThere, match="settings do not say gcp:region"):
        project.account({"gcp:project": PROJECT}).inventory("gcp-course")


@pytest.mark.parametrize("part", ["services list", "compute disks list"])
def test_a_refusal_is_not_taken_for_nothing(project: Project, part: str) -> None:
    project.refuse(part, "(gcloud) PERMISSION_DENIED: no", before="[]")
    with pytest.raises(StillThere, match="PERMISSION_DENIED: no; nothing was changed"):
        project.account().find(pending(one(DISK)), ())


@pytest.mark.parametrize("garbage", ["", "no json", '"x"', "[1]"])
@pytest.mark.parametrize("act", ["find", "inventory"])
def test_an_answer_that_is_no_list_is_no_empty_list(
    project: Project, garbage: str, act: str
) -> None:
    look = project.account()
    gcloud = project.folder / "gcloud"
    text = gcloud.read_text().replace(
        "sys.stdout.write(json", f"sys.stdout.write({garbage!r} if 'disks' in sys.argv else json"
    )
    gcloud.write_text(text)
    with pytest.raises(StillThere, match="Google Cloud answers with what is no (JSON|list)"):
        ask(look, act)


@pytest.mark.parametrize("act", ["find", "inventory"])
def test_without_gcloud_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, project: Project, act: str
) -> None:
    look = project.account()
    (project.folder / "gcloud").unlink()
    with pytest.raises(LabError, match="`gcloud` is not installed") as caught:
        ask(look, act)
    assert not isinstance(caught.value, StillThere)


@pytest.mark.parametrize("act", ["find", "inventory"])
def test_without_a_login_it_says_what_to_type(project: Project, act: str) -> None:
    project.token = ""
    project.refuse("list", "(gcloud.x) You do not currently have an active account selected.", "[]")
    with pytest.raises(LabError, match="do not currently have an active account") as caught:
        ask(project.account(), act)
    assert not isinstance(caught.value, StillThere)
    assert caught.value.hint == "gcloud auth application-default login\ngcloud auth login"


KEY = json.dumps({"type": "service_account", "private_key": "secret"})


@pytest.mark.parametrize(
    ("variable", "value", "token", "file"),
    [
        ("", "", "ya29.token", ""),
        ("GOOGLE_OAUTH_ACCESS_TOKEN", "ya29.own", "ya29.own", ""),
        ("GOOGLE_CREDENTIALS", "/key.json", "ya29.token", "/key.json"),
        ("GOOGLE_APPLICATION_CREDENTIALS", "/key.json", "ya29.token", "/key.json"),
        ("GOOGLE_CREDENTIALS", KEY, "", ""),  # gcloud's own login must do
    ],
)
def test_it_asks_with_the_credentials_that_the_provider_takes(
    project: Project,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
    value: str,
    token: str,
    file: str,
) -> None:
    if variable:
        monkeypatch.setenv(variable, value)
    project.account().find(pending(one(DISK)), ())
    asked = dict(project.asked)
    given = asked[f"compute disks list --project={PROJECT} --format=json"]
    assert f"CLOUDSDK_BILLING_QUOTA_PROJECT={PROJECT}" in given
    assert given.partition("ACCESS_TOKEN=")[2].partition(" ")[0] == token
    login = asked.get("auth application-default print-access-token")
    assert (login is None) == (token in ("", "ya29.own"))
    assert file in (login or "")
    assert not [words for words in asked if "ya29" in words or "secret" in words]
