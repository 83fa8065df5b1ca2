"""The roles of a lab on this machine."""
