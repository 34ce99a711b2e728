"""What operators type about coaching."""
