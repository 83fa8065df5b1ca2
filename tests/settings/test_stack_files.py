"""Finding stack files, reading what is none, and what Pulumi makes of the committed ones."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from contextvars import copy_context
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pulumi
import pytest
from pulumi.runtime import config as pulumi_config

from mllab.clouds.registry import CLOUDS
from mllab.errors import SettingsError, UsageError
from mllab.settings import files
from mllab.settings.lab import Lab

STACKS = (
    *(f"{cloud}-{size}" for cloud in CLOUDS for size in ("course", "lab", "tiny")),
    "local-course",
    "local-tiny",
)


def refused(path: Path) -> str:
    with pytest.raises(SettingsError) as caught:
        files.load(path)
    return caught.value.message


def unreadable(path: Path) -> str:
    """What is said of a file that neither the lab nor its configuration can be read from."""
    with pytest.raises(SettingsError) as caught:
        files.config(path)
    assert caught.value.message == refused(path)
    return caught.value.message


# ---------------------------------------- finding


def test_the_project_is_found_from_below(project):
    deep = project / "a" / "b"
    deep.mkdir(parents=True)
    assert files.project_root(deep) == files.project_root(project) == project


@pytest.mark.parametrize("text", ["name: other\n", "xname: mllab\n", "name: mllab2\n", "\xff"])
def test_another_project_is_not_ours(tmp_path, text):
    (tmp_path / "Pulumi.yaml").write_text(text, encoding="latin-1")
    with pytest.raises(UsageError, match="not inside an mllab project"):
        files.project_root(tmp_path)


def test_names_are_the_stacks_and_nothing_else(project):
    for name in ("Pulumi.b.yaml", "Pulumi.a-1.yaml", "Pulumi.yaml", "Pulumi.c.yml", "notes.md"):
        (project / "stacks" / name).touch()
    assert files.names(project) == ["a-1", "b"]
    assert files.names(project / "nowhere") == []


def test_a_missing_stack_is_told_with_those_that_exist(project):
    for name in ("aws-course", "other"):
        (project / "stacks" / f"Pulumi.{name}.yaml").touch()
    assert files.find(project, "other") == project / "stacks" / "Pulumi.other.yaml"
    with pytest.raises(UsageError) as caught:
        files.find(project, "aws-corse")
    assert str(caught.value) == (
        "there is no stack aws-corse; did you mean aws-course?; stacks: aws-course, other\n"
        "Make it with `mllab new aws-corse`."
    )


@pytest.mark.parametrize(
    "stack", ["", "../x", "x.yaml/../../y", "a/b", "a b", "a\n", "ä", "x" * 101, "\0"]
)
def test_what_cannot_be_a_stack_is_refused(project, stack):
    with pytest.raises(UsageError, match="cannot be the name of a stack"):
        files.find(project, stack)


# ---------------------------------------- reading


def test_what_is_no_file_is_refused(project):
    stacks = project / "stacks"
    assert unreadable(stacks / "Pulumi.gone.yaml") == "stacks/Pulumi.gone.yaml: does not exist"
    assert unreadable(project / "nowhere\0" / "Pulumi.x.yaml").endswith("null byte")
    (stacks / "Pulumi.folder.yaml").mkdir()
    assert unreadable(stacks / "Pulumi.folder.yaml").endswith(": is a folder, not a file")
    (stacks / "Pulumi.loop.yaml").symlink_to(stacks / "Pulumi.loop.yaml")
    assert ": cannot be read: Too many levels" in unreadable(stacks / "Pulumi.loop.yaml")
    assert ": cannot be read: Not a dir" in unreadable(project / "Pulumi.yaml" / "Pulumi.x.yaml")
    os.mkfifo(stacks / "Pulumi.pipe.yaml")
    assert unreadable(stacks / "Pulumi.pipe.yaml").endswith(": is not a regular file")


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", ":1: is empty; it must hold `config:` with the settings below it"),
        (b"\x7fELF\0\0\1", ": is a binary file, not a stack file"),
        (b"a: 1\nb: \xe9\n", ":2: is not UTF-8 text (byte 0xe9); save it as UTF-8"),
        ("config:".encode("utf-16"), ":1: is not UTF-8 text (byte 0xff); save it as UTF-8"),
        (b"#" * 65_537, ": is longer than 65,536 bytes; a stack file is a page of text"),
        (b"#" * 65_536, ":1: is empty; it must hold `config:` with the settings below it"),
    ],
    ids=["empty", "binary", "latin-1", "utf-16", "too large", "just not too large"],
)
def test_what_is_no_text_is_refused(put, raw, words):
    assert unreadable(put(raw)) == f"stacks/Pulumi.x.yaml{words}"


def test_a_file_of_another_name_is_refused(put):
    path = put(b"config: {}")
    path = path.rename(path.with_name("x.yaml"))
    with pytest.raises(
        SettingsError, match=r"stacks/x\.yaml: must be called Pulumi\.<stack>\.yaml"
    ):
        files.load(path)


@pytest.mark.parametrize("stack", ["My-Lab", "a.b", "-x", "x" * 64])
def test_a_stack_that_cannot_be_a_tag_is_refused(put, stack):
    assert "stack: must be 1 to 63 of a-z" in refused(put(b"config: {}", stack))


def test_a_stack_that_cannot_name_a_lab_needs_a_name(root, put):
    text = files.find(root, "aws-course").read_bytes()
    words = "lab.name: must be given, '2027_spring' of the stack cannot be it"
    assert words in refused(put(text, "2027_spring"))
    named = text.replace(b"    cloud: aws", b"    cloud: aws\n    name: spring")
    assert files.load(put(named, "2027_spring")).name == "spring"


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Auckland", "Pacific/Pago_Pago"])
def test_a_lab_is_over_at_midnight_where_it_is(put, root, zone):
    text = files.find(root, "aws-course").read_text()
    assert text.count("time_zone: Europe/Copenhagen") == 1
    path = put(text.replace("time_zone: Europe/Copenhagen", f"time_zone: {zone}").encode())
    lab = files.load(path)
    assert lab.lab.ends == date(2027, 2, 5)
    config = files.config(path)
    midnight = datetime(2027, 2, 6, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    before = midnight - timedelta(seconds=1)
    assert files.load(path, now=before) == files.from_config("x", config, now=before) == lab
    with pytest.raises(SettingsError, match=r"lab\.ends: is past, today is 2027-02-06"):
        files.load(path, now=midnight)
    with pytest.raises(SettingsError, match=r"lab\.ends: is past, today is 2027-02-06"):
        files.from_config("x", config, now=midnight)


def test_secrets_of_others_stay_out_of_the_configuration(put):
    secrets = b"  aws:secretKey: {secure: v1:x}\n  aws:deep: [{secure: v1:x}]\n"
    path = put(b"config:\n" + secrets + b"  aws:n: 1.50\n  aws:nothing:\n  aws:on: true\n")
    assert files.config(path) == {"aws:n": "1.5", "aws:nothing": "", "aws:on": "true"}


# ---------------------------------------- Pulumi's own reading


def as_pulumi_sees_it(stack: str, values: dict[str, str]) -> Lab:
    """Through pulumi.Config, object by object, as a program would."""
    pulumi_config.set_all_config(values)
    ours = pulumi.Config("mllab")
    names = {key.partition(":")[2] for key in values if key.startswith("mllab:")}
    opened = {f"mllab:{name}": json.dumps(ours.require_object(name)) for name in names}
    places = {key: value for key, value in values.items() if not key.startswith("mllab:")}
    for key, value in places.items():
        space, _, name = key.partition(":")
        assert pulumi.Config(space).require(name) == value
    return files.from_config(stack, {**opened, **places})


@pytest.mark.parametrize("stack", STACKS)
def test_pulumi_sees_the_same_lab_in_every_committed_file(root, stack):
    path = files.find(root, stack)
    lab = files.load(path)
    seen = copy_context().run(as_pulumi_sees_it, stack, files.config(path))
    assert lab == seen
    assert lab == files.from_config(stack, files.config(path))
    assert lab.name == stack


def test_every_committed_stack_is_tried(root):
    assert tuple(files.names(root)) == STACKS


@pytest.mark.parametrize("cloud", CLOUDS)
def test_committed_stacks_are_what_they_say(root, cloud):
    mine = [stack for stack in STACKS if stack.startswith(f"{cloud}-")]
    course, lab, tiny = (files.load(files.find(root, stack)) for stack in mine)
    assert {each.lab.cloud for each in (course, lab, tiny)} == {cloud}
    assert (course.lab.profile, course.notebook.seats, course.cluster.spot) == (
        "course",
        ("shared",),
        True,
    )
    assert course.storage.files
    assert course.notebook.size.startswith("gpu")
    assert (lab.lab.profile, lab.lab.ends) == ("strict", None)
    assert len(lab.notebook.seats) > 1
    assert (tiny.notebook.size, tiny.cluster.size) == ("cpu-small", "cpu-small")


@pytest.mark.parametrize("stack", STACKS)
def test_every_line_of_a_committed_stack_is_explained(root, stack):
    lines = files.find(root, stack).read_text().splitlines()
    bare = [line for line in lines if "#" not in line and not line.endswith(":")]
    assert bare == [line for line in bare if line.strip() == "per: month"]


def test_a_good_lab_with_a_foreign_setting_is_refused(root):
    values = files.config(files.find(root, "aws-course"))
    with pytest.raises(SettingsError, match="stack aws-course: stack: is not a setting"):
        files.from_config("aws-course", {**values, "mllab:stack": "other"})


def test_faults_of_pulumis_configuration_come_all_at_once():
    with pytest.raises(SettingsError) as caught:
        files.from_config("x", {"mllab:lab": '{"cloud": "aws"}', "mllab:notebook": "{broken"})
    assert [fault.partition(": ")[2].partition(": ")[0] for fault in caught.value.faults] == [
        "aws:region",
        "lab.owner",
        "lab.ends",
        "notebook",
        "budget.limit_usd",
    ]
    assert caught.value.faults[0].startswith("stack x: ")


@pytest.mark.skipif(shutil.which("pulumi") is None, reason="no pulumi command on this machine")
@pytest.mark.parametrize("stack", STACKS)
def test_comments_and_meaning_survive_the_pulumi_command(root, project, stack, monkeypatch):
    """`pulumi stack init` and `pulumi config set --path` rewrite the file; it stays ours."""
    path = project / "stacks" / f"Pulumi.{stack}.yaml"
    shutil.copy(files.find(root, stack), path)
    (project / "Pulumi.yaml").write_text("name: mllab\nruntime: python\nstackConfigDir: stacks\n")
    (project / "state").mkdir()
    for name, value in {
        "PULUMI_BACKEND_URL": (project / "state").as_uri(),
        "PULUMI_HOME": str(project / "home"),
        "PULUMI_CONFIG_PASSPHRASE": "x",
        "PULUMI_SKIP_UPDATE_CHECK": "1",
    }.items():
        monkeypatch.setenv(name, value)

    def run(*words: str) -> str:
        done = subprocess.run(
            ["pulumi", *words, "--non-interactive"], cwd=project, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    before, comments = files.load(path), path.read_text().count(" # ")
    run("stack", "init", stack)
    assert files.load(path) == before
    run("config", "set", "--path", "mllab:notebook.max_hours", "9")
    run("config", "set", "--path", "mllab:notebook.seats[0]", "zoe")
    run("config", "set", "--path", "mllab:storage.keep", "false")
    run("config", "set", "--path", "mllab:budget.limit_usd", "77.5")
    run("config", "set", "--path", "mllab:lab.ends", "2028-01-31")
    after = files.load(path)
    assert after.notebook.max_hours == 9
    assert after.notebook.seats == ("zoe", *before.notebook.seats[1:])
    assert (after.storage.keep, after.budget.limit_usd) == (False, 77.5)
    assert after.lab.ends == date(2028, 1, 31)
    assert path.read_text().count(" # ") >= comments - 1  # seats may become a block
    told = json.loads(run("config", "--json"))
    values = {key: entry["value"] for key, entry in told.items()}
    assert files.from_config(stack, values) == after
