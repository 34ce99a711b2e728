"""Every write of access: users, keys, signing in, tokens."""

from access.services.keys import (
    BadKey,
    KeyNotAllowedHere,
    create_api_key,
    find_api_key,
    revoke_api_key,
    rotate_api_key,
    update_api_key,
)
from access.services.signing_in import (
    BadCredentials,
    SignInUnavailable,
    TooManyAttempts,
    check_sign_in,
    find_user,
    sign_in,
    sign_in_again,
)
from access.services.tokens import BadToken, Tokens, cancel_tokens, issue_tokens, prune_tokens, refresh_tokens
from access.services.users import create_user, may_manage, set_password, update_user

__all__ = [
    "BadCredentials",
    "BadKey",
    "BadToken",
    "KeyNotAllowedHere",
    "SignInUnavailable",
    "Tokens",
    "TooManyAttempts",
    "cancel_tokens",
    "check_sign_in",
    "create_api_key",
    "create_user",
    "find_api_key",
    "find_user",
    "issue_tokens",
    "may_manage",
    "prune_tokens",
    "refresh_tokens",
    "revoke_api_key",
    "rotate_api_key",
    "set_password",
    "sign_in",
    "sign_in_again",
    "update_api_key",
    "update_user",
]
