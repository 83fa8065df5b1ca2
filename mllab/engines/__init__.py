"""Engines turn declarations into plans, and plans into resources, behind `contract.Engine`."""
