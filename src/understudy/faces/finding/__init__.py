"""One frame by itself: where its faces are, and their landmarks."""
