"""What Compute Engine checks before it makes or changes a machine."""

from __future__ import annotations

from mllab.protocol.provider import Properties
from mllab.simulated.gcp import places
from mllab.simulated.gcp.rules import capacity, disks, tokens
from mllab.simulated.kind import Here, refuse
from mllab.simulated.store import Record

STOPPING = (
    "advancedMachineFeatures",
    "enableDisplay",
    "machineType",
    "minCpuPlatform",
    "serviceAccount",
    "shieldedInstanceConfig",
)
"""A change of these needs the machine to be stopped."""

RUN_S = range(30, 120 * 24 * 3600 + 1)
"""Source: https://cloud.google.com/compute/docs/instances/limit-vm-runtime"""


def need(here: Here, inputs: Properties) -> capacity.Need:
    """What a machine takes. Raises ProviderFailure for types and GPUs that its zone has not."""
    zone = here.base["zone"]
    places.region_of(zone)
    machine = capacity.machine(inputs["machineType"], zone)
    accelerator, count = capacity.gpus(machine, inputs.get("guestAccelerators") or (), zone)
    spot = (inputs.get("scheduling") or {}).get("provisioningModel") == "SPOT"
    addresses = sum(
        len(card.get("accessConfigs") or ()) for card in inputs.get("networkInterfaces") or ()
    )
    return capacity.Need(machine, zone, spot, accelerator, count, addresses)


def boot(params: Properties, wanted: capacity.Need) -> tuple[str, int]:
    """Type and size of a boot disk that is made with its machine."""
    image = places.image(str(params.get("image")))
    size = params.get("size") or (image.disk_gb if image else disks.LEAST_GB)
    return places.last(params.get("type") or wanted.machine.disks[0]), int(size)


def validate_boot_disk(
    here: Here, inputs: Properties, wanted: capacity.Need, old: Record | None
) -> None:
    """Refuse an image that is gone, a disk too small or of the wrong kind, by ProviderFailure."""
    params = inputs["bootDisk"].get("initializeParams") or {}
    name = params.get("image")
    image = places.image(str(name)) if name else None
    if name and image is None and old is None:
        raise refuse(
            "notFound: The resource '{name}' was not found",
            "a family of images disappears some years after its last image; known here are "
            + ", ".join(
                f"projects/{i.project}/global/images/family/{i.family}" for i in places.images()
            ),
            name=name,
        )
    type_, size = boot(params, wanted)
    disks.refuse_small(size, image)
    if type_ not in wanted.machine.disks:
        raise refuse(
            "badRequest (400): [{disk}, {type}] features are not compatible for creating instance.",
            f"it takes {', '.join(wanted.machine.disks)}",
            disk=type_,
            type=wanted.machine.type,
        )
    if old is None and "source" not in inputs["bootDisk"]:
        id = f"projects/{here.base['project']}/zones/{wanted.zone}/disks/{inputs['name']}"
        if here.session.get(tokens.DISK, id, ""):
            raise refuse("alreadyExists (409): The resource '{id}' already exists", id=id)
        capacity.validate_disk(here, type_, wanted.zone, size, None)


def validate_scheduling(scheduling: Properties, wanted: capacity.Need) -> None:
    """Refuse what a machine of this kind cannot do. Raises ProviderFailure."""
    maintenance = scheduling.get("onHostMaintenance", "TERMINATE" if wanted.spot else "MIGRATE")
    if wanted.gpus and maintenance != "TERMINATE":
        raise refuse(
            "badRequest (400): Instances with guest accelerators do not support live migration.",
            'set scheduling.onHostMaintenance to "TERMINATE"',
        )
    if wanted.spot and scheduling.get("automaticRestart", True):
        raise refuse(
            "badRequest (400): Scheduling must have preemptible be false when AutomaticRestart is "
            "true.",
            "set scheduling.automaticRestart to false",
        )
    limit = scheduling.get("maxRunDuration")
    action = scheduling.get("instanceTerminationAction")
    if action and not (wanted.spot or limit or scheduling.get("terminationTime")):
        raise refuse(
            "invalid: Invalid value for field 'resource.scheduling.instanceTerminationAction': "
            "'{action}'. You cannot specify a termination action for a VM instance that has the "
            "standard provisioning model and no limit of its run time.",
            action=action,
        )
    if limit and not action:
        raise refuse(
            "invalid: Invalid value for field 'resource.scheduling.maxRunDuration': it needs an "
            "instanceTerminationAction.",
            'set scheduling.instanceTerminationAction to "STOP"',
        )
    if limit and int(limit["seconds"]) not in RUN_S:
        raise refuse(
            "invalid: Invalid value for field 'resource.scheduling.maxRunDuration.seconds': "
            "'{seconds}'. Must be between {least} and {most}.",
            seconds=limit["seconds"],
            least=RUN_S.start,
            most=RUN_S.stop - 1,
        )


def validate_cards(here: Here, inputs: Properties, wanted: capacity.Need) -> None:
    """Refuse a subnet of another region, or none. Raises ProviderFailure."""
    region = places.region_of(wanted.zone)
    for card in inputs["networkInterfaces"]:
        subnet = here.get(tokens.SUBNET, card.get("subnetwork"))
        if subnet and subnet.outputs["region"] != region:
            raise refuse(
                "invalid: Invalid value for field 'resource.networkInterfaces[0].subnetwork': "
                "'{id}'. The referenced subnetwork resource cannot be found in region '{region}'.",
                id=subnet.id,
                region=region,
            )
        if subnet is None and here.get(tokens.NETWORK, card.get("network")):
            raise refuse(
                "badRequest (400): Invalid value for field 'resource.networkInterfaces[0]': "
                "Subnetwork should be specified for custom subnetmode network"
            )


def refuse_other_gpus(wanted: capacity.Need, old: Record) -> None:
    """Refuse to change a machine whose type brings GPUs into one with others: ProviderFailure.

    A type that brings GPUs can change within its series only, and nothing else can become one; of
    them G2 alone can become one without.
    Source: https://cloud.google.com/compute/docs/gpus/add-remove-gpus,
    https://cloud.google.com/compute/docs/instances/changing-machine-type-of-stopped-instance
    """
    was, new = places.machines()[str(old.hidden["machine"])], wanted.machine
    same = _series(was) == _series(new)
    if same or not (was.accelerator or new.accelerator):
        return
    if not new.accelerator and was.type.startswith("g2-"):
        return
    raise refuse(
        "badRequest (400): Cannot change the machine type from {was} to {new}: the GPUs of an "
        "accelerator-optimized machine type cannot be changed to others.",
        "make the machine anew; its home disk stays",
        was=was.type,
        new=new.type,
    )


def _series(machine: places.Machine) -> str:
    """`a2-highgpu` of `a2-highgpu-1g`."""
    return machine.type.rpartition("-")[0]


def validate_boot_size(
    here: Here, inputs: Properties, wanted: capacity.Need, disk: Record | None
) -> None:
    """Refuse to make a system disk smaller, or larger than the quota. Raises ProviderFailure."""
    params = inputs["bootDisk"].get("initializeParams") or {}
    if disk is None or not params.get("size"):
        return
    type_, size = boot(params, wanted)
    capacity.validate_disk(here, type_, wanted.zone, size, disk)
    disks.refuse_smaller(size, int(disk.hidden["gigabytes"]))


def refuse_stopping(inputs: Properties, old: Record) -> None:
    """Refuse a change that would stop a running machine unasked. Raises ProviderFailure."""
    changed = [name for name in STOPPING if inputs.get(name) != old.inputs.get(name)]
    running = old.hidden["state"] == "running" and inputs.get("desiredStatus") != "TERMINATED"
    if changed and running and not inputs.get("allowStoppingForUpdate"):
        raise refuse(
            "Error: Changing the machine_type, min_cpu_platform, service_account, enable_display, "
            "shielded_instance_config, scheduling.node_affinities, scheduling.max_run_duration or "
            "network_interface.[#d].(network/subnetwork/subnetwork_project) or "
            "advanced_machine_features on a started instance requires stopping it. To acknowledge "
            "this, please set allow_stopping_for_update = true in your config. You can also stop "
            'it by setting desired_status = "TERMINATED", but the instance will not be restarted '
            "after the update.",
            f"set allowStoppingForUpdate to true; what changed: {', '.join(changed)}",
        )
