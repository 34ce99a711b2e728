"""The web application as the supervisor runs it: no worker process outlives the server that started it."""

from config.processes import die_with_parent

die_with_parent()  # before the product is loaded, which takes a while

from config.wsgi import application  # noqa: E402

__all__ = ["application"]
