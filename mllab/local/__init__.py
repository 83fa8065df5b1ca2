"""A lab on this machine: real processes, ports and folders behind the provider contract."""
