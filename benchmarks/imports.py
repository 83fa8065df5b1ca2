"""Imports what declaring a lab on AWS imports, and does nothing: what no engine can save."""

from components.aws import budget, cluster, network, notebook, registry, storage
from mllab import program

__all__ = ["budget", "cluster", "network", "notebook", "program", "registry", "storage"]
