"""Questions for images of one's own: made by a model, and kept where they need the image."""
