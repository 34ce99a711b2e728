"""The back office's screens of leads; importing this registers them."""

from leads.admin import finding, groups, leads, partners

__all__ = ["finding", "groups", "leads", "partners"]
