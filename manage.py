#!/usr/bin/env python
"""Django's command line."""

import os
import sys


def main(arguments: list[str]) -> None:
    """Run a command. What the person at the terminal can mend is told in a sentence; --traceback shows the rest."""
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line
    from django.db import OperationalError
    from environs import EnvError

    from config.processes import CannotStart

    try:
        execute_from_command_line(arguments)
    except (CannotStart, EnvError, ImproperlyConfigured, OperationalError, OSError) as error:
        if "--traceback" in arguments:
            raise
        sys.exit(str(error))


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    main(sys.argv)
