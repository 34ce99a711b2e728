"""Readers of files from strangers. They run in a short-lived process of their own (`__main__`), without Django."""


class Unreadable(Exception):
    """A file that is refused; the message goes on after `media: `, for whoever sent it."""
