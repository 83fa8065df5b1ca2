"""What is peculiar to single types of Azure: one module per service."""
