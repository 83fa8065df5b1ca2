"""The six roles on AWS."""
