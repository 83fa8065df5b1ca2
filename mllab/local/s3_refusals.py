"""What must not reach `rclone serve s3`, because it would be lost there or destroy something.

rclone 1.75 knows of a request its method and path, and takes it for something simpler. Tried with
it: PutObjectTagging, PutObjectAcl, PutObjectRetention and PutObjectLegalHold overwrite the object
with their XML and answer 200; DeleteObjectTagging deletes the object, DeleteBucketPolicy an empty
bucket; `If-None-Match: *` overwrites all the same. Of what comes with an object it keeps the
content and the time, and the rest in memory until it ends. So only what it is known to do passes;
the rest is answered as S3 answers what it does not have.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit
from xml.etree import ElementTree

LISTING: Final = ("list-type", "prefix", "delimiter", "marker", "max-keys", "continuation-token")
QUERIES: Final[Mapping[str, frozenset[str]]] = {
    "GET": frozenset(
        {*LISTING, "start-after", "encoding-type", "fetch-owner", "location", "versioning"}
    ),
    "HEAD": frozenset(),
    "PUT": frozenset({"partnumber", "uploadid"}),
    "POST": frozenset({"uploads", "uploadid", "delete"}),
    "DELETE": frozenset({"uploadid"}),
}
"""What a request may ask for besides its method and path, in lower case."""

ANYWHERE: Final = ("x-amz-", "x-id", "response-")
"""What a header says, the name of the operation, and how an answer is to be called."""

SIGNED: Final = ("algorithm", "credential", "date", "expires", "signedheaders", "signature")
"""After `x-amz-`, in an address that is given to others."""

HEADERS: Final = (
    *("x-amz-date", "x-amz-content-sha256", "x-amz-decoded-content-length", "x-amz-trailer"),
    *("x-amz-sdk-checksum-algorithm", "x-amz-user-agent", "x-amz-copy-source"),
    *("x-amz-metadata-directive", "x-amz-meta-mtime", "x-amz-security-token"),
)
"""What may come with what is written, besides `x-amz-checksum-`."""

HARMLESS: Final[Mapping[str, tuple[str, ...]]] = {
    "x-amz-acl": ("private", "bucket-owner-full-control"),
    "x-amz-storage-class": ("standard",),
    "content-encoding": ("aws-chunked", "identity"),
}
"""Values that say what holds anyway."""

CONDITIONS: Final = ("if-match", "if-none-match", "if-modified-since", "if-unmodified-since")


Refusal = tuple[int, str, str]
"""Status, S3's code, and a message."""


def refusal(method: str, target: str, headers: Mapping[str, str], root: Path) -> Refusal | None:
    """Why a request must not reach the store, if it must not."""
    parts = urlsplit(target)
    query = {name.lower(): value for name, value in parse_qsl(parts.query, keep_blank_values=True)}
    sent = {name.lower(): value for name, value in headers.items()}
    if "authorization" not in sent and "x-amz-signature" not in query:
        return 403, "AccessDenied", "Access Denied"
    if method not in QUERIES:
        return 405, "MethodNotAllowed", f"The method {method} is not allowed here."
    asked = [name for name in query if not name.startswith(ANYWHERE)]
    unknown = sorted({name for name in asked if name not in QUERIES[method]})
    if unknown or (method == "POST" and not asked):
        return _missing(f"the request ?{unknown[0]}" if unknown else "an upload by a form")
    if method in ("PUT", "POST"):
        for name, value in (*sent.items(), *query.items()):
            if _loses(name, value):
                return _missing(f"the header {name}: {value}")
    bucket, _, key = unquote(parts.path)[1:].partition("/")
    if method in ("GET", "HEAD"):
        return (404, "NoSuchKey", "The specified key does not exist.") if key[-1:] == "/" else None
    if method != "POST" and not key:
        return 403, "AccessDenied", "The buckets of a lab are declared in its stack file."
    return clash(root / bucket, key)


def refused_keys(target: str, body: bytes, root: Path) -> Refusal | None:
    """Why one of the keys that DeleteObjects names must not reach the store."""
    bucket = unquote(urlsplit(target).path).strip("/")
    try:
        keys = [one.text or "" for one in ElementTree.fromstring(body).iter() if _is_key(one.tag)]
    except ElementTree.ParseError as fault:
        return 400, "MalformedXML", str(fault)
    return next(filter(None, (clash(root / bucket, key) for key in keys)), None)


def clash(bucket: Path, key: str) -> Refusal | None:
    """Why a key cannot be beside what is there: keys are names, and here names of files.

    rclone takes `a/` for `a`, deletes `a` where it is to delete `a/b`, and hides for a while what
    is in `a` where it is to write `a`.
    """
    if key.endswith("/"):
        return _missing("keys that end with a slash")
    *above, _ = key.split("/")
    for count in range(1, len(above) + 1):
        if bucket.joinpath(*above[:count]).is_file():
            return _missing(f"keys below an object: {'/'.join(above[:count])} is one")
    if key and (bucket / key).is_dir():
        return _missing(f"objects beside others that are below them: {key} is a folder")
    return None


def _is_key(tag: str) -> bool:
    return tag == "Key" or tag.endswith("}Key")


def _missing(what: str) -> Refusal:
    return 501, "NotImplemented", f"The store of a lab on this machine does not have {what}."


def _loses(name: str, value: str) -> bool:
    if name in HARMLESS:
        said = {word.strip().lower() for word in value.split(",")}
        return not said <= set(HARMLESS[name])
    if name.startswith("x-amz-"):
        known = name in HEADERS or name.startswith("x-amz-checksum-")
        return not known and name.removeprefix("x-amz-") not in SIGNED
    return name in CONDITIONS
