"""From a row to items: their questions, options, gold answers and images. It knows no files but images."""
