"""The backend: what plain `pulumi` would take, else our folder."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from mllab.engines.pulumi.backend import Backend, ChosenBy, OwnLines, choose, own_lines
from mllab.errors import LabError, SettingsError, StateError

CLOUD = "https://api.pulumi.com"
BUCKET = "s3://states?region=eu-north-1"


def logged_in(folder: Path, content: Any) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    text = content if isinstance(content, str) else json.dumps(content)
    (folder / "credentials.json").write_text(text)


def project_says(project: Path, url: str) -> None:
    (project / "Pulumi.yaml").write_text(f"name: mllab\nruntime: python\nbackend:\n  url: {url}\n")


@pytest.mark.usefixtures("user")
def test_without_any_choice_it_is_our_folder(project: Path, home: Path) -> None:
    found = choose(project, home, {})
    assert found.chosen_by is ChosenBy.NOBODY
    assert found.folder == home / "backend"
    assert not found.keeps_secrets
    assert not home.exists()


def test_the_choices_are_respected_in_pulumis_order(
    project: Path, home: Path, user: Path, tmp_path: Path
) -> None:
    environ = {"PULUMI_ACCESS_TOKEN": "pul-1"}
    assert choose(project, home, environ) == Backend(CLOUD, ChosenBy.TOKEN)
    logged_in(user / ".pulumi", {"current": "gs://login"})
    assert choose(project, home, environ) == Backend("gs://login", ChosenBy.LOGIN)
    logged_in(tmp_path / "plugins", {"current": "azblob://home"})
    environ["PULUMI_HOME"] = str(tmp_path / "plugins")
    assert choose(project, home, environ) == Backend("azblob://home", ChosenBy.LOGIN)
    logged_in(tmp_path / "logins", {"current": CLOUD})
    environ["PULUMI_CREDENTIALS_PATH"] = str(tmp_path / "logins")
    assert choose(project, home, environ) == Backend(CLOUD, ChosenBy.LOGIN)
    project_says(project, BUCKET)
    assert choose(project, home, environ) == Backend(BUCKET, ChosenBy.PROJECT)
    environ["PULUMI_BACKEND_URL"] = "https://pulumi.example.edu"
    assert choose(project, home, environ) == Backend(
        "https://pulumi.example.edu", ChosenBy.VARIABLE
    )


@pytest.mark.usefixtures("user")
def test_empty_variables_choose_nothing(project: Path, home: Path) -> None:
    names = ("PULUMI_BACKEND_URL", "PULUMI_ACCESS_TOKEN", "PULUMI_HOME", "PULUMI_CREDENTIALS_PATH")
    assert choose(project, home, dict.fromkeys(names, "")).chosen_by is ChosenBy.NOBODY


@pytest.mark.usefixtures("user")
def test_a_token_goes_to_the_service_that_is_named(project: Path, home: Path) -> None:
    environ = {"PULUMI_ACCESS_TOKEN": "pul-1", "PULUMI_API": "https://pulumi.example.edu"}
    assert choose(project, home, environ).url == "https://pulumi.example.edu"


@pytest.mark.parametrize("record", ["", "{}", {"current": ""}, {"accessTokens": {CLOUD: "x"}}])
def test_who_has_logged_out_has_no_choice(
    project: Path, home: Path, user: Path, record: Any
) -> None:
    logged_in(user / ".pulumi", record)
    assert choose(project, home, {}).chosen_by is ChosenBy.NOBODY


def test_an_encrypted_login_is_left_to_pulumi(project: Path, home: Path, user: Path) -> None:
    logged_in(user / ".pulumi", {"$pulumiSecureStore": 1, "algo": "aes-256-gcm", "data": "x"})
    assert choose(project, home, {}) == Backend("", ChosenBy.LOGIN)


@pytest.mark.parametrize("record", ["{", "[]", "7", '"x"', "null"])
def test_a_damaged_login_is_an_error_with_its_place(
    project: Path, home: Path, user: Path, record: str
) -> None:
    logged_in(user / ".pulumi", record)
    with pytest.raises(StateError) as caught:
        choose(project, home, {})
    assert str(user / ".pulumi" / "credentials.json") in caught.value.message
    assert "pulumi login" in caught.value.hint


def test_a_login_that_cannot_be_read_is_an_error(project: Path, home: Path, user: Path) -> None:
    (user / ".pulumi" / "credentials.json").mkdir(parents=True)
    with pytest.raises(StateError, match="Is a directory"):
        choose(project, home, {})


@pytest.mark.usefixtures("user")
@pytest.mark.parametrize(
    ("text", "words"),
    [(None, "cannot be read"), (b"a: [", "not valid YAML"), (b"\xff", "not UTF-8")],
)
def test_a_project_file_that_cannot_be_read_is_an_error(
    project: Path, home: Path, text: bytes | None, words: str
) -> None:
    path = project / "Pulumi.yaml"
    path.unlink() if text is None else path.write_bytes(text)
    with pytest.raises(SettingsError, match=words) as caught:
        choose(project, home, {})
    assert str(path) in caught.value.message


@pytest.mark.usefixtures("user")
@pytest.mark.parametrize("line", ["backend: local", "backend:", "backend: {url: [a]}"])
def test_a_project_file_without_an_url_chooses_nothing(
    project: Path, home: Path, line: str
) -> None:
    (project / "Pulumi.yaml").write_text(f"name: mllab\n{line}\n")
    assert choose(project, home, {}).chosen_by is ChosenBy.NOBODY


@pytest.mark.usefixtures("user")
def test_relative_folders_are_made_absolute(
    project: Path, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    typed = choose(project, home, {"PULUMI_BACKEND_URL": "file://./my%20states?no_tmp_dir=true"})
    assert typed.folder == here / "my states"
    assert typed.url.endswith("/here/my%20states?no_tmp_dir=true")
    project_says(project, "file://./states")
    assert choose(project, home, {}).folder == project / "states"


def test_folders_are_read_out_of_urls_as_pulumi_does(user: Path) -> None:
    folders = {
        "file://~": user,
        "file://~/a/b": user / "a/b",
        "file://" + "/a%20b/c%23?no_tmp_dir=true": Path("/a b/c#"),
        "s3://bucket/a": None,
        CLOUD: None,
        "": None,
    }
    assert {url: Backend(url, ChosenBy.VARIABLE).folder for url in folders} == folders


@pytest.mark.parametrize(
    ("url", "keeps"),
    [
        (CLOUD, True),
        ("http://localhost:1", True),
        ("file://~", False),
        (BUCKET, False),
        ("", False),
    ],
)
def test_services_encrypt_by_themselves_and_files_do_not(url: str, keeps: bool) -> None:
    assert Backend(url, ChosenBy.VARIABLE).keeps_secrets is keeps


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("config: {}\n", OwnLines()),
        ("encryptionsalt: v1:abc\nconfig: {}\n", OwnLines("", salted=True)),
        ("secretsprovider: awskms://alias/x\nencryptedkey: k\n", OwnLines("awskms://alias/x")),
        ("", OwnLines()),
    ],
)
def test_pulumis_own_lines_of_a_stack_file(tmp_path: Path, text: str, lines: OwnLines) -> None:
    path = tmp_path / "Pulumi.lab.yaml"
    path.write_text(text)
    assert own_lines(path) == lines


def test_a_stack_file_may_be_gone_but_not_broken(tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.lab.yaml"
    assert own_lines(path) == OwnLines()
    path.write_text("a: [")
    with pytest.raises(LabError, match=r"Pulumi\.lab\.yaml"):
        own_lines(path)


@pytest.mark.engine
@pytest.mark.parametrize("chosen_by", [ChosenBy.VARIABLE, ChosenBy.PROJECT, ChosenBy.LOGIN])
def test_pulumi_itself_takes_the_same(
    project: Path, home: Path, cli: str, tmp_path: Path, user: Path, chosen_by: ChosenBy
) -> None:
    folders = {}
    for choice in ChosenBy:
        folders[choice] = tmp_path / f"{choice.name} a#b%41?"
        folders[choice].mkdir()
    environ = {"PATH": os.environ["PATH"], "HOME": str(user), "PULUMI_SKIP_UPDATE_CHECK": "1"}
    environ["PULUMI_HOME"] = str(user / ".pulumi")
    logged_in(user / ".pulumi", {"current": folders[ChosenBy.LOGIN].as_uri()})
    if chosen_by is not ChosenBy.LOGIN:
        project_says(project, folders[ChosenBy.PROJECT].as_uri())
    if chosen_by is ChosenBy.VARIABLE:
        environ["PULUMI_BACKEND_URL"] = folders[ChosenBy.VARIABLE].as_uri()
    subprocess.run(
        [cli, "stack", "init", "lab", "--non-interactive"],
        cwd=project,
        env=environ | {"PULUMI_CONFIG_PASSPHRASE": ""},
        check=True,
        capture_output=True,
    )
    found = choose(project, home, environ)
    assert found.chosen_by is chosen_by
    assert found.folder == folders[chosen_by]
    assert (folders[chosen_by] / ".pulumi" / "stacks" / "mllab" / "lab.json").exists()
