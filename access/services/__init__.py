"""Every write of access: users, keys, signing in, tokens."""

from access.services.answers import answer_once, prune_answers
from access.services.granting import may_grant, may_manage
from access.services.keys import (
    BadKey,
    KeyNotAllowedHere,
    create_api_key,
    find_api_key,
    revoke_api_key,
    rotate_api_key,
    update_api_key,
)
from access.services.roles import (
    add_role_permission,
    create_permission,
    create_role,
    delete_permission,
    delete_role,
    remove_role_permission,
    update_role,
)
from access.services.settings import delete_setting, setting_of, write_setting
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
from access.services.users import (
    add_permission,
    add_role,
    create_user,
    delete_user,
    remove_permission,
    remove_role,
    set_password,
    update_user,
)

__all__ = [
    "BadCredentials",
    "BadKey",
    "BadToken",
    "KeyNotAllowedHere",
    "SignInUnavailable",
    "Tokens",
    "TooManyAttempts",
    "add_permission",
    "add_role",
    "add_role_permission",
    "answer_once",
    "cancel_tokens",
    "check_sign_in",
    "create_api_key",
    "create_permission",
    "create_role",
    "create_user",
    "delete_permission",
    "delete_role",
    "delete_setting",
    "delete_user",
    "find_api_key",
    "find_user",
    "issue_tokens",
    "may_grant",
    "may_manage",
    "prune_answers",
    "prune_tokens",
    "refresh_tokens",
    "remove_permission",
    "remove_role",
    "remove_role_permission",
    "revoke_api_key",
    "rotate_api_key",
    "set_password",
    "setting_of",
    "sign_in",
    "sign_in_again",
    "update_api_key",
    "update_role",
    "update_user",
    "write_setting",
]
