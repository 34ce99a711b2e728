"""Staff's side of coaching: every entity, by subject."""

from coaching.admin import appointments, billing, courses, people, practices, work

__all__ = ["appointments", "billing", "courses", "people", "practices", "work"]
