"""From a rendered face and its plate to a composite."""
