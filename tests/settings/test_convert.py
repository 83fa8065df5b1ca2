"""A stack file from another: the committed twins, and what does not carry over."""

from __future__ import annotations

import base64
import hashlib
import itertools
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mllab.clouds.registry import CLOUDS
from mllab.errors import SettingsError, UsageError
from mllab.settings import examples, files
from mllab.stackfiles import convert

NOW = datetime(2026, 12, 1, 10, 30, tzinfo=UTC)
REGIONS = {
    "course": {"aws": "us-east-1", "azure": "eastus", "gcp": "us-central1"},
    "lab": {"aws": "eu-central-1", "azure": "germanywestcentral", "gcp": "europe-west3"},
    "tiny": {"aws": "us-east-1", "azure": "eastus", "gcp": "us-central1"},
}
HEAD = b"""\
# mine
config:
  # here
  aws:region: "eu-west-1" # Ireland
  mllab:lab: {cloud: aws, owner: a@b.eu, ends: "2027-02-05"}
  mllab:budget: {limit_usd: 100}
"""


def converted(path: Path, stack: str, cloud: str, region: str | None = None) -> convert.Converted:
    return convert.convert(path.read_bytes(), files.load(path), stack, cloud, region, NOW)


def own_lines(text: str, cloud: str) -> tuple[list[str], list[str]]:
    """The lines of a stack file that every cloud has, with what differs taken out; and its own."""
    common, own, inside = [], [], False
    for line in text.splitlines():
        key = line.strip().partition(": ")[0]
        inside = line == f"  mllab:{cloud}:" or (inside and line.startswith("    "))
        if key == CLOUDS[cloud].config_keys["region"]:
            common.append("  REGION " + line.partition(" # ")[2])
        elif inside or key in CLOUDS[cloud].config_keys.values():
            own.append(line)
        else:
            common.append(line.replace(f"cloud: {cloud} ", "cloud: CLOUD "))
    return common, own


# ---------------------------------------- the committed twins


@pytest.mark.parametrize("size", REGIONS)
@pytest.mark.parametrize("cloud", ["azure", "gcp"])
def test_a_committed_stack_equals_its_twin_line_by_line(root, size, cloud):
    here = files.find(root, f"{cloud}-{size}").read_text()
    twin = files.find(root, f"aws-{size}").read_text()
    common, own = own_lines(here, cloud)
    assert common == own_lines(twin, "aws")[0]
    assert own_lines(twin, "aws")[1] == []
    assert 2 <= len(own) <= 4
    assert not any(each.title in twin for each in CLOUDS.values())


@pytest.mark.parametrize("size", REGIONS)
@pytest.mark.parametrize(("of", "to"), list(itertools.permutations(CLOUDS, 2)))
def test_every_committed_stack_is_what_converting_any_twin_makes(root, size, of, to):
    made = converted(files.find(root, f"{of}-{size}"), f"{to}-{size}", to, REGIONS[size][to])
    assert made.text == files.find(root, f"{to}-{size}").read_text()


def test_examples_are_named_until_they_are_replaced(root):
    left = {
        name: examples.left_in(files.load(files.find(root, name))) for name in files.names(root)
    }
    assert left["azure-course"] == ("azure.ssh_from", "azure.ssh_keys")
    assert left["gcp-course"] == ("gcp:project", "gcp.billing_account")
    assert left["aws-course"] == ()


def test_nobody_can_have_the_private_half_of_the_example_key():
    """It is a hash of words: whoever knew the other half could turn the curve around."""
    raw = base64.b64decode(examples.KEY.split()[1])
    assert raw[-32:] == hashlib.sha256(examples.SENTENCE.encode()).digest()


# ---------------------------------------- what carries over, and what does not


def test_comments_and_values_stay_and_the_rest_is_named(put):
    extra = b"""\
  # big
  mllab:notebook: {size: g5.xlarge, seats: [ann], disk_gb: 5000} # x
  mllab:aws: {own_costs_only: true}
  aws:profile: school
  other:key: 1 # not ours
  other:password: {secure: v1:x}
encryptionsalt: v1:abc
"""
    made = converted(put(HEAD + extra), "y", "azure")
    assert (
        made.text
        == (
            "# mine\nconfig:\n  # here\n"
            '  azure-native:location: "northeurope" # Ireland\n'
            '  mllab:lab: {cloud: azure, owner: a@b.eu, ends: "2027-02-05"}\n'
            "  mllab:budget: {limit_usd: 100}\n"
            "  # big\n"
            "  mllab:notebook: {size: Standard_NC24ads_A100_v4, seats: [ann], disk_gb: 5000} # x\n"
            "  other:key: 1 # not ours\n"
        )
        + made.text[made.text.index("  mllab:azure:") :]
    )
    assert list(made.left) == [
        "azure-native:location: northeurope instead of eu-west-1; prices and stock differ",
        "notebook.size: Standard_NC24ads_A100_v4, which comes nearest to g5.xlarge of AWS",
        "aws: is for labs on AWS only",
        "aws:profile: is for labs on AWS only",
        "other:password: is encrypted for the old stack; set it again",
        "encryptionsalt: is Pulumi's own, and belongs to the old stack",
        "notebook.disk_gb: must be at most 4095, Azure makes no larger system disk (got 5000)",
        "azure.ssh_from: an example; put your own there",
        "azure.ssh_keys: an example; put your own there",
        "data: objects, files, home disks and images stay in the old lab",
    ]


def test_a_shared_drive_that_costs_is_named(put):
    made = converted(put(HEAD), "y", "gcp", "europe-west1")
    assert "    filestore: true # the shared drive is billed here, about 25 USD" in made.text
    assert [line for line in made.left if "25 USD" in line]
    without = converted(
        put(HEAD + b"  mllab:storage: {files: false}\n"), "y", "gcp", "europe-west1"
    )
    assert "filestore" not in without.text
    assert not [line for line in without.left if "25 USD" in line]


def test_managed_notebooks_get_no_keys(put):
    made = converted(put(HEAD + b"  mllab:notebook: {kind: managed}\n"), "y", "azure")
    assert "ssh" not in made.text
    assert not [line for line in made.left if "ssh" in line]


def test_commands_in_comments_name_the_new_stack(put):
    head = b"# mllab up x, or pulumi up -s x\n# x marks the spot\n"
    text = converted(put(head + HEAD), "y", "azure").text
    assert text.startswith("# mllab up x, or pulumi up -s y\n# x marks the spot\n# mine\n")


def test_a_section_that_pulumi_wrote_as_text_is_converted(put):
    raw = b"""\
config:
  aws:region: eu-west-1
  mllab:lab: '{"cloud":"aws","owner":"a@b.eu","ends":"2027-02-05"}'
  mllab:budget: {limit_usd: 9}"""
    made = converted(put(raw), "y", "azure")
    assert '"cloud":"azure"' in made.text
    assert "  mllab:budget: {limit_usd: 9}\n" in made.text


def test_only_values_change_never_a_comment_or_another_key(put):
    raw = b"""\
config:
  # cloud: aws because the credits are there; aws:region: eu-west-1, size: g5.xlarge
  aws:region: eu-west-1 # aws:region: eu-west-1
  mllab:lab:
    owner: "cloud.aws@b.eu" # cloud: aws
    cloud:   'aws'   # cloud: aws because
    ends:  "2027-02-05"
    starts: null
  mllab:budget: {limit_usd: 100}
  mllab:notebook: {"seats":[size], "size":"g5.xlarge"} # size: g5.xlarge
  other:note: mllab up x
"""
    made = converted(put(raw), "y", "azure")
    near = "Standard_NC24ads_A100_v4"
    want = raw.decode()
    for old, new in (
        ("\n  aws:region: eu-west-1", "\n  azure-native:location: northeurope"),
        ("'aws'", "'azure'"),
        ('"size":"g5.xlarge"', f'"size":"{near}"'),
    ):
        assert want.count(old) == 1
        want = want.replace(old, new)
    assert made.text.startswith(want)


@pytest.mark.parametrize("region", [None, "Frankfurt"])
def test_the_same_cloud_makes_a_copy_for_the_next_term(put, region):
    more = b"""\
  mllab:aws: {own_costs_only: true}
  aws:profile: school
  other:password: {secure: v1:x}
encryptionsalt: v1:abc
"""
    made = converted(put(b"# mllab up x\n" + HEAD + more), "autumn", "aws", region)
    kept = (HEAD + more).decode().partition("  other:")[0]
    if region:
        kept = kept.replace('"eu-west-1"', '"eu-central-1"')
    assert made.text == f"# mllab up autumn\n{kept}"
    assert list(made.left) == [
        *(
            ["aws:region: eu-central-1 instead of eu-west-1; prices and stock differ"]
            if region
            else []
        ),
        "other:password: is encrypted for the old stack; set it again",
        "encryptionsalt: is Pulumi's own, and belongs to the old stack",
        "data: objects, files, home disks and images stay in the old lab",
    ]


def test_a_last_day_that_is_past_is_named(put):
    path = put(HEAD)
    made = convert.convert(
        path.read_bytes(), files.load(path), "y", "azure", None, NOW.replace(year=2028)
    )
    assert [line for line in made.left if line.startswith("lab.ends: is past, today is 2028")]


@pytest.mark.parametrize(
    ("cloud", "region", "words"),
    [
        ("mars", None, "mars: there is no such cloud; known are aws, azure, gcp"),
        ("aws", "eastus", "eastus: is a region of Azure"),
        ("gcp", None, "Google Cloud has no region in Ireland, where eu-west-1 is; there are"),
        ("gcp", "us-east-1", "us-east-1: is a region of AWS"),
    ],
)
def test_data_does_not_move_to_another_country_unasked(put, cloud, region, words):
    with pytest.raises(UsageError) as caught:
        converted(put(HEAD), "y", cloud, region)
    assert words in caught.value.message


@pytest.mark.parametrize(("cloud", "region"), [("azure", "eastus"), ("gcp", "us-east4")])
def test_virginia_is_virginia_whatever_they_call_it(root, cloud, region):
    made = converted(files.find(root, "aws-tiny"), "y", cloud)
    assert f"  {CLOUDS[cloud].config_keys['region']}: {region} # " in made.text


def test_a_file_on_one_line_is_refused(put):
    raw = b"""config: {"aws:region": eu-west-1, "mllab:budget": {limit_usd: 9},
  "mllab:lab": {cloud: aws, owner: a@b.eu, ends: "2027-02-05"}}"""
    with pytest.raises(UsageError, match="only a file with a line for each section"):
        converted(put(raw), "y", "azure")


def test_it_is_written_once_and_never_over_another(project, put):
    put(HEAD)
    path, made = convert.write(project, "y", "x", "azure", None, NOW)
    assert path == project / "stacks" / "Pulumi.y.yaml"
    assert path.read_text() == made.text
    assert files.load(path, now=NOW).region == "northeurope"
    with pytest.raises(UsageError, match="exists already; nothing was changed"):
        convert.write(project, "y", "x", "azure", None, NOW)
    with pytest.raises(UsageError, match="there is no stack z"):
        convert.write(project, "w", "z", "azure", None, NOW)


def test_a_source_that_is_wrong_is_told(project, put):
    put(HEAD.replace(b"100", b"0"))
    with pytest.raises(SettingsError, match=r"budget\.limit_usd"):
        convert.write(project, "y", "x", "azure", None, NOW)
    assert not (project / "stacks" / "Pulumi.y.yaml").exists()
