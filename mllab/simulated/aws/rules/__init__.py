"""What is peculiar to single types of AWS: one module per service."""
