"""Where rows come from: a folder of Parquet or JSON Lines files, an archive, the hub, CapRL's question files."""
