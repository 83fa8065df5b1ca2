"""Schedules, as EventBridge Scheduler treats them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from mllab.protocol.provider import UNKNOWN, Properties
from mllab.simulated.aws.rules import documents, tokens
from mllab.simulated.kind import Here, Kind, refuse
from mllab.simulated.store import Record

SERVICE = "scheduler.amazonaws.com"
EARLIEST_START = timedelta(minutes=5)
UNIVERSAL_TARGET = "arn:aws:scheduler:::aws-sdk:"
RATE = re.compile(r"rate\((\d+) (minute|hour|day)(s?)\)")
AT = re.compile(r"at\((\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})\)")
CRON = re.compile(r"cron\((.+)\)")
MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]


def is_schedule(expression: str) -> bool:
    """Whether a schedule expression is one.

    Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
    """
    if rate := RATE.fullmatch(expression):
        return int(rate[1]) > 0 and (int(rate[1]) == 1) == (not rate[3])
    if at := AT.fullmatch(expression):
        try:
            datetime.fromisoformat(at[1])
        except ValueError:
            return False
        return True
    cron = CRON.fullmatch(expression)
    return bool(cron) and _is_cron(cron[1].split() if cron else [])


def _is_cron(fields: list[str]) -> bool:
    if len(fields) != 6 or [fields[2], fields[4]].count("?") != 1:
        return False
    minute, hour, day, month, weekday, year = fields
    return (
        _within(minute, 0, 59)
        and _within(hour, 0, 23)
        and (day in ("?", "L", "LW") or _within(day.removesuffix("W"), 1, 31))
        and _within(_numbered(month, MONTHS), 1, 12)
        and (weekday == "?" or _is_weekday(_numbered(weekday, DAYS)))
        and _within(year, 1970, 2199)
    )


def _is_weekday(text: str) -> bool:
    """`1-5`, `6L` for the last Friday, `3#2` for the second Tuesday."""
    head, _, nth = text.partition("#")
    return _within(head.removesuffix("L") or "1", 1, 7) and nth in ("", *"12345")


def _numbered(text: str, words: list[str]) -> str:
    for number, word in enumerate(words, start=1):
        text = text.replace(word, str(number))
    return text


def _within(text: str, low: int, high: int) -> bool:
    """A list of `*`, numbers, ranges and steps, all between two bounds."""
    for part in text.split(","):
        span, _, step = part.partition("/")
        ends = [str(low)] if span == "*" else span.split("-")
        numbers = [*ends, *([step] if step else [])]
        if len(ends) > 2 or not all(number.isdigit() for number in numbers):
            return False
        if not all(low <= int(end) <= high for end in ends) or int(ends[0]) > int(ends[-1]):
            return False
        if "/" in part and not (step.isdigit() and int(step) > 0):
            return False
    return True


def moment(text: object) -> datetime | None:
    """A time as RFC 3339 has it; None if it is none."""
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo else None


class Schedule(Kind):
    """Its role must already trust the service; names are unique within a group."""

    DATES = ("startDate", "endDate")

    def faults(self, inputs: Properties) -> Iterable[str]:
        for name in self.DATES:
            if (given := inputs.get(name)) not in (None, UNKNOWN) and moment(given) is None:
                yield f"{name}: must be a time of RFC 3339 like 2027-02-05T23:00:00Z (got {given})"

    def validate(self, here: Here, inputs: Properties, old: Record | None) -> None:
        expression = str(inputs["scheduleExpression"])
        if not is_schedule(expression):
            raise refuse(
                "ValidationException: Invalid Schedule Expression {expression}.",
                expression=expression,
            )
        zone = str(inputs.get("scheduleExpressionTimezone", "UTC"))
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError):
            raise refuse(
                "ValidationException: The ScheduleExpressionTimezone {zone} is not valid.",
                zone=zone,
            ) from None
        window = inputs["flexibleTimeWindow"]
        if (window["mode"] == "FLEXIBLE") != ("maximumWindowInMinutes" in window):
            raise refuse(
                "ValidationException: MaximumWindowInMinutes must be given with mode FLEXIBLE, "
                "and with no other."
            )
        if not AT.fullmatch(expression):
            self._validate_dates(here, inputs)
        self._validate_target(here, inputs["target"])
        group = inputs.get("groupName", "default")
        name = f"{group}/{inputs.get('name')}"
        if old is None and here.session.find(self.token, name, here.region):
            raise refuse("ConflictException: Schedule {name} already exists.", name=inputs["name"])

    def _validate_dates(self, here: Here, inputs: Properties) -> None:
        """Dates of what is repeated; an update says them all again, and is refused the same way.

        Source: https://github.com/getmoto/moto/pull/8172 quotes the first; the second has not been
        seen, but the service documents that it calls nothing after an end date.
        """
        begins, ends = (moment(inputs.get(name)) for name in self.DATES)
        if begins and begins < here.at - EARLIEST_START:
            raise refuse(
                "ValidationException: The StartDate you specify cannot be earlier than 5 minutes"
                " ago."
            )
        if ends and (ends <= here.at or (begins and ends <= begins)):
            raise refuse(
                "ValidationException: The EndDate you specify must be later than the StartDate and"
                " the present moment."
            )

    def _validate_target(self, here: Here, target: Properties) -> None:
        arn = str(target["arn"])
        if not documents.ARN.match(arn):
            raise refuse("ValidationException: Provided Arn is not in correct format.")
        role = here.get(tokens.ROLE, target["roleArn"])
        if role and not documents.trusts(role.inputs["assumeRolePolicy"], SERVICE):
            raise refuse(
                "ValidationException: The execution role you provide must allow AWS EventBridge "
                "Scheduler to assume the role."
            )
        if arn.startswith(UNIVERSAL_TARGET):
            try:
                json.loads(target.get("input", "{}"))
            except ValueError:
                raise refuse(
                    "ValidationException: Invalid RequestJson provided. Reason: the input is no "
                    "valid JSON."
                ) from None


class ScheduleGroup(Kind):
    """It goes with all its schedules."""

    def updated(self, here: Here, record: Record, olds: Properties) -> None:
        record.hidden["changed"] = here.at.strftime("%Y-%m-%dT%H:%M:%SZ")

    def outputs(self, here: Here, record: Record) -> Properties:
        made = record.since.strftime("%Y-%m-%dT%H:%M:%SZ")
        return {
            "creationDate": made,
            "lastModificationDate": record.hidden.get("changed", made),
        }


KINDS: dict[str, type[Kind]] = {
    tokens.SCHEDULE: Schedule,
    tokens.SCHEDULE_GROUP: ScheduleGroup,
}
