"""What surrounds the real Pulumi engine: its binary, backend, secrets, account and backups."""
