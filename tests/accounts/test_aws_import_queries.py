"""The import queries cover what is declared, and fit AWS's own description of its services."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Iterator, Mapping
from string import Template
from typing import Any

import botocore.session
import pytest
from botocore import xform_name
from botocore.validate import validate_parameters

from mllab.accounts.aws.imports import IMPORT_QUERIES
from mllab.accounts.aws.kinds import CHECKS, CLIENTS
from mllab.accounts.responses import filled
from tests.accounts.making import CALLS, MAKERS
from tests.components.twins import sdk_class

READING = re.compile("(describe|get|list|head)_[a-z_]+")
QUESTIONS = {
    **{type: (query.service, query) for type, query in IMPORT_QUERIES.items()},
    **{
        kind: (CLIENTS.get(kind.split(":")[0], kind.split(":")[0]), check)
        for kind, check in CHECKS.items()
    },
}
every_question = pytest.mark.parametrize("of", QUESTIONS)


def test_every_query_is_tried_on_an_account() -> None:
    assert IMPORT_QUERIES.keys() == CALLS.keys() | MAKERS.keys()


@functools.cache
def service(name: str) -> Any:
    return botocore.session.Session().get_service_model(name)


def operation(of: str) -> Any:
    """AWS's description of the operation that is asked."""
    name, question = QUESTIONS[of]
    known = {xform_name(each): each for each in service(name).operation_names}
    return service(name).operation_model(known[question.operation])


@every_question
def test_questions_change_nothing(of: str) -> None:
    assert READING.fullmatch(QUESTIONS[of][1].operation)


@every_question
def test_arguments_are_such_as_the_service_takes(of: str) -> None:
    args = filled(QUESTIONS[of][1].args, _Anything())
    shape = operation(of).input_shape
    report = validate_parameters(args, shape)
    assert report is None


class _Anything(Mapping[str, str]):
    """A long enough value for every name."""

    def __getitem__(self, key: str) -> str:
        return f"{key}-0123456789"

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def below(shape: Any, path: str) -> Any:
    """The shape at a dotted path, through lists."""
    for key in filter(None, path.split(".")):
        if shape.type_name == "map":
            return shape.value
        shape = shape.members[key]
        while shape.type_name == "list":
            shape = shape.member
    return shape


@every_question
def test_answers_have_what_is_read_from_them(of: str) -> None:
    question = QUESTIONS[of][1]
    item = below(operation(of).output_shape, question.items)
    if item.type_name == "map":
        return  # its keys are not described
    for field in question.where:
        assert item.members[field].type_name == "string"
    if question.state:
        assert below(item, question.state).type_name == "string"
    if getattr(question, "tagged", False):
        tag = item.members["Tags"].member
        assert {"Key", "Value"} <= tag.members.keys()


@pytest.mark.parametrize("type", IMPORT_QUERIES)
def test_ids_are_made_of_what_is_there(type: str) -> None:
    query = IMPORT_QUERIES[type]
    item = below(operation(type).output_shape, query.items)
    inputs = sdk_class(type)._internal_init.__annotations__
    camel = {re.sub("_([a-z])", lambda found: found[1].upper(), name) for name in inputs}
    account = {"account", "partition", "region"}
    for name in Template(query.id).get_identifiers():
        described = item.type_name == "map" or name in item.members
        assert described or name in camel | account, name
    asked = {name for text in texts([query.args, query.where]) for name in names(text)}
    assert asked <= camel | account | {"tag_stack", "tag_name"}


def names(text: str) -> list[str]:
    return Template(text).get_identifiers()


def texts(values: Any) -> Iterator[str]:
    if isinstance(values, str):
        yield values
    elif isinstance(values, Mapping):
        yield from (text for each in values.values() for text in texts(each))
    else:
        yield from (text for each in values for text in texts(each))


SHAPES = {
    "VpcId": "vpc-[0-9a-z]+",
    "InternetGatewayId": "igw-[0-9a-z]+",
    "SubnetId": "subnet-[0-9a-z]+",
    "subnetId": "subnet-[0-9a-z]+",
    "RouteTableId": "rtb-[0-9a-zA-Z]+",
    "routeTableId": "rtb-[0-9a-zA-Z]+",
    "destinationCidrBlock": "[0-9.]+/[0-9]+",
    "GroupId": "sg-[0-9a-z]+",
    "SecurityGroupRuleId": "sgr-[0-9a-z]+",
    "VpcEndpointId": "vpce-[0-9a-z]+",
    "LaunchTemplateId": "lt-[0-9a-z]+",
    "InstanceId": "i-[0-9a-z]+",
    "instanceId": "i-[0-9a-z]+",
    "VolumeId": "vol-[0-9a-z]+",
    "volumeId": "vol-[0-9a-z]+",
    "deviceName": "/dev/sd[a-z]",
    "FileSystemId": "fs-[0-9a-z]+",
    "AccessPointId": "fsap-[0-9a-z]+",
    "MountTargetId": "fsmt-[0-9a-z]+",
    "policyArn": "arn:aws:iam::[0-9x]+:policy/[a-z-]+",
    "jobQueueArn": "arn:aws:batch:[^:]+:[0-9]+:job-queue/[a-z]+",
    "jobDefinitionArn": "arn:aws:batch:[^:]+:[0-9]+:job-definition/[a-z]+",
    "TopicArn": "arn:aws:sns:[^:]+:[0-9]+:[a-z-]+",
    "account": "[0-9]{12}",
}
"""What stands for these names looks so; all others are names in AWS's plain alphabet."""


@pytest.mark.parametrize("type", IMPORT_QUERIES)
def test_ids_have_the_form_of_the_import_that_the_sdk_documents(type: str) -> None:
    examples = re.findall(rf"\$ pulumi import {type} \S+ (\S+)", inspect.getsource(sdk_class(type)))
    shapes = {name: SHAPES.get(name, "[A-Za-z0-9_-]+") for name in names(IMPORT_QUERIES[type].id)}
    assert any(re.fullmatch(filled(IMPORT_QUERIES[type].id, shapes), each) for each in examples), (
        examples
    )
