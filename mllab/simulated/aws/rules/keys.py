"""Keys, as KMS treats them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import timedelta

from mllab.protocol.provider import UNKNOWN, Properties
from mllab.simulated import checks
from mllab.simulated.aws.rules import documents, tokens
from mllab.simulated.kind import Here, Kind, refuse
from mllab.simulated.store import Record

ENCRYPTED = (
    tokens.VOLUME,
    tokens.INSTANCE,
    tokens.FILES,
    tokens.REPOSITORY,
    tokens.BUCKET_ENCRYPTION,
    tokens.NOTEBOOK,
)
"""What may hold data under a key, or says that something else does."""
USUAL_WINDOW_DAYS = 30
WINDOWS = range(7, 31)


class Key(Kind):
    """A deleted key is kept for days, unusable and unbilled; then all that it encrypted is lost."""

    def faults(self, inputs: Properties) -> Iterable[str]:
        yield from checks.document("policy", inputs.get("policy"))
        window = inputs.get("deletionWindowInDays", USUAL_WINDOW_DAYS)
        if window is not UNKNOWN and window not in WINDOWS:
            yield f"deletionWindowInDays: must be {WINDOWS[0]} to {WINDOWS[-1]} (got {window})"

    def same(self, old: object, new: object) -> bool:
        return documents.same(old, new)

    def validate(self, here: Here, inputs: Properties, old: Record | None) -> None:
        if not (text := inputs.get("policy")):
            return
        if error := documents.policy_error(str(text), anchored=True):
            raise refuse("MalformedPolicyDocumentException: {error}", error=error)
        if not inputs.get("bypassPolicyLockoutSafetyCheck") and not _leaves_a_way(str(text)):
            raise refuse(
                "MalformedPolicyDocumentException: The new key policy will not allow you to update"
                " the key policy in the future."
            )

    def outputs(self, here: Here, record: Record) -> Properties:
        return {"policy": record.inputs.get("policy") or _usual(here.account)}

    def holds(self, here: Here, record: Record) -> str | None:
        used = sum(len(here.session.users(record, type)) for type in ENCRYPTED)
        return f"it encrypts {used} thing{'s' if used > 1 else ''} of the lab" if used else ""

    def after_delete(self, here: Here, record: Record) -> None:
        window = record.inputs.get("deletionWindowInDays") or USUAL_WINDOW_DAYS
        here.session.remain(record, here.at + timedelta(days=window))


def _usual(account: str) -> str:
    """The policy of a key that was given none: whoever IAM allows it."""
    statement = {
        "Sid": "Enable IAM User Permissions",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    return json.dumps({"Version": "2012-10-17", "Id": "key-default-1", "Statement": [statement]})


def _leaves_a_way(text: str) -> bool:
    """Whether somebody of an account may still change the policy."""
    for statement in documents.statements(json.loads(text)):
        actions = statement.get("Action")
        named = actions if isinstance(actions, list) else [actions]
        people = statement.get("Principal")
        allowed = statement["Effect"] == "Allow" and {"kms:*", "kms:PutKeyPolicy", "*"} & {*named}
        if allowed and (people == "*" or (isinstance(people, dict) and "AWS" in people)):
            return True
    return False


KINDS: dict[str, type[Kind]] = {tokens.KEY: Key}
