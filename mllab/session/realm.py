"""Where a stack lives. A command asks its realm, never whether it is simulated."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final, Protocol

from mllab.accounts.contract import Account, Grant, InventoryItem, Offer, Placement
from mllab.errors import UsageError
from mllab.wording import role

if TYPE_CHECKING:
    from mllab.simulated.account import SimulatedAccount
    from mllab.simulated.store import Record

LARGEST: Final = 1_000_000
"""Largest quota that can be asked for; no account has more."""

Limit = Callable[[str], float]
"""Tells an account's limit for a quota's code."""


class Realm(Protocol):
    """A kind of place for stacks: simulated clouds, real ones.

    Attributes:
        simulated: nothing real is reached; what `--json` tells.
        prefix: before the name of a cloud in titles. account: where is looked at the end, `in the
            account`.
        remark: what the commands of an output mean there; empty where they mean what they say.
        options: those that bring a command back there, ` --simulate`.
        examples: a lab may be made of values that only show where one's own belong.
        timed: durations are those of a cloud, kept by the engine's clock.
    """

    simulated: ClassVar[bool]
    prefix: ClassVar[str]
    account: ClassVar[str]
    remark: ClassVar[str]
    examples: ClassVar[bool]

    @property
    def options(self) -> str:
        """See Attributes."""

    @property
    def timed(self) -> bool:
        """See Attributes."""

    def identify(self, state: Mapping[str, Any]) -> str:
        """Whose account it is, and that the stack is in it: `account 123456789012 (arn:aws:...)`.

        Args:
            state: as `Engine.state()` gives it.

        Raises:
            LabError: no credentials, wrong ones, or those of another account.
        """

    def grant(self, wishes: Sequence[str]) -> None:
        """Raise quotas, as `CODE=NUMBER` each, and switch on what is in `off`, by its name.

        Raises:
            UsageError: no such quota, no number, or no cloud that grants one by command; then none
                is raised.
        """

    @property
    def off(self) -> Sequence[str]:
        """What a person must switch on before anything can be made; none where nobody knows."""

    @property
    def limit(self) -> Limit | None:
        """The account's quotas; None where they are not known."""

    def quotas(self, services: Mapping[str, str], going: Collection[str]) -> Mapping[str, Grant]:
        """See `Account.quotas`."""

    def offers(self, wanted: Collection[Placement]) -> Mapping[Placement, Offer]:
        """See `Account.offers`."""

    def inventory(self, stack: str) -> list[InventoryItem]:
        """What the account itself shows of a stack; see `Account.inventory`."""

    def allocated(self, id: str) -> bool | None:
        """See `Account.allocated`."""

    def spent(self, state: Mapping[str, Any]) -> Sequence[str]:
        """What the lab took so far, one line each; none where nobody here counts it."""


@dataclass(frozen=True)
class RealRealm:
    """Somebody's account.

    Args:
        opened: for a look into it. whoami: see `Realm.identify`.
    """

    opened: Account
    whoami: Callable[[Mapping[str, Any]], str]

    simulated: ClassVar[bool] = False
    prefix: ClassVar[str] = ""
    account: ClassVar[str] = "in the account"
    remark: ClassVar[str] = ""
    examples: ClassVar[bool] = False
    options: ClassVar[str] = ""
    timed: ClassVar[bool] = False

    def identify(self, state: Mapping[str, Any]) -> str:
        """See `Realm.identify`."""
        return self.whoami(state)

    def grant(self, wishes: Sequence[str]) -> None:
        """See `Realm.grant`."""
        if wishes:
            raise UsageError(
                f"--grant {wishes[0]}: only simulated clouds grant a quota by command",
                hint="Ask the real one: see the hint of the failure, or its console.",
            )

    def inventory(self, stack: str) -> list[InventoryItem]:
        """See `Realm.inventory`."""
        return self.opened.inventory(stack)

    def allocated(self, id: str) -> bool | None:
        """See `Account.allocated`."""
        return self.opened.allocated(id)

    def spent(self, state: Mapping[str, Any]) -> Sequence[str]:
        """None: the vendor's own budget counts."""
        return ()

    @property
    def off(self) -> Sequence[str]:
        """None: nobody has asked the account."""
        return ()

    def quotas(self, services: Mapping[str, str], going: Collection[str]) -> Mapping[str, Grant]:
        """See `Realm.quotas`."""
        return self.opened.quotas(services, going)

    def offers(self, wanted: Collection[Placement]) -> Mapping[Placement, Offer]:
        """See `Realm.offers`."""
        return self.opened.offers(wanted)

    @property
    def limit(self) -> Limit | None:
        """None: nobody has asked the account for its quotas."""
        return None


@dataclass(frozen=True)
class SimulatedRealm:
    """A simulated cloud in a folder.

    Args:
        cloud: its account. by_pulumi: Pulumi's engine drives it, which measures its own time.
        region: of the stack.
    """

    cloud: SimulatedAccount
    by_pulumi: bool = False
    region: str = ""

    simulated: ClassVar[bool] = True
    prefix: ClassVar[str] = "simulated "
    account: ClassVar[str] = "in the simulated account"
    remark: ClassVar[str] = "The account is simulated: the commands are those for a real one."
    examples: ClassVar[bool] = True

    @property
    def options(self) -> str:
        """See `Realm`."""
        return f" --simulate{' --engine pulumi' if self.by_pulumi else ''}"

    @property
    def timed(self) -> bool:
        """See `Realm`."""
        return not self.by_pulumi

    def identify(self, state: Mapping[str, Any]) -> str:
        """Nobody's."""
        return ""

    def grant(self, wishes: Sequence[str]) -> None:
        """See `Realm.grant`; as the cloud's support would, and a person."""
        switches = [wish for wish in wishes if wish in self.cloud.by_hand]
        pairs = [_pair(wish) for wish in wishes if wish not in switches]
        try:
            for code, _ in pairs:
                self.cloud.quota(code)
        except KeyError as error:
            raise UsageError(f"--grant: {error.args[0]}") from error
        for name in switches:
            self.cloud.switch_on(name)
        for code, value in pairs:
            self.cloud.grant(code, value)

    @property
    def off(self) -> Sequence[str]:
        """See `Realm.off`."""
        return self.cloud.missing()

    def quotas(self, services: Mapping[str, str], going: Collection[str]) -> Mapping[str, Grant]:
        """See `Realm.quotas`."""
        used = self.cloud.used(self.region, going)
        return {code: Grant(self.cloud.quota(code), used.get(code, 0.0)) for code in services}

    def offers(self, wanted: Collection[Placement]) -> Mapping[Placement, Offer]:
        """See `Realm.offers`."""
        return {each: self.cloud.offer(each) for each in wanted}

    @property
    def limit(self) -> Limit:
        """See `Realm.limit`."""
        return self.cloud.quota

    def allocated(self, id: str) -> bool | None:
        """See `Account.allocated`."""
        known = self.cloud.inventory()
        there = [one for one in known if one.id == id or repr(id) in str(one.inputs)]
        return any(one.hidden.get("state") == "running" for one in there) if there else None

    def spent(self, state: Mapping[str, Any]) -> Sequence[str]:
        """None: nobody counts what is simulated."""
        return ()

    def inventory(self, stack: str) -> list[InventoryItem]:
        """See `Realm.inventory`; also what cannot be ascribed to any stack."""
        records = self.cloud.inventory()
        by_uid = {record.uid: record for record in records}

        def of(record: Record) -> str | None:
            if record.urn:
                return record.urn.split(":")[2]
            if record.owner in by_uid:
                return of(by_uid[record.owner])
            return (record.inputs.get("tags") or record.outputs.get("tags") or {}).get("stack")

        return [
            InventoryItem(record.type, record.id, _name(record), role(record.urn))
            for record in records
            if of(record) in {stack, None}
        ]


def _name(record: Record) -> str:
    """The logical name of what was declared; what came to be by itself has only the cloud's own."""
    return record.urn.rpartition("::")[2] or record.name or record.id


def _pair(wish: str) -> tuple[str, float]:
    code, _, value = wish.partition("=")
    try:
        number = float(value)
    except ValueError:
        number = -1.0
    if not 0 <= number <= LARGEST:
        raise UsageError(
            f"--grant {wish}: must be CODE=NUMBER with a number of 0 to {LARGEST}",
            hint="For example: --grant L-DB2E81BA=8",
        )
    return code, number
