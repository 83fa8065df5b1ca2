"""Imports what declaring a lab on AWS imports, and does nothing: what no engine can save."""

import sys
from types import ModuleType

from components.aws import budget, cluster, network, notebook, registry, storage
from mllab import program

__all__ = ["budget", "cluster", "network", "notebook", "program", "registry", "storage"]

# The SDK's packages load when something in them is first asked for, whatever it is.
for name, ours in list(sys.modules.items()):
    if name.startswith("components.aws."):
        for part in list(vars(ours).values()):
            if isinstance(part, ModuleType):
                hasattr(part, "anything")
