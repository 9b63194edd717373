"""Where rows and image files come from. A source knows the columns that are wanted, and not what they mean."""
