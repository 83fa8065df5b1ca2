"""The import queries cover what is declared, and fit the SDK, and gcloud where there is one."""

from __future__ import annotations

import importlib
import inspect
import os
import re
import shutil
import subprocess
from pathlib import Path
from string import Template

import pytest

from mllab.accounts.gcp.imports import IMPORT_QUERIES, MORE
from mllab.accounts.responses import filled
from tests.accounts.project import (
    REGION,
)

GCLOUD = shutil.which("gcloud")
NOBODY = "127.0.0.1:9"


@pytest.mark.parametrize("type", IMPORT_QUERIES)
def test_ids_have_the_form_of_the_import_that_the_sdk_documents(type: str) -> None:
    query, (_, path, name) = IMPORT_QUERIES[type], type.split(":")
    sdk = getattr(importlib.import_module(f"pulumi_gcp.{path.split('/')[0]}"), name)
    inputs = {
        re.sub("_([a-z0-9])", lambda found: found[1].upper(), each)
        for each in inspect.signature(sdk._internal_init).parameters
    }
    used = {
        name
        for text in (query.id, *query.words, *query.where.values())
        for name in Template(text).get_identifiers()
    }
    nested = {"userLabels_stack", "userLabels_name", "budgetFilter_projects_0", "path"}
    assert used <= inputs | nested | {"project", "region", "zone", "scheduler"}
    source = inspect.getsource(sdk)
    examples = set(re.findall(rf"\$ pulumi import {type} \S+ (\S+)", source))
    if not examples or "$path" in query.id:
        return  # not documented there, or as the cloud made it
    spelt = {"repository_id": "repositoryId", "instance": "instanceName"}
    plain = {re.sub(r"{{(\w+)}}", lambda f: f"${spelt.get(f[1], f[1])}", each) for each in examples}
    plain |= {each.replace("$instanceName", "$instance") for each in plain}
    assert query.id.partition(" ")[0] in plain


OTHERS = (
    "services list --enabled",
    "projects describe x",
    "compute project-info describe",
    "compute regions describe us-central1",
    "compute machine-types list --filter=name=x --zones=us-central1-a,us-central1-b",
    "compute accelerator-types list --filter=name=x",
    "compute instances list --filter=name=(x)",
    "beta quotas info list --service=aiplatform.googleapis.com",
)


def asked_words() -> list[str]:
    given = {
        name: "x"
        for query in ALL
        for word in query.words
        for name in Template(word).get_identifiers()
    }
    given["region"] = REGION
    lines = {" ".join(filled(list(query.words), given)) for query in ALL}
    return sorted({*lines, *OTHERS})


ALL = [*IMPORT_QUERIES.values(), *(query for query, *_ in MORE.values())]


@pytest.mark.skipif(GCLOUD is None, reason="no gcloud on PATH")
@pytest.mark.parametrize("words", asked_words())
def test_gcloud_knows_what_is_asked(words: str, tmp_path: Path) -> None:
    """It stops where it needs a login, which is after it has understood."""
    assert GCLOUD
    done = subprocess.run(
        [GCLOUD, *words.split(), "--project=my-course", "--format=json"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "CLOUDSDK_CONFIG": str(tmp_path),
            "CLOUDSDK_CORE_DISABLE_PROMPTS": "1",
            # It would look for the credentials of a machine of Google's all the same.
            "GCE_METADATA_ROOT": NOBODY,
            "GCE_METADATA_HOST": NOBODY,
            "GCE_METADATA_IP": NOBODY,
        },
    )
    assert done.returncode == 1, "2 is what it says to words that it does not know"
    assert re.search("active account selected|NoActiveAccount", done.stderr), done.stderr


def test_questions_change_nothing() -> None:
    for words in asked_words():
        assert re.search(r" (list|get-iam-policy|describe)( |$)", words), words
