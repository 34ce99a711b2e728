"""The back office's screens of leads; importing this registers them."""

from leads.admin import groups, leads, partners

__all__ = ["groups", "leads", "partners"]
