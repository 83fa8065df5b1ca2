"""AWS's other services on loopback, of an account in which nothing is found.

They answer the scan that `down` does. What it finds in an account is not proven here.
"""

from __future__ import annotations

import re
from typing import Final

from tests.pulumi.stub_sts import Handler

NOTHING: Final = {
    "ec2": "<DescribeTagsResponse><tagSet/></DescribeTagsResponse>",
    "iam": "<{0}Response><{0}Result/></{0}Response>",
    "tagging": '{"ResourceTagMappingList": []}',
    "batch": '{"computeEnvironments": [], "jobQueues": []}',
    "elasticfilesystem": '{"FileSystems": []}',
    "budgets": "{}",
}


class EmptyAccount(Handler):
    """Whose account it is, and that nothing is in it."""

    def do_POST(self) -> None:
        signed = re.search(
            r"Credential=\w+/\d+/[\w-]+/([\w-]+)/", self.headers["Authorization"] or ""
        )
        assert signed is not None
        if signed[1] == "sts":
            super().do_POST()
        else:
            asked = self.rfile.read(int(self.headers["Content-Length"] or 0)).decode()
            action = re.search(r"Action=(\w+)", asked)
            self.answer(200, NOTHING[signed[1]].replace("{0}", action[1] if action else ""))

    do_GET = do_POST
