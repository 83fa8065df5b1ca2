"""What surrounds the declaration: settings, engines, simulated clouds, and what people see."""
