"""What a gate says, for people, machines and CI systems."""
