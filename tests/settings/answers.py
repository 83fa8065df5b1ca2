"""Answers that make a lab on each cloud."""

from __future__ import annotations

from datetime import UTC, datetime

from mllab.stackfiles import new

NOW = datetime(2026, 12, 1, 10, 30, tzinfo=UTC)
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMgATQ4DwLEx0w1Gdo9blol/NfykyfiGlX6xSV448eMy"
LEAST = {
    "lab.cloud": "aws",
    "region": "us-east-1",
    "lab.owner": "ann@example.edu",
    "lab.ends": "2027-02-05",
    "budget.limit_usd": "100",
}
LEAST_ON = {
    "aws": LEAST,
    "azure": LEAST | {"lab.cloud": "azure", "region": "eastus", "azure.ssh_keys": [KEY]},
    "gcp": LEAST | {"lab.cloud": "gcp", "region": "us-central1", "project": "my-course-2027"},
    "local": {key: value for key, value in LEAST.items() if key != "region"}
    | {"lab.cloud": "local"},
}
QUESTIONS = {question.key: question for question in new.questions()}
