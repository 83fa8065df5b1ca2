"""What is peculiar to single types of Google Cloud: one module per service."""
