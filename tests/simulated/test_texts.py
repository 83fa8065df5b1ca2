"""Small languages: schedule expressions, generated names, sizes in words, templates, the schema."""

from __future__ import annotations

import json
import re
import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mllab.protocol.provider import UNKNOWN
from mllab.simulated import introspect, names, schema, sizes
from mllab.simulated.aws import places
from mllab.simulated.aws.rules.schedules import is_schedule
from mllab.simulated.facts import Refusal, TypeFacts
from mllab.simulated.kind import Kind
from mllab.simulated.names import Draw, Naming
from mllab.simulated.outputs import Maker


@pytest.mark.parametrize(
    "expression",
    [
        "rate(1 minute)",
        "rate(5 minutes)",
        "rate(2 days)",
        "at(2027-02-05T23:59:00)",
        "cron(0 20 * * ? *)",
        "cron(0 20 ? * MON-FRI *)",
        "cron(*/5 8-18 ? * 2-6 2027-2030)",
        "cron(15,45 0 L * ? *)",
        "cron(0 0 15W JAN,JUL ? *)",
        "cron(0 0 ? * 6L *)",
        "cron(0 0 ? * 3#2 *)",
    ],
)
def test_what_is_a_schedule(expression: str) -> None:
    assert is_schedule(expression)


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "0 20 * * ? *",
        "rate(1 minutes)",
        "rate(2 minute)",
        "rate(0 days)",
        "rate(1 week)",
        "at(2027-02-30T00:00:00)",
        "at(2027-02-05)",
        "at(2027-02-05T25:00:00)",
        "cron(0 20 * * * *)",
        "cron(0 20 ? * ? *)",
        "cron(60 20 * * ? *)",
        "cron(0 24 * * ? *)",
        "cron(0 20 32 * ? *)",
        "cron(0 20 0 * ? *)",
        "cron(0 20 * 13 ? *)",
        "cron(0 20 ? * 8 *)",
        "cron(0 20 ? * MONDAY *)",
        "cron(0 20 * * ? 1900)",
        "cron(20-10 0 * * ? *)",
        "cron(*/0 0 * * ? *)",
        "cron(0 20 * * ?)",
        "cron(0 20 * * ? * *)",
    ],
)
def test_what_is_none(expression: str) -> None:
    assert not is_schedule(expression)


@given(st.text(string.printable, max_size=40))
def test_no_text_breaks_the_check_of_schedules(text: str) -> None:
    assert is_schedule(f"cron({text})") in (True, False)


@given(st.integers(0, 59), st.integers(0, 23), st.integers(1, 31), st.integers(1, 12))
def test_every_minute_of_a_year_is_a_schedule(minute: int, hour: int, day: int, month: int) -> None:
    assert is_schedule(f"cron({minute} {hour} {day} {month} ? *)")
    assert not is_schedule(f"cron({minute + 60} {hour} {day} {month} ? *)")
    assert not is_schedule(f"cron({minute} {hour + 24} {day} {month} ? *)")


SCHEMES = st.sampled_from([Naming(), Naming("", 8)])
HOWS = st.sampled_from(["auto", "auto: in lower case", "auto: random UUID"])


@given(SCHEMES, HOWS, st.text("aB-.", min_size=1, max_size=9), st.binary(max_size=8))
def test_a_generated_name_is_known_again(
    naming: Naming, how: str, logical: str, seed: bytes
) -> None:
    made = naming.auto(logical, Draw(seed, "name"), how)
    assert naming.made(made, logical, how)
    assert made == naming.auto(logical, Draw(seed, "name"), how)
    assert not naming.made(logical, logical, how)
    assert not naming.made(made + "0", logical, how)


def test_names_are_generated_as_the_type_has_it() -> None:
    draw = Draw(b"", "n")
    made = [Naming().auto("My-Lab", draw, "auto"), Naming("", 8).auto("My-Lab", draw, "auto")]
    assert re.fullmatch(r"My-Lab-[0-9a-f]{7} My-Lab[0-9a-f]{8}", " ".join(made))
    assert re.fullmatch(r"my-lab-[0-9a-f]{7}", Naming().auto("My-Lab", draw, "auto: in lower case"))
    unchanged = "auto: logical name unchanged"
    assert Naming().auto("My-Lab", draw, unchanged) == "My-Lab"
    assert not Naming().made("My-Lab", "My-Lab", unchanged)


@given(st.binary(), st.binary())
def test_another_seed_draws_other_things(one: bytes, two: bytes) -> None:
    same = Draw(one, "x").text(17, "hex") == Draw(two, "x").text(17, "hex")
    assert same == (one == two)


def test_a_template() -> None:
    draw = Draw(b"", "x")
    filled = names.fill("arn:{region}:i-{17 hex}/{uuid}-{9 digits}", {"region": "r"}.get, draw)
    assert re.fullmatch(
        r"arn:r:i-[0-9a-f]{17}/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}-\d{9}",
        str(filled),
    )
    assert names.fill("{17 hex}", {}.get, None) is UNKNOWN
    assert names.fill("a{b}", lambda _: UNKNOWN, draw) is UNKNOWN
    assert names.fill("a{b}", lambda _: "c", None) == "ac"


def test_what_follows_from_the_inputs_follows_them_what_was_drawn_stays() -> None:
    properties = {name: {"type": "string", "output": "always"} for name in ("a", "b", "c")}
    properties["a"]["input"] = "optional"
    facts = TypeFacts(computed={"id": "x-{9 digits}", "b": "{a}!", "c": "{id}-{uuid}"})
    kind = Kind("test:index:Thing", properties, facts)
    first = Maker(kind, {"a": "1"}, {}, Draw(b"", "x")).make({}, {})
    second = Maker(kind, {"a": "2"}, {}, Draw(b"", "y")).make(first, {})
    assert (first["b"], second["b"]) == ("1!", "2!")
    assert (first["id"], first["c"]) == (second["id"], second["c"])


@pytest.mark.parametrize(
    ("count", "number", "noun", "words"),
    [
        (0, 0, "object", ""),
        (1, 1, "object", "1 object, 1 bytes"),
        (3, 12_000_000, "object", "3 objects, 12 MB"),
        (2, 3_140_000_000, "image", "2 images, 3.1 GB"),
        (1, 999, "", "999 bytes"),
        (1, 1000, "", "1 kB"),
        (1, 999_960, "", "1 MB"),
        (1, 9_940, "", "9.9 kB"),
        (1, 5 * 10**18, "", "5000 PB"),
    ],
)
def test_sizes(count: int, number: int, noun: str, words: str) -> None:
    assert sizes.amount(count, number, noun) == words


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("A.B: c: d", "A.B", "c: d"),
        ("Conflict (409): no", "Conflict", "no"),
    ],
)
def test_a_refusal_is_read_from_its_text(text: str, code: str, message: str) -> None:
    assert (Refusal.parse(text).code, Refusal.parse(text).message) == (code, message)


json_like = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.just(UNKNOWN),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=10,
)
PROPERTIES = schema.load(places.DATA / "schema.json")


@given(st.sampled_from(PROPERTIES.types), st.data())
def test_no_inputs_whatever_break_the_check(token: str, data: Any) -> None:
    properties = PROPERTIES.properties(token)
    assert properties is not None
    keys = st.sampled_from(sorted(properties)) | st.text(max_size=5)
    inputs = data.draw(st.dictionaries(keys, json_like, max_size=5))
    fitted, faults = schema.fit(properties, inputs)
    assert set(fitted) <= set(inputs)
    assert all(re.match(r"(?s).*: ", fault) for fault in faults)
    if not faults:
        assert schema.fit(properties, fitted) == (fitted, ())


def test_a_document_may_be_given_as_the_object_that_it_stands_for() -> None:
    properties = PROPERTIES.properties("aws:iam/policy:Policy")
    assert properties is not None
    fitted, faults = schema.fit(properties, {"policy": {"Version": "2012-10-17"}})
    assert (json.loads(fitted["policy"]), faults) == ({"Version": "2012-10-17"}, ())
    fitted, _ = schema.fit(properties, {"policy": {"Statement": [{"Resource": UNKNOWN}]}})
    assert fitted["policy"] is UNKNOWN


def test_a_type_that_the_sdk_does_not_have() -> None:
    with pytest.raises(KeyError, match="the SDK has no type aws:ec2/nothing:Nothing"):
        introspect.describe(["aws:ec2/nothing:Nothing"])
    with pytest.raises(KeyError, match="the SDK has no function aws:ec2/getNothing:getNothing"):
        introspect.describe(["aws:ec2/getNothing:getNothing"])


def test_a_keyword_and_a_nested_type_of_the_same_name_are_seen_through() -> None:
    found = introspect.describe(["aws:lambda/function:Function"])["resources"]
    assert found["aws:lambda/function:Function"]["properties"]["role"]["input"] == "required"
