"""Rules for Google Cloud."""

from __future__ import annotations

from typing import Final

from mllab.rules.finding import Rule
from mllab.rules.values import must

RULES: Final = (
    Rule(
        "gcp-bucket-private",
        ("gcp:storage/bucket:Bucket",),
        must("publicAccessPrevention", "enforced"),
        "one wrong grant shows the objects to everybody",
        'set public_access_prevention to "enforced"',
        links=("CKV_GCP_114", "GCP-0002", "CIS GCP 5.1"),
    ),
)
