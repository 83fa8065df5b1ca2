"""Writes what the embedded engine does with every change, for somebody to read before it is kept.

python -m tests.matrix.record                          # all, which takes minutes
python -m tests.matrix.record azure-vm gcp-vm:zone     # one file, and one setting of another
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from ruamel.yaml import YAML

from tests.matrix.changes import KINDS, Case, cases
from tests.matrix.trial import FAULT, raised, tried
from tests.scenarios.living_lab import CLOUDS, LivingLab

EXPECTED = Path(__file__).parent / "expected"
FILES = tuple((cloud, kind) for cloud in CLOUDS for kind in KINDS)


def expected(cloud: str, kind: str) -> dict[str, list[str]]:
    """What is recorded: lines by the name of the case."""
    path = EXPECTED / f"{cloud}-{kind}.yaml"
    return dict(YAML(typ="safe").load(path)) if path.exists() else {}


def written(rows: dict[str, list[str]], path: Path) -> None:
    """Write a file of rows."""
    yaml = YAML()
    yaml.width = 100
    yaml.indent(sequence=2, offset=0)
    path.parent.mkdir(exist_ok=True)
    yaml.dump(rows, path)


class Labs:
    """The labs that cases begin with, each brought up once.

    Args:
        folder: where they live.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._raised: dict[tuple[str, str, str], LivingLab] = {}
        self._copies = 0

    def lab(self, case: Case, engine: str) -> LivingLab:
        """A lab of the case's own."""
        key = (case.cloud, case.kind, engine)
        if key not in self._raised:
            self._raised[key] = raised(self._folder / "-".join(key), case, engine)
        self._copies += 1
        return self._raised[key].copied(self._folder / f"copy-{self._copies}")


def main(wanted: list[str]) -> int:
    """Record all, or what is named; 1 where something is wrong in itself."""
    faults = 0
    with tempfile.TemporaryDirectory() as folder:
        labs = Labs(Path(folder))
        for cloud, kind in FILES:
            rows, every = expected(cloud, kind), cases(cloud, kind)
            file = f"{cloud}-{kind}"
            for case in every:
                if not wanted or {file, f"{file}:{case.key}"} & set(wanted):
                    rows[case.name] = tried(labs.lab(case, "embedded"), case)
                    kept = {one.name: rows[one.name] for one in every if one.name in rows}
                    written(kept, EXPECTED / f"{file}.yaml")
                    wrong = [line for line in rows[case.name] if line.startswith(FAULT)]
                    faults += len(wrong)
                    sys.stderr.write(f"{file} {case.name}: {wrong or 'as it should be'}\n")
    return min(faults, 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
