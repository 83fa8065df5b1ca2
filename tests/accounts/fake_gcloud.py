"""Stands for `gcloud`: answers from a file beside it, in the form that Google documents."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

HERE = Path(__file__).parent
KNOWN = json.loads((HERE / "google.json").read_text())
SEEN = (
    "CLOUDSDK_AUTH_ACCESS_TOKEN",
    "CLOUDSDK_BILLING_QUOTA_PROJECT",
    "GOOGLE_APPLICATION_CREDENTIALS",
)


def main(words: list[str]) -> object:
    given = " ".join(f"{name}={os.environ[name]}" for name in SEEN if name in os.environ)
    with (HERE / "asked").open("a") as log:
        log.write(f"{' '.join(words)}\t{given}\n")
    if words[:2] == ["auth", "application-default"]:
        if not KNOWN["token"]:
            sys.exit("ERROR: (gcloud.auth.application-default.print-access-token) no credentials")
        sys.exit(sys.stdout.write(f"{KNOWN['token']}\n") and 0)
    for said, (before, answer) in KNOWN["refused"].items():
        if said in " ".join(words):
            sys.stdout.write(before)
            sys.exit(
                f"Listing items under project x.\n\nERROR: {answer}\nPlease run:\n  $ something"
            )
    asked = [
        word for word in words if word not in ("--format=json", f"--project={KNOWN['project']}")
    ]
    if len(asked) != len(words) - 2:
        sys.exit("ERROR: (gcloud) another project, or not in JSON")
    if " ".join(asked) not in KNOWN["answers"]:
        sys.exit(f"ERROR: (gcloud) Invalid choice: {' '.join(asked)}")
    return KNOWN["answers"][" ".join(asked)]


sys.stdout.write(json.dumps(main(sys.argv[1:])))
