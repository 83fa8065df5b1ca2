"""The settings of a lab, as pydantic models: what a stack file means."""
