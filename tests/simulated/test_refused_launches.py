"""What AWS refuses of what is too long, and in a zone of its own."""

from __future__ import annotations

from mllab.simulated.aws.rules import tokens
from tests.simulated.account import Account, allow


def test_a_machine_that_is_not_offered_in_the_zone(account: Account) -> None:
    subnet = account.subnet(account.vpc(), zone="us-east-1e")
    assert account.refused(tokens.INSTANCE, account.machine(subnet, "g6.xlarge")) == (
        "Unsupported: Your requested instance type (g6.xlarge) is not supported in your requested "
        "Availability Zone (us-east-1e). Please retry your request by not specifying an "
        "Availability Zone or choosing us-east-1a, us-east-1b, us-east-1c, us-east-1d, us-east-1f."
    )


def test_too_much_user_data(account: Account) -> None:
    machine = account.machine(account.subnet(account.vpc()), userData="x" * 16385)
    assert account.refused(tokens.INSTANCE, machine) == (
        "InvalidParameterValue: User data is limited to 16384 bytes"
    )


def test_a_policy_that_is_too_long(account: Account) -> None:
    long = allow(resource=[f"arn:aws:s3:::{'b' * 60}{i}" for i in range(90)])
    assert account.refused(tokens.POLICY, {"policy": long}) == (
        "LimitExceeded: Cannot exceed quota for PolicySize: 6144"
    )
