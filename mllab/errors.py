"""Everything a user can put right, as one tree. Caught once, in `cli.py`; anything else is a bug.

LabError                 1  something failed
|-- SettingsError        2  the stack file is wrong; carries all faults at once
|-- UsageError           2  the command line is wrong; nothing was contacted
|-- StateError           1  a state file cannot be read or written
|-- LockedError          1  another run holds the stack
|-- RunFailed            1  a run failed and left nothing, or a lab is not whole
|-- DataAtRisk           1  the run would delete data that was not named; nothing was changed
|-- OverBudget           1  the lab can take more than its budget; nothing was changed
|-- StillThere           3  something may still exist or cost money
`-- Interrupted        130  Ctrl-C in the middle of a run; 128 + SIGINT, as shells have it
"""

from __future__ import annotations

from collections.abc import Sequence


class LabError(Exception):
    """Something failed that the user can put right.

    Args:
        message: names the value and the limit.
        hint: what puts it right, with a command where there is one; printed on its own line.
    """

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message


class UsageError(LabError):
    """The command line is wrong; nothing was contacted."""

    exit_code = 2


class SettingsError(LabError):
    """The stack file is wrong.

    Args:
        faults: one line each, `stacks/Pulumi.x.yaml:7: notebook.disk_gb: must be ... (got 20)`.
    """

    exit_code = 2

    def __init__(self, faults: Sequence[str], *, hint: str = "") -> None:
        super().__init__("\n".join(faults), hint=hint)
        self.faults = tuple(faults)


class StateError(LabError):
    """A state file cannot be read or written; the message says where the copy is kept."""


class LockedError(LabError):
    """Another run holds the stack; the message names its owner, host and age."""


class RunFailed(LabError):
    """A run ended with failed resources and left nothing, or a lab lacks what it should have."""


class DataAtRisk(LabError):
    """The run would delete data that was not named; nothing was changed."""


class OverBudget(LabError):
    """The lab can take more than its budget if nobody intervenes; nothing was changed."""


class StillThere(LabError):
    """Something may still exist or cost money; the message lists it."""

    exit_code = 3


class Interrupted(LabError):
    """Ctrl-C in the middle of a run; the message says what exists and how to go on."""

    exit_code = 130
