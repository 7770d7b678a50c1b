"""Who a face belongs to, and which tracks show one person."""
