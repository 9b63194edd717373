"""Files on disk: where the user's lie, what kind of file system holds them, and what JSON can say."""
