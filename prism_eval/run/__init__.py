"""A plan carried out: assembled, streamed through the stages, written to a folder, replayed."""
