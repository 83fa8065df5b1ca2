"""Posts a review to GitLab's merge request, in the place of an earlier one; run with `-m` by a job.

Source: https://docs.gitlab.com/api/notes/#merge-requests
"""

from __future__ import annotations

import json
import os
import sys
import urllib.request
from pathlib import Path
from typing import Any

from mllab.show.review.markdown import MARKER


def ask(path: str, method: str = "GET", body: str | None = None) -> Any:
    """One call of GitLab's API."""
    headers = {"PRIVATE-TOKEN": os.environ["REVIEW_TOKEN"], "Content-Type": "application/json"}
    data = None if body is None else json.dumps({"body": body}).encode()
    url = f"{os.environ['CI_API_V4_URL']}{path}"
    request = urllib.request.Request(url, data, headers, method=method)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def main(report: str) -> None:
    """Post a report; an earlier one is known by its marker, and by being the token's own."""
    text = Path(report).read_text(encoding="utf-8")
    project, number = os.environ["CI_PROJECT_ID"], os.environ["CI_MERGE_REQUEST_IID"]
    notes = f"/projects/{project}/merge_requests/{number}/notes"
    own, page = ask("/user")["id"], 1
    while found := ask(f"{notes}?per_page=100&page={page}"):
        for note in found:
            if note["author"]["id"] == own and note["body"].startswith(MARKER):
                ask(f"{notes}/{note['id']}", "PUT", text)
                return
        page += 1
    ask(notes, "POST", text)


if __name__ == "__main__":
    main(sys.argv[1])
