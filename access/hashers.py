"""How passwords are hashed."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class Argon2idPasswordHasher(Argon2PasswordHasher):
    """Argon2id at 19 MiB, two passes, one lane: about 50 ms, OWASP's minimum. Django's default costs eight times it."""

    memory_cost = 19 * 1024  # KiB
    time_cost = 2
    parallelism = 1
