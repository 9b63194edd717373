"""Files on disk: where the user's lie, and what kind of file system holds them."""
