"""The web application as the supervisor runs it: no worker process outlives the server that started it."""

from config.processes import die_with_parent
from config.wsgi import application

die_with_parent()

__all__ = ["application"]
