"""What the CLI's process sees: all it needs on a cloud, and in a rehearsal no door to one."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from mllab.engines.pulumi import environment
from mllab.engines.pulumi.backend import ChosenBy
from mllab.errors import StateError
from tests.pulumi.conftest import mode

SECRET = "do-not-pass-me-on"
CREDENTIALS = (Path(__file__).parent / "credentials.txt").read_text().split()
CLOUDY = re.compile(
    r"AWS|AZURE|ARM_|MSI|GOOGLE|GCP|GCLOUD|GCE|CLOUDSDK|ALI|TOKEN|SECRET|KEY|PASS|CRED|PROXY|BOTO",
    re.IGNORECASE,
)
SEES = "import json, os; print(json.dumps(dict(os.environ)))"


@pytest.fixture
def hostile(user: Path) -> dict[str, str]:
    """A user who is logged in everywhere, by variable and by file."""
    (user / ".aws").mkdir()
    (user / ".aws" / "credentials").write_text(
        f"[default]\naws_access_key_id = AKIA{SECRET}\naws_secret_access_key = {SECRET}\n"
    )
    return {
        **dict.fromkeys(CREDENTIALS, SECRET),
        "HOME": str(user),
        "PATH": os.environ["PATH"],
        "LC_ALL": "C.UTF-8",
        "TZ": "Europe/Copenhagen",
    }


def test_a_process_in_a_rehearsal_sees_no_credential(home: Path, hostile: dict[str, str]) -> None:
    isolated = environment.isolated(home, "aws:4001", hostile)
    told = subprocess.run(
        [sys.executable, "-c", SEES], env=isolated, capture_output=True, check=True
    )
    seen = json.loads(told.stdout)
    assert SECRET not in told.stdout.decode()
    nothing = str(home / "user" / "nothing")
    assert {name: value for name, value in seen.items() if CLOUDY.search(name)} == {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AZURE_CONFIG_DIR": nothing,
        "CLOUDSDK_CONFIG": nothing,
        "GOOGLE_APPLICATION_CREDENTIALS": nothing,
        "GCE_METADATA_HOST": "127.0.0.1:1",
        "ALIBABA_CLOUD_CREDENTIALS_FILE": nothing,
        "ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true",
        "PULUMI_CONFIG_PASSPHRASE": "",
    }
    assert not Path(nothing).exists()


def test_what_is_harmless_is_taken_over(home: Path, hostile: dict[str, str]) -> None:
    isolated = environment.isolated(home, "aws:4001", hostile)
    for name in ("PATH", "LC_ALL", "TZ"):
        assert isolated[name] == hostile[name]
    assert environment.isolated(home, "", {})["PATH"] == os.defpath


CHAIN = """
from botocore.session import Session
print(Session().get_credentials())
"""


def test_awss_own_chain_finds_nothing_in_a_rehearsal(home: Path, hostile: dict[str, str]) -> None:
    def found(environ: dict[str, str]) -> str:
        done = subprocess.run(
            [sys.executable, "-c", CHAIN], env=environ, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    by_file = {"HOME": hostile["HOME"], "PATH": hostile["PATH"]}
    assert found(by_file) != "None"
    assert found(environment.isolated(home, "aws:4001", hostile | by_file)) == "None"


def test_a_rehearsal_has_folders_of_its_own_that_are_closed_to_others(
    home: Path, hostile: dict[str, str]
) -> None:
    isolated = environment.isolated(home, "aws:4001,gcp:4002", hostile)
    assert isolated["PULUMI_DEBUG_PROVIDERS"] == "aws:4001,gcp:4002"
    assert isolated["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] == "true"
    assert isolated["PULUMI_IGNORE_AMBIENT_PLUGINS"] == "true"
    for name in ("HOME", "PULUMI_HOME"):
        assert Path(isolated[name]).is_relative_to(home)
        assert mode(Path(isolated[name])) == 0o700


def test_a_rehearsal_that_can_make_no_folders_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StateError, match="Not a directory"):
        environment.isolated(tmp_path / "file", "aws:4001", {})


def prepared(
    project: Path, home: Path, environ: dict[str, str], lines: str = "config: {}\n"
) -> environment.Environment:
    path = project / "Pulumi.lab.yaml"
    path.write_text(lines)
    return environment.real(project, home, "lab", path, environ)


def test_a_first_run_says_where_the_state_is_and_later_ones_do_not(
    project: Path, home: Path, user: Path
) -> None:
    environ = {"HOME": str(user), "AWS_PROFILE": "teaching", "PATH": "/bin"}
    first = prepared(project, home, environ)
    assert first.backend.chosen_by is ChosenBy.NOBODY
    assert first.environ == environ | {
        "PULUMI_BACKEND_URL": (home / "backend").as_uri(),
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(home / "passphrase"),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }
    assert len(first.notes) == 2
    assert str(home / "backend") in first.notes[0]
    assert mode(home / "backend") == 0o700
    second = prepared(project, home, environ)
    assert second == environment.Environment(first.backend, first.environ)


def test_who_has_chosen_hears_and_gets_nothing_of_ours(
    project: Path, home: Path, user: Path
) -> None:
    environ = {"HOME": str(user), "PULUMI_ACCESS_TOKEN": "pul-1"}
    found = prepared(project, home, environ)
    assert found.notes == ()
    assert found.environ == environ | {
        "PULUMI_BACKEND_URL": "https://api.pulumi.com",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }
    assert not home.exists()


@pytest.mark.parametrize(
    "lines", ["secretsprovider: awskms://alias/lab\n", "secretsprovider: gcpkms://x\n"]
)
def test_a_key_service_needs_no_passphrase(
    project: Path, home: Path, user: Path, lines: str
) -> None:
    found = prepared(project, home, {"HOME": str(user)}, lines)
    assert "PULUMI_CONFIG_PASSPHRASE_FILE" not in found.environ
    assert not (home / "passphrase").exists()


@pytest.mark.parametrize("provider", ["", "secretsprovider: passphrase\n"])
def test_a_bucket_gets_our_passphrase(project: Path, home: Path, user: Path, provider: str) -> None:
    environ = {"HOME": str(user), "PULUMI_BACKEND_URL": "s3://states"}
    found = prepared(project, home, environ, f"{provider}config: {{}}\n")
    assert found.environ["PULUMI_CONFIG_PASSPHRASE_FILE"] == str(home / "passphrase")
    assert len(found.notes) == 1


@pytest.mark.parametrize("url", ["", "s3://states", "https://api.pulumi.com"])
def test_a_stack_of_a_passphrase_that_is_not_here_is_refused(
    project: Path, home: Path, user: Path, url: str
) -> None:
    environ = {"HOME": str(user), "PULUMI_BACKEND_URL": url}
    with pytest.raises(StateError, match="passphrase of lab is not here"):
        prepared(project, home, environ, "encryptionsalt: v1:abc\nconfig: {}\n")
    assert not (home / "passphrase").exists()


@pytest.mark.parametrize(
    ("name", "refused"),
    [
        ("mllab/lab.json", True),
        ("mllab/other.json.gz", True),
        ("lab.json.zst", True),
        ("mllab/lab.json.bak", False),
    ],
)
def test_a_lost_passphrase_shows_in_the_states_that_are_there(
    project: Path, home: Path, user: Path, name: str, refused: bool
) -> None:
    state = home / "backend" / ".pulumi" / "stacks" / name
    state.parent.mkdir(parents=True)
    state.write_text("{}")
    if refused:
        with pytest.raises(StateError, match="passphrase of lab is not here"):
            prepared(project, home, {"HOME": str(user)})
    else:
        assert prepared(project, home, {"HOME": str(user)}).notes


def test_what_endangers_a_real_run_does_not_reach_it(project: Path, home: Path, user: Path) -> None:
    own = {"HOME": str(user), "PULUMI_BACKEND_URL": "https://api.pulumi.com"}
    dangerous = {
        "PULUMI_DEBUG_PROVIDERS": "aws:4001",
        "PULUMI_DEBUG_LANGUAGES": "python:4002",
        "PULUMI_SKIP_CHECKPOINTS": "true",
        "PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS": "true",
    }
    found = prepared(project, home, own | dangerous)
    assert found.environ == own | {"PULUMI_SKIP_UPDATE_CHECK": "true"}


def pulumi(cli: str, project: Path, environ: dict[str, str], *words: str) -> str:
    done = subprocess.run(
        [cli, *words, "--non-interactive"],
        cwd=project,
        env=environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.engine
def test_the_real_engine_keeps_its_state_where_we_say_and_asks_nothing(
    project: Path, home: Path, cli: str, user: Path
) -> None:
    environ = {"PATH": os.environ["PATH"], "HOME": str(user), "PULUMI_HOME": str(user / ".pulumi")}
    first = prepared(project, home, environ)
    pulumi(cli, project, first.environ, "stack", "init", "lab")
    assert (home / "backend" / ".pulumi" / "stacks" / "mllab" / "lab.json").exists()
    assert "encryptionsalt" in (project / "Pulumi.lab.yaml").read_text()
    again = environment.real(project, home, "lab", project / "Pulumi.lab.yaml", environ)
    assert again.notes == ()
    pulumi(cli, project, again.environ, "config", "set", "--secret", "mllab:x", "word", "-s", "lab")
    read = pulumi(cli, project, again.environ, "config", "get", "mllab:x", "-s", "lab")
    assert read.strip() == "word"


@pytest.mark.engine
def test_the_real_engine_touches_only_its_own_folders_in_a_rehearsal(
    project: Path, home: Path, cli: str, hostile: dict[str, str], user: Path
) -> None:
    before = sorted(user.rglob("*"))
    isolated = environment.isolated(home, "aws:4001", hostile)
    pulumi(cli, project, isolated, "stack", "init", "lab")
    assert (home / "backend" / ".pulumi" / "stacks" / "mllab" / "lab.json").exists()
    assert sorted(user.rglob("*")) == before
