"""Numbers, durations, lists, tables and types in words, the same in every message."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def short_type(token: str) -> str:
    """`aws:s3/bucketPolicy:BucketPolicy` as `s3/BucketPolicy`; `mllab:aws:Storage` as `Storage`."""
    package, _, rest = token.partition(":")
    module, _, kind = rest.rpartition(":")
    if package in {"mllab", "pulumi"} or not module:
        return kind or token
    return f"{module.split('/')[0]}/{kind}"


def role(urn: str) -> str:
    """The role that a resource belongs to, from the types in its URN; `lab` for what has none."""
    chain = urn.split("::")[2].split("$") if urn.count("::") >= 3 else []
    ours = [token for token in chain if token.startswith("mllab:")]
    # A managed notebook is a notebook: the same role, by another component.
    return ours[-1].rpartition(":")[2].lower().removeprefix("managed") if len(ours) > 1 else "lab"


def format_duration(seconds: float) -> str:
    """`0.4 s`, `12 s`, `4 min 10 s`, `1 h 5 min`, `2 d 3 h`."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    for size, unit, part, lesser in (
        (86400, "d", 3600, "h"),
        (3600, "h", 60, "min"),
        (60, "min", 1, "s"),
    ):
        if whole >= size:
            rest = whole % size // part
            return f"{whole // size} {unit}" + (f" {rest} {lesser}" if rest else "")
    return f"{whole} s"


def pluralize(number: int, one: str, many: str = "") -> str:
    """`1 resource`, `3 resources`."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def join_limited(words: Sequence[str], limit: int = 6) -> str:
    """`a, b, c`, and how many more when there are many."""
    shown = ", ".join(words[:limit])
    return shown if len(words) <= limit else f"{shown} and {len(words) - limit} more"


def counted(names: Iterable[str]) -> str:
    """`ec2.Subnet x 6, ec2.Vpc`, in order."""
    found: dict[str, int] = {}
    for name in sorted(names):
        found[name] = found.get(name, 0) + 1
    return ", ".join(f"{name} x {n}" if n > 1 else name for name, n in found.items())


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
