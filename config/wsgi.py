"""The WSGI entry point."""

import os

from django.core.wsgi import get_wsgi_application

from config.bodies import with_length

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = with_length(get_wsgi_application())
