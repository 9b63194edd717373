"""What a comparison or a decision says, for people, machines and CI systems."""
