"""What stands before a face and must stay visible."""
