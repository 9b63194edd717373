"""From a row to an item: its columns, options, gold answers and images."""
