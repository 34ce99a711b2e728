"""What coaches and clients see: so far, the door that an invitation opens."""
