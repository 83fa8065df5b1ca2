"""Settings: the stack file, and the lab that it describes."""
