"""Whatever stands in a stack file, the loader says what is wrong and nothing else happens."""

from __future__ import annotations

import json
import string
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import BaseModel

from mllab.clouds.registry import CLOUDS
from mllab.errors import SettingsError
from mllab.settings import examples, files
from mllab.settings.lab import Lab

STACKS = sorted((Path(__file__).parent.parent.parent / "stacks").glob("*.yaml"))
COMMITTED = [path.read_bytes() for path in STACKS]
FIELDS = {
    name: tuple(field.annotation.model_fields)
    for name, field in Lab.model_fields.items()
    if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
}
RIGHT = {
    "aws": {"aws:region": "us-east-1"},
    "azure": {
        "azure-native:location": "eastus",
        "mllab:azure": {"ssh_keys": [examples.KEY], "ssh_from": [examples.NETWORK]},
    },
    "gcp": {"gcp:region": "us-central1", "gcp:project": examples.PROJECT},
}
TELLING = (
    "x|aws|azure|gpu-small|g5.xlarge|100|010|1e3|.inf|-0|20:00|24:00|true|yes|null|{|{}|[]|managed"
    "|strict|2027-01-11|9999-12-31|0000-00-00|a@example.edu|Europe/Copenhagen|../../etc/passwd|Europe"
    "|0.0.0.0/0|10.0.0.0/8|ssh-rsa AAAA|ssh-ed25519 !|123456789012|us-east1|us-central1-a|eastus"
)
ODD = ["", "2027-01-11 00:00:00 +0000 UTC", "\ud800", "\x1b[31m", "9" * 5000, '{"secure": "x"}']
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.sampled_from(TELLING.split("|") + ODD),
    st.sampled_from([10**40, -(10**400), 10**4000]),
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


def said(raw: bytes) -> Lab | None:
    """The lab in a file of these bytes, or None after a refusal that can be shown to a person."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "Pulumi.x.yaml"
        path.write_bytes(raw)
        try:
            lab = files.load(path, now=datetime(2026, 12, 1, tzinfo=UTC))
        except SettingsError as refusal:
            faults = refusal.faults
        else:
            assert files.from_config("x", files.config(path)) == lab
            return lab
    assert faults
    assert_readable(faults, f"{path}:")
    return None


def assert_readable(faults: tuple[str, ...], beginning: str) -> None:
    for fault in faults:
        assert fault.startswith(beginning)
        assert fault.isprintable()
        assert len(fault.encode()) < 2000


@given(st.binary(max_size=300))
@example(b"\xef\xbb\xbf")
@example(b"config: {mllab:lab: {ends: 2027-01-01}, ? }")
@example(b"- " * 5000)
@example(b"[" * 100_000)
@example(b"{" * 100_000)
@example(b"a: " * 10_000)
@example(b"? " * 10_000)
@example(b"&a " * 1000)
@example(b"!<tag:> x")
@example(b"%YAML 9.9\n--- x")
@example(b"%TAG ! x\n--- !y z")
@example(b"config: !")
@example(b"config: |\n\tx")
@example(b'"\\UFFFFFFFF"')
@example(b'"\\x')
@example(b"config: \xe2\x80\xa8x\n")
@example(b"\xc2\x85a: b: c")
def test_any_bytes(raw):
    said(raw)


@given(st.text(alphabet=string.printable + "äé\x85\u2028\ufeff", max_size=200))
def test_any_text(text):
    said(text.encode())


edits = st.tuples(
    st.integers(0, 4000), st.integers(0, 40), st.binary(max_size=8) | st.text(max_size=8)
)


@given(st.sampled_from(COMMITTED), st.lists(edits, min_size=1, max_size=4))
def test_a_committed_file_after_any_accident(raw, accidents):
    for start, length, put in accidents:
        new = put if isinstance(put, bytes) else put.encode("utf-8", "surrogatepass")
        raw = raw[:start] + new + raw[start + length :]
    said(raw)


@st.composite
def configurations(draw):
    """Real keys with arbitrary values, on top of a file that is right."""
    cloud = draw(st.sampled_from(sorted(RIGHT)))
    found = {
        "mllab:lab": {"cloud": cloud, "owner": "a@example.edu", "ends": "2027-02-05"},
        "mllab:budget": {"limit_usd": 100},
        **json.loads(json.dumps(RIGHT[cloud])),
    }
    for _ in range(draw(st.integers(1, 4))):
        section = draw(st.sampled_from([*FIELDS, "stack", "region", "project"]))
        if section in FIELDS and draw(st.booleans()):
            key = f"mllab:{section}"
            inner = found.setdefault(key, {})
            if isinstance(inner, dict):
                inner[draw(st.sampled_from(FIELDS[section]))] = draw(values)
        else:
            found[f"mllab:{section}"] = draw(values)
    if draw(st.booleans()):
        places = [key for cloud in CLOUDS.values() for key in cloud.config_keys.values()]
        found[draw(st.sampled_from(places))] = draw(values)
    if draw(st.booleans()):  # as `pulumi config set mllab:lab '{...}'` leaves it
        found["mllab:lab"] = json.dumps(found["mllab:lab"])
        found["mllab:budget"] = json.dumps(found["mllab:budget"])
    return found


@given(configurations())
def test_any_values_of_real_settings(found):
    said(json.dumps({"config": found}).encode())


@given(configurations(), st.dictionaries(st.text().map("mllab:{}".format), st.text(), max_size=3))
def test_any_configuration_from_pulumi(found, others):
    handed = {
        key: value if isinstance(value, str) else json.dumps(value) for key, value in found.items()
    }
    faults: tuple[str, ...] = ()
    try:
        files.from_config("x", {**others, **handed})
    except SettingsError as refusal:
        faults = refusal.faults
    assert_readable(faults, "stack x: ")


def test_the_generator_reaches_labs_that_load():
    """Else the two ways would never be compared."""
    labs = []

    @given(configurations())
    def collect(found):
        labs.append(said(json.dumps({"config": found}).encode()))

    collect()
    assert any(lab is not None for lab in labs)
    assert any(lab is None for lab in labs)
