"""The watchdog asks the Jupyter that SageMaker runs: no token, a certificate nobody signed."""

from __future__ import annotations

import http.server
import json
import re
import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from components.aws import lifecycle
from components.files import probes, watchdog

CERTIFICATE = """
[req]
distinguished_name = dn
prompt = no
[dn]
CN = nobody
"""


@pytest.fixture
def jupyter(tmp_path: Path) -> Iterator[tuple[dict[str, str], dict[str, Any]]]:
    """Jupyter's API over TLS, with a certificate that nobody signed, open to this machine."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs openssl")
    (tmp_path / "req.cnf").write_text(CERTIFICATE)
    files = [tmp_path / "key.pem", tmp_path / "cert.pem"]
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-config"]
        + [tmp_path / "req.cnf", "-keyout", files[0], "-out", files[1]],
        check=True,
        capture_output=True,
    )
    answers: dict[str, Any] = {"/api/kernels": []}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(answers[self.path.split("?")[0]]).encode())

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files[1], files[0])
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    url = re.sub(r":\d+$", f":{server.server_port}", lifecycle.OWN["JUPYTER_URL"])
    yield {**watchdog.TEXTS, **watchdog.NUMBERS, "JUPYTER_URL": url}, answers
    server.shutdown()
    server.server_close()


def test_the_watchdog_asks_sagemakers_jupyter(jupyter: Any) -> None:
    settings, answers = jupyter
    assert probes.kernels(probes.Look(settings, 300)).words == "0 idle"
    busy = {"id": "k", "execution_state": "busy", "last_activity": "2027-01-11T09:00:00Z"}
    answers["/api/kernels"] = [busy]
    assert probes.kernels(probes.Look(settings, 600)).words == "1 running"
