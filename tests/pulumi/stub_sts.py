"""AWS's security token service on loopback, as far as the question whose account it is goes."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ACCOUNTS = {
    "AKIATEACHING": "111111111111",
    "AKIARESEARCH": "222222222222",
    "AKIALAB": "123456789012",  # the simulated one
}
REFUSALS = {
    "ASIAEXPIRED": (403, "ExpiredToken", "The security token included in the request is expired"),
    "AKIADELETED": (403, "InvalidClientTokenId", "The security token is invalid."),
    "AKIACLOCK": (403, "SignatureDoesNotMatch", "Signature expired: 20270111T090000Z"),
    "AKIABROKEN": (500, "InternalFailure", "try again"),
}


class Server(ThreadingHTTPServer):
    region = ""


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        signed = re.search(r"Credential=(\w+)/\d+/([\w-]+)/sts", self.headers["Authorization"])
        assert signed is not None
        key, region = signed.groups()
        if "Action=GetCallerIdentity" not in body or region != self.server.region:
            self.answer(400, "<wrong/>")
        elif key in REFUSALS:
            status, code, words = REFUSALS[key]
            error = (
                f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{words}</Message></Error>"
            )
            self.answer(status, f"<ErrorResponse>{error}</ErrorResponse>")
        else:
            account = ACCOUNTS[key.replace("ASIA", "AKIA")]
            who = f"<Arn>arn:aws:iam::{account}:user/ana</Arn><Account>{account}</Account>"
            result = f"<GetCallerIdentityResult>{who}</GetCallerIdentityResult>"
            self.answer(200, f"<GetCallerIdentityResponse>{result}</GetCallerIdentityResponse>")

    def do_GET(self) -> None:
        """Single sign-on's `GetRoleCredentials`."""
        if self.headers["x-amz-sso_bearer_token"] == "revoked":
            self.send_response(401)
            self.send_header("x-amzn-errortype", "UnauthorizedException")
            self.end_headers()
            self.wfile.write(b'{"message": "Session token not found or invalid"}')
        else:
            self.answer(
                200,
                '{"roleCredentials": {"accessKeyId": "ASIATEACHING", "secretAccessKey": "s",'
                ' "sessionToken": "t", "expiration": 4102444800000}}',
            )

    def answer(self, status: int, text: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def serving(region: str = "eu-north-1", handler: type[Handler] = Handler) -> Iterator[str]:
    """The service's address. It answers what is signed for the region."""
    with Server(("127.0.0.1", 0), handler) as server:
        server.region = region
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
