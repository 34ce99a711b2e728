"""The product's settings, and beside its addresses the bare views that it is measured against."""

from config.settings import *  # noqa: F403

ROOT_URLCONF = "tests.bench.bare"
