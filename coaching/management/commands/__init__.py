"""Commands of coaching."""
