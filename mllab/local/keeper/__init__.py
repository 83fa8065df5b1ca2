"""What keeps a lab on this machine to its limits: idle and daily stop, last day, budget."""
