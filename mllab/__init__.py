"""What surrounds the declaration: settings, engines, simulated clouds, and later money, rules and teardown."""
