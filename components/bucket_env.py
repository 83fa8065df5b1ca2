"""What machines are told that a vendor installs and nobody of ours sets up: where the bucket is."""

from __future__ import annotations

from pathlib import Path

import pulumi

from components.cloud_init import shipped

SCRIPT = Path(__file__).parent / "files" / "managed" / "bucket-env.sh"


def bucket_script(address: pulumi.Input[str]) -> pulumi.Output[str]:
    """A script for root that makes LAB_BUCKET known to notebooks and terminals.

    Args:
        address: of the lab's bucket, as jobs find it; letters that a shell takes as they are.
    """
    shell, _, rest = shipped(SCRIPT).partition("\n")
    return pulumi.Output.concat(f"{shell}\nLAB_BUCKET=", address, f"\n{rest}")
