"""The six roles on Azure."""
