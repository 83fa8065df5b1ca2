"""Stands for `az`: answers from a file beside it, in the form that Azure documents."""

from __future__ import annotations

import json
import sys
from pathlib import Path

HERE = Path(__file__).parent
KNOWN = json.loads((HERE / "azure.json").read_text())
URL = "https://management.azure.com"


def fail(text: str) -> None:
    sys.stderr.write(f"ERROR: {text}\n")
    sys.exit(1)


def tagged(found: list[dict], words: list[str]) -> list[dict]:
    key, _, value = words[words.index("--tag") + 1].partition("=")
    return [each for each in found if (each.get("tags") or {}).get(key) == value]


def rest(url: str) -> object:
    path, _, version = url.removeprefix(URL).partition("?api-version=")
    if not version or not path.startswith(f"/subscriptions/{KNOWN['subscription']}/"):
        fail('Bad Request({"error":{"code":"MissingApiVersionParameter"}})')
    for kind, pages in KNOWN["deleted"].items():
        if path.endswith(kind):
            number = int(version.partition("&page=")[2] or 0)
            more = {"nextLink": f"{URL}{path}?api-version=1&page={number + 1}"}
            return {"value": pages[number], **(more if number + 1 < len(pages) else {})}
    if path.endswith("/instanceView"):
        code = KNOWN["states"].get(path.removesuffix("/instanceView"))
        done = {"code": "ProvisioningState/succeeded"}
        return {"statuses": [done, *([{"code": f"PowerState/{code}"}] if code else [])]}
    for each in [*KNOWN["groups"], *KNOWN["things"]]:
        if each["id"].lower() == path.lower():
            return each
    return fail('Not Found({"error":{"code":"ResourceNotFound","message":"was not found."}})')


def main(words: list[str]) -> object:
    with (HERE / "asked").open("a") as log:
        log.write(" ".join(words) + "\n")
    for said, answer in KNOWN["refused"].items():
        if said in " ".join(words):
            return fail(answer)
    things = [each for each in KNOWN["things"] if each["listed"]]
    match words[:2]:
        case ["account", "get-access-token"]:
            return {"subscription": KNOWN["subscription"]}
        case ["account", "show"]:
            return {"id": KNOWN["subscription"], "user": {"name": "ann@example.edu"}}
        case ["group", "list"]:
            return tagged(KNOWN["groups"], words)
        case ["resource", "list"] if "--tag" in words:
            return tagged(things, words)
        case ["resource", "list"]:
            group = words[words.index("--resource-group") + 1]
            return [each for each in things if each["resourceGroup"] == group]
        case ["rest", "--method"] if words[2] == "get":
            return rest(words[words.index("--url") + 1])
    return fail(f"'{words[0]}' is misspelled or not recognized by the system.")


sys.stdout.write(json.dumps(main(sys.argv[1:])))
