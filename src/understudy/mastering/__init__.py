"""What leaves the house beside the film: contact sheets and comparisons."""
