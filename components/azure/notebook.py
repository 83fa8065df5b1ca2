"""Notebooks on Azure: one virtual machine with its own home disk for each seat."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pulumi
from pulumi_azure_native import compute, managedidentity

from components import contracts
from components.aliases import with_type_alias
from components.azure import access, images, inbound
from components.azure.cluster import Cluster
from components.azure.commands import machine_commands
from components.azure.images import Image
from components.azure.machine import STOP_COMMAND, custom_data
from components.azure.network import Network
from components.azure.registry import Registry
from components.azure.stops import Signs, Stops, signs
from components.azure.storage import Storage
from components.contracts import NotebookArgs, Unsupported, child, publish
from components.tags import named, tags

USER = "ubuntu"  # people log in as; the notebooks' own user `lab` has its home on the home disk
DISK = "StandardSSD_LRS"
HOME_LUN = 0
NO_MOUNT = {"kind": "", "source": "", "path": "", "options": ""}

Args = NotebookArgs[Network, Storage, Registry, Cluster]


class Notebook(pulumi.ComponentResource):
    """A machine with JupyterLab for each seat, reached by SSH, deallocated when unused.

    Image, secure boot, first-boot script and SSH keys count when a machine is made: Azure lets most
    of them never be changed. So they are not followed. To take them up, make the machine anew:
    `mllab up STACK --rebuild SEAT`; its home disk stays. A lab that gets or loses GPUs or shared
    files does so by itself: the old machine has no drivers, or was not told what to mount.

    `idle_minutes` and `max_hours` are tags of the machine, too, which its watchdog reads at every
    look, so that changed limits reach it while it runs. From outside a machine is deallocated where
    it gives no sign of life and its processors are quiet, and half an hour after its longest time.

    Without addresses in `mllab:azure.ssh_from` there is Azure Bastion Developer as best effort: a
    shell in the browser, not in all regions, and without a way to JupyterLab.

    Args:
        args: see NotebookArgs. `keep`: home disks are protected.
        image: `ubuntu` or `hpc`, see `images.IMAGES`; None: the one that fits the machine.
        ssh_keys: public, of who may log in.
    Outputs:
        seats: see contracts.Notebook.
    Raises:
        Unsupported: `stop_at` in a time zone that Azure has no name for, or a disk too small for
            the image.
    Cost: stopped 0.075 USD per GB of both disks and month, 3.65 USD for the address of each seat;
        the watch 0.14 USD per month and 0.07 USD per seat, less 4,000 free actions of the
        subscription; running the price of the machine (East US, Nov 2026).
    Source: https://learn.microsoft.com/azure/virtual-machines/states-billing,
        https://learn.microsoft.com/azure/virtual-machines/custom-data,
        https://learn.microsoft.com/azure/virtual-machines/delete
    """

    seats: pulumi.Output[dict[str, dict[str, Any]]]

    def __init__(
        self,
        name: str,
        args: Args,
        opts: pulumi.ResourceOptions | None = None,
        *,
        ssh_keys: Sequence[str],
        image: str | None = None,
    ) -> None:
        opts = with_type_alias(opts, "mllab:azure:ManagedNotebook")
        super().__init__("mllab:azure:Notebook", name, None, opts)
        chosen = _image(image, args)
        group = args.network.group
        labels = tags(args.lab, "notebook")
        identity = managedidentity.UserAssignedIdentity(
            f"{name}-identity",
            resource_group_name=group.name,
            tags=named(labels, f"{name}-identity"),
            opts=child(self, deleted_with=group),
        )
        heard = signs(self, name, group, args.storage.account)
        rights = _rights(self, name, args, identity, heard)
        if not args.network.ssh_from:
            inbound.bastion(self, f"{name}-bastion", args.network, labels)
        stops = Stops(self, name, args.lab, group, labels)
        stops.watch(args, heard)
        if args.lab.ends:
            stops.machines_after(args.lab.ends)
        machines = {
            seat: self._seat(
                f"{name}-{seat}", seat, args, chosen, ssh_keys, identity, heard, stops, rights
            )
            for seat in args.seats
        }
        self.seats = pulumi.Output.all(**machines).apply(
            lambda known: {
                seat: machine_commands(*each, user=USER, open=bool(args.network.ssh_from))
                for seat, each in known.items()
            }
        )
        publish(self, contracts.Notebook)

    def _seat(
        self,
        name: str,
        seat: str,
        args: Args,
        image: Image,
        ssh_keys: Sequence[str],
        identity: managedidentity.UserAssignedIdentity,
        heard: Signs,
        stops: Stops,
        before: Sequence[pulumi.Resource],
    ) -> pulumi.Output[list[str]]:
        """Of the machine its id, and where it can be reached by SSH its `vm_id` and address."""
        group = args.network.group
        labels = tags(args.lab, "notebook", seat)
        home = compute.Disk(
            f"{name}-home",
            resource_group_name=group.name,
            sku={"name": DISK},
            creation_data={"create_option": "Empty"},
            disk_size_gb=args.home_gb,
            network_access_policy="DenyAll",  # nobody downloads it
            public_network_access="Disabled",
            tags=named(labels, f"{name}-home"),
            opts=child(self, deleted_with=group, protect=args.keep),
        )
        address, interface = inbound.interface(self, name, args.network, labels)
        computer = f"{args.lab.name}-{seat}"  # unique in the lab's own group; a generated one could
        machine = compute.VirtualMachine(  # exceed the 64 characters that Azure takes
            name,
            vm_name=computer,
            resource_group_name=group.name,
            hardware_profile={"vm_size": args.machine.type},
            # Its own identity stops it; the lab's uses the lab's things, and is there before it.
            identity={
                "type": compute.ResourceIdentityType.SYSTEM_ASSIGNED_USER_ASSIGNED,
                "user_assigned_identities": [identity.id],
            },
            os_profile={
                "admin_username": USER,
                "computer_name": computer,
                "custom_data": custom_data(
                    {**_settings(seat, args, identity), "SIGNS": heard.address},
                    images.drivers(image, args.machine),
                ),
                "linux_configuration": {
                    "disable_password_authentication": True,
                    "ssh": {"public_keys": [_key(key) for key in ssh_keys]},
                },
            },
            storage_profile={
                "image_reference": images.reference(image),
                "os_disk": {
                    "create_option": "FromImage",
                    "delete_option": "Delete",  # Azure's default leaves it behind, billed
                    "disk_size_gb": args.disk_gb,
                    "managed_disk": {"storage_account_type": DISK},
                },
                "data_disks": [
                    {
                        "lun": HOME_LUN,
                        "create_option": "Attach",
                        "delete_option": "Detach",
                        "managed_disk": {"id": home.id},
                    }
                ],
            },
            # Not deleted with the machine: it is a resource of its own, and the next one needs it.
            network_profile={
                "network_interfaces": [
                    {"id": interface.id, "primary": True, "delete_option": "Detach"}
                ]
            },
            security_profile=images.security(image, args.machine),
            tags=named(labels | args.limits, name),
            opts=child(
                self,
                deleted_with=group,
                depends_on=before,
                delete_before_replace=True,  # name, disk and interface serve one at a time
                ignore_changes=[
                    "osProfile",
                    "storageProfile.imageReference",
                    "securityProfile",  # comes with the image
                ],
                replacement_trigger=_built_for(args),
                # Where Azure has no machine left, the provider would go on asking for two hours.
                custom_timeouts=pulumi.CustomTimeouts(create="20m", update="20m", delete="20m"),
            ),
        )
        own = machine.identity.apply(lambda given: given.principal_id if given else "")
        access.grant(self, f"{name}-power", group, access.POWER, own, machine.id)
        if args.stop_at:
            stops.daily(seat, machine, args.stop_at, labels)
        reached = (machine.vm_id, address.ip_address) if args.network.ssh_from else ()
        return pulumi.Output.all(machine.id, *reached)


def _rights(
    parent: pulumi.Resource,
    name: str,
    args: Args,
    identity: managedidentity.UserAssignedIdentity,
    heard: Signs,
) -> list[pulumi.Resource]:
    """What machines may do with the lab's things; there before the first of them boots."""
    group, account = args.network.group, args.storage.account

    def allow(what: str, role: str, scope: pulumi.Input[str]) -> pulumi.Resource:
        return access.grant(parent, f"{name}-{what}", group, role, identity.principal_id, scope)

    files = [allow("files", access.ACCOUNT_KEY, account.id)] if args.storage.files else []
    return [
        allow("objects", access.BLOB_DATA, account.id),
        allow("images", access.PUSH, args.registry.registry.id),
        allow("signs", access.TABLE_WRITE, heard.table.id),
        *files,
    ]


def _image(name: str | None, args: Args) -> Image:
    chosen, image = images.choose(name, args.machine)
    if args.disk_gb < image.least_gb:
        raise Unsupported(
            f"mllab:notebook.disk_gb is {args.disk_gb}; the image {chosen} needs {image.least_gb}"
        )
    return image


def _built_for(args: Args) -> str:
    """What a machine cannot become afterwards."""
    gpus = "GPUs" if args.machine.gpus else "no GPUs"
    return f"{gpus}, {'with' if args.storage.files else 'without'} files"


def _key(public: str) -> compute.SshPublicKeyArgsDict:
    return {"key_data": public, "path": f"/home/{USER}/.ssh/authorized_keys"}


def _settings(
    seat: str, args: Args, identity: managedidentity.UserAssignedIdentity
) -> dict[str, pulumi.Input[Any]]:
    """What the scripts on the machine are told; the keys are `machine.KEYS`."""
    files = args.storage.files
    mount = files.mount if files else pulumi.Output.from_input(NO_MOUNT)
    return {
        "LAB": args.lab.name,
        "SEAT": seat,
        "REGION": args.lab.region,
        "BUCKET": args.storage.name,
        "ACCOUNT": args.storage.account.id,
        "IDENTITY": identity.client_id,
        "HOME_DEVICE": f"lun{HOME_LUN}",
        "IDLE_MINUTES": str(args.idle_minutes),
        "MAX_HOURS": str(args.max_hours),
        "STOP_COMMAND": STOP_COMMAND,
        "MOUNT_KIND": mount["kind"],
        "MOUNT_SOURCE": mount["source"],
        "MOUNT_PATH": mount["path"],
        "MOUNT_OPTIONS": mount["options"],
        "GPU": str(args.machine.gpus),
    }
