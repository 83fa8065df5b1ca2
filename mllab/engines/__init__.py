"""Engines turn a declaration into a plan and a plan into resources, all behind `contract.Engine`."""
