"""The six roles on Google Cloud."""
