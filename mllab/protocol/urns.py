"""URNs and provider references, as Pulumi builds them (sdk/go/common/resource/urn/urn.go)."""

from __future__ import annotations

from typing import Final

STACK_TYPE: Final = "pulumi:pulumi:Stack"
_PROVIDERS: Final = "pulumi:providers:"


def urn(stack: str, project: str, parent: str, type: str, name: str) -> str:
    """The urn of a resource: the parent's whole type comes first, never the stack's."""
    above = qualified_type(parent) if parent else ""
    if above and above != STACK_TYPE:
        type = f"{above}${type}"
    return f"urn:pulumi:{stack}::{project}::{type}::{name}"


def below(parent: str, child: str) -> str:
    """The urn that a resource has under another parent."""
    stack, project, _, name = child.split("::", 3)
    return urn(stack.removeprefix("urn:pulumi:"), project, parent, type_of(child), name)


def qualified_type(urn: str) -> str:
    """`mllab:aws:Storage$aws:s3/bucket:Bucket` of such a urn."""
    return urn.split("::", 3)[2]


def type_of(urn: str) -> str:
    """The resource's own type."""
    return qualified_type(urn).rpartition("$")[2]


def name_of(urn: str) -> str:
    """The logical name."""
    return urn.split("::", 3)[3]


def package_of(type: str) -> str:
    """`aws` of `aws:s3/bucket:Bucket`, and of a function's token."""
    return type.partition(":")[0]


def is_provider(type: str) -> bool:
    """True for the type of a provider resource."""
    return type.startswith(_PROVIDERS)


def provider_type(package: str) -> str:
    """`pulumi:providers:aws` of `aws`."""
    return _PROVIDERS + package


def provider_package(type: str) -> str:
    """`aws` of `pulumi:providers:aws`."""
    return type.removeprefix(_PROVIDERS)


def provider_urn(reference: str) -> str:
    """The urn in `urn::id`."""
    return reference.rpartition("::")[0]


def is_default_provider(urn: str) -> bool:
    """True for a provider that the program did not declare; such steps are reported to nobody."""
    return is_provider(type_of(urn)) and name_of(urn).split("_")[0] == "default"
