"""What a lab costs, without asking a cloud: prices with their dates and sources, meters, sums."""
