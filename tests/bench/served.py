"""The WSGI application that is measured: the product, and below /bare/ Django without any middleware."""

import os
from collections.abc import Callable, Iterable
from typing import Any

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.bench.settings"

from config.processes import die_with_parent

die_with_parent()

from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.test import override_settings  # noqa: E402

product = get_wsgi_application()
with override_settings(MIDDLEWARE=[]):
    bare = get_wsgi_application()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    chosen = bare if environ["PATH_INFO"].startswith("/bare/") else product
    return chosen(environ, start_response)
