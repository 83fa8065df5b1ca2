"""What EC2 checks before it launches an instance, and launch templates."""

from __future__ import annotations

import base64

from mllab.protocol.provider import Properties
from mllab.simulated.aws import places
from mllab.simulated.aws.rules import tokens
from mllab.simulated.kind import Here, Kind, refuse
from mllab.simulated.store import Record

USER_DATA_BYTES = 16384
"""Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-add-user-data.html"""


def machine(here: Here, inputs: Properties) -> places.Machine:
    """The instance type that inputs or their launch template name. Raises ProviderFailure."""
    template = here.get(tokens.TEMPLATE, (inputs.get("launchTemplate") or {}).get("id"))
    from_template = template.inputs.get("instanceType") if template else None
    name = str(inputs.get("instanceType", from_template))
    found = places.machines().get(name)
    if found is None:
        raise refuse(
            "InvalidParameterValue: Invalid value '{name}' for InstanceType.",
            f"the simulated AWS knows {', '.join(places.machines())}",
            name=name,
        )
    return found


def validate_groups(here: Here, inputs: Properties, subnet: Record) -> None:
    """Groups and subnet must be in the same VPC. Raises ProviderFailure."""
    for key in inputs.get("vpcSecurityGroupIds") or []:
        group = here.get(tokens.GROUP, key)
        around = [vpc.id for vpc in here.session.targets(group, "vpcId")] if group else []
        if subnet.inputs["vpcId"] not in around:
            raise refuse(
                "InvalidParameter: Security group {group} and subnet {subnet} belong to different "
                "networks.",
                group=key,
                subnet=subnet.id,
            )


def validate_image(here: Here, inputs: Properties, wanted: places.Machine) -> None:
    """The image must fit the machine and the root volume. Raises ProviderFailure."""
    image = places.image(str(inputs.get("ami")), here.region)
    if image is None:
        return  # the launch template names it
    if image.architecture != wanted.architecture:
        raise refuse(
            "InvalidParameterValue: The architecture '{wanted}' of the specified instance type "
            "does not match the architecture '{found}' of the specified AMI. Specify an instance "
            "type and an AMI that have matching architectures, and try again.",
            wanted=wanted.architecture,
            found=image.architecture,
        )
    size = (inputs.get("rootBlockDevice") or {}).get("volumeSize", image.root_gb)
    if size < image.root_gb:
        raise refuse(
            "InvalidBlockDeviceMapping: Volume of size {size}GB is smaller than snapshot "
            "'{snapshot}', expect size >= {least}GB",
            size=size,
            snapshot=image.snapshot(here.region),
            least=image.root_gb,
        )


def validate_user_data(inputs: Properties) -> None:
    """EC2 counts the bytes before base64. Raises ProviderFailure."""
    encoded = inputs.get("userDataBase64")
    data = base64.b64decode(encoded) if encoded else str(inputs.get("userData", "")).encode()
    if len(data) > USER_DATA_BYTES:
        raise refuse(
            "InvalidParameterValue: User data is limited to {limit} bytes", limit=USER_DATA_BYTES
        )


def validate_zone(here: Here, inputs: Properties, wanted: places.Machine, zone: str) -> None:
    """The subnet's zone must offer the machine. Raises ProviderFailure."""
    named = inputs.get("availabilityZone", zone)
    if named != zone:
        raise refuse(
            "InvalidParameterValue: The availability zone '{named}' does not match that of the "
            "subnet, '{zone}'",
            named=named,
            zone=zone,
        )
    offered = places.offered(wanted.type, here.region)
    if zone not in offered:
        others = f" or choosing {', '.join(offered)}" if offered else ""
        raise refuse(
            "Unsupported: Your requested instance type ({machine}) is not supported in your "
            "requested Availability Zone ({zone}). Please retry your request by not specifying an "
            "Availability Zone{others}.",
            machine=wanted.type,
            zone=zone,
            others=others,
        )


def validate_quota(
    here: Here, inputs: Properties, wanted: places.Machine, old: Record | None
) -> None:
    """The vCPUs that run, with the new ones, must be within the limit. Raises ProviderFailure."""
    code = quota(wanted, inputs)
    running = {"state": "running", "quota": code}
    used = here.session.total("vcpus", tokens.INSTANCE, here.region, **running)
    if old and old.hidden["quota"] == code:
        used -= old.hidden["vcpus"]
    limit, needed = here.quota(code), used + wanted.vcpus
    if needed <= limit:
        return
    hint = places.ask_for(code, here.region, needed)
    if is_spot(inputs):
        raise refuse("MaxSpotInstanceCountExceeded: Max spot instance count exceeded", hint)
    raise refuse(
        "VcpuLimitExceeded: You have requested more vCPU capacity than your current vCPU limit of "
        "{limit:g} allows for the instance bucket that the specified instance type belongs to. "
        "Please visit http://aws.amazon.com/contact-us/ec2-request to request an adjustment to "
        "this limit.",
        hint,
        limit=limit,
    )


def is_spot(inputs: Properties) -> bool:
    """Whether the instance may be taken back."""
    return (inputs.get("instanceMarketOptions") or {}).get("marketType") == "spot"


def is_persistent(inputs: Properties) -> bool:
    """Whether AWS launches the instance again by itself."""
    options = (inputs.get("instanceMarketOptions") or {}).get("spotOptions") or {}
    return bool(options.get("spotInstanceType") == "persistent")


def quota(wanted: places.Machine, inputs: Properties) -> str:
    """Code of the limit that a machine counts against."""
    return wanted.spot_quota if is_spot(inputs) else wanted.quota


class LaunchTemplate(Kind):
    """Every change makes a new version; the default stays the first one unless asked to move."""

    OWN = ("defaultVersion", "region", "tags", "updateDefaultVersion")
    """Properties of the template itself, not of its versions."""

    def created(self, here: Here, record: Record) -> None:
        record.hidden = {"latest": 1, "default": 1}

    def updated(self, here: Here, record: Record, olds: Properties) -> None:
        if self._version(olds) != self._version(record.inputs):
            record.hidden["latest"] += 1
        if record.inputs.get("updateDefaultVersion"):
            record.hidden["default"] = record.hidden["latest"]
        record.hidden["default"] = record.inputs.get("defaultVersion", record.hidden["default"])

    def _version(self, inputs: Properties) -> Properties:
        return {name: value for name, value in inputs.items() if name not in self.OWN}

    def moved(self, old_outputs: Properties, news: Properties) -> tuple[str, ...]:
        version = self._version(news)
        same = all(old_outputs.get(name) == value for name, value in version.items())
        shrunk = any(
            old_outputs.get(name) and name not in news
            for name, node in self.properties.items()
            if "input" in node and node.get("output") == "maybe" and name not in self.OWN
        )
        if same and not shrunk:
            return ()
        return ("latestVersion", "defaultVersion")

    def outputs(self, here: Here, record: Record) -> Properties:
        return {
            "latestVersion": record.hidden["latest"],
            "defaultVersion": record.hidden["default"],
            "metadataOptions": record.inputs.get("metadataOptions"),
        }


KINDS: dict[str, type[Kind]] = {tokens.TEMPLATE: LaunchTemplate}
