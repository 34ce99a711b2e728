"""The desk of bookings: staff's screens; importing this registers them."""

from bookings.admin import bookings, catalogue, customers, finding, keys, operators, verifications

__all__ = ["bookings", "catalogue", "customers", "finding", "keys", "operators", "verifications"]
