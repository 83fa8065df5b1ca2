"""Functions and tables, as Lambda and DynamoDB treat them."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable

from mllab.protocol.provider import UNKNOWN, Properties
from mllab.simulated.aws.rules import documents, tokens
from mllab.simulated.kind import Here, Kind, refuse
from mllab.simulated.store import Record

SERVICE = "lambda.amazonaws.com"
LIMITS = {"memorySize": range(128, 10241), "timeout": range(1, 901)}
"""Source: https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html"""

CODE = ("code", "imageUri", "s3Bucket")


class Function(Kind):
    """Its role must already trust Lambda."""

    def faults(self, inputs: Properties) -> Iterable[str]:
        if sum(name in inputs for name in CODE) != 1:
            yield f"{CODE[0]}: one of {', '.join(CODE)} must be given"
        if inputs.get("packageType", "Zip") == "Zip":
            for name in ("handler", "runtime"):
                if name not in inputs:
                    yield f"{name}: must be set when packageType is Zip"
        for name, limit in LIMITS.items():
            value = inputs.get(name, limit[0])
            if value is not UNKNOWN and value not in limit:
                yield f"{name}: must be {limit[0]} to {limit[-1]} (got {value})"

    def validate(self, here: Here, inputs: Properties, old: Record | None) -> None:
        role = here.get(tokens.ROLE, inputs["role"])
        if role and not documents.trusts(role.inputs["assumeRolePolicy"], SERVICE):
            raise refuse(
                "InvalidParameterValueException: The role defined for the function cannot be "
                "assumed by Lambda."
            )

    def updated(self, here: Here, record: Record, olds: Properties) -> None:
        record.hidden["changed"] = here.at.strftime("%Y-%m-%dT%H:%M:%S.000+0000")

    def outputs(self, here: Here, record: Record) -> Properties:
        code = json.dumps([record.inputs.get(name) for name in CODE], sort_keys=True)
        made = record.since.strftime("%Y-%m-%dT%H:%M:%S.000+0000")
        digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
        logs = {"logFormat": "Text", "logGroup": f"/aws/lambda/{record.name}"}
        return {
            "codeSha256": digest,
            "sourceCodeHash": record.inputs.get("sourceCodeHash", digest),
            "sourceCodeSize": len(code),
            "lastModified": record.hidden.get("changed", made),
            "loggingConfig": {**logs, **record.inputs.get("loggingConfig", {})},
        }

    def moved(self, old_outputs: Properties, news: Properties) -> Iterable[str]:
        return ("codeSha256", "sourceCodeHash", "sourceCodeSize", "lastModified")


class Table(Kind):
    """Attributes are declared for its keys, and for nothing else."""

    def faults(self, inputs: Properties) -> Iterable[str]:
        if "hashKey" not in inputs:
            yield "hashKey: must be set for a new table"
        indexes = [
            *inputs.get("globalSecondaryIndexes", []),
            *inputs.get("localSecondaryIndexes", []),
        ]
        keys = {
            found[key]
            for found in (inputs, *indexes)
            for key in ("hashKey", "rangeKey")
            if found.get(key)
        }
        declared = {attribute["name"] for attribute in inputs.get("attributes", [])}
        if UNKNOWN in keys | declared:
            return
        if spare := sorted(declared - keys):
            yield f"attributes: all attributes must be indexed. Unused attributes: {spare}"
        if lacking := sorted(keys - declared):
            yield f"attributes: all indexes must match a defined attribute. Unmatched: {lacking}"
        if inputs.get("billingMode", "PROVISIONED") == "PROVISIONED":
            for name in ("readCapacity", "writeCapacity"):
                if not inputs.get(name):
                    yield f"{name}: must be at least 1 where billingMode is PROVISIONED"

    def before_delete(self, here: Here, record: Record) -> None:
        if record.inputs.get("deletionProtectionEnabled"):
            raise refuse(self.facts.refusals["deletionProtectionEnabled=true"])


KINDS: dict[str, type[Kind]] = {tokens.FUNCTION: Function, tokens.TABLE: Table}
