"""What access tells the apps above it."""

from django.dispatch import Signal

# Sent inside the transaction that stores a user, with `user` and `created`: a receiver that raises undoes the write.
user_saved = Signal()
