"""How the OpenAPI document describes what is not list, read, make, change or delete of users and roles."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema

from access.api.schema import an_id, answers, shown
from access.api.serializers.roles import RoleSerializer
from access.api.serializers.users import NewPasswordSerializer, UserSerializer

REFUSED = 404, 423
NOTHING = OpenApiResponse(description="Done; the body is empty")
RULE = (
    "Nobody gives or takes a right without holding it, or works on somebody who holds more; who holds the whole stem "
    "`role`, as the role `admin` does, may give and take all rights. The last active user who may manage users and "
    "roles stays (423)."
)
VALUE = {
    "description": "Any JSON value but null; a body of another content type is a text.",
    "oneOf": [{"type": name} for name in ("string", "number", "boolean", "object", "array")],
}
KEPT = (
    "A name is 1 to 64 of `a-z 0-9 _ : . -`, a value at most 4096 bytes. A value whose name ends in `password`, "
    "`secret` or `token` is read by its user alone (403); who may manage the user may write it."
)


def _setting(summary: str, success: Any, *errors: int, request: Any = None, **more: Any) -> Any:
    responses = answers(success, *errors)
    return extend_schema(summary=summary, description=KEPT, request=request, responses=responses, **more)


create_user = extend_schema(
    summary="Make a user",
    description="Inactive unless `active` is 1. An account is made with the user. `country_id` and "
    "`timezone_id` are numbers out of tables of the client's own: they are kept and answered as given, and have no "
    "effect; `country` and `timezone` have.",
    responses=answers(an_id("user_id"), 412, 417),
    examples=[
        OpenApiExample(
            "Request",
            value={"username": "ann", "passwd": "a good long one", "email": "ann@example.com", "active": 1},
            request_only=True,
        ),
        OpenApiExample("Reply", value={"user_id": 7}, response_only=True),
    ],
)
password = extend_schema(
    summary="Give a user, by default oneself, a new password",
    description="Whoever is signed in as the user must sign in again. API keys go on working.",
    request=NewPasswordSerializer,
    responses=answers(shown(UserSerializer), 404, 412, 429, 503),
    examples=[OpenApiExample("Request", value={"password": "a better longer one"}, request_only=True)],
)
add_role = extend_schema(
    summary="Let a user hold a role", description=RULE, request=None, responses=answers(shown(UserSerializer), 404)
)
remove_role = extend_schema(
    summary="Take a role from a user", description=RULE, request=None, responses=answers(NOTHING, *REFUSED)
)
add_permission = extend_schema(
    summary="Let a user hold a permission directly",
    description=RULE,
    request=None,
    responses=answers(shown(UserSerializer), 404),
)
remove_permission = extend_schema(
    summary="Take a directly held permission from a user",
    description=RULE,
    request=None,
    responses=answers(NOTHING, *REFUSED),
)
add_role_permission = extend_schema(
    summary="Let a role hold a permission",
    description=RULE,
    request=None,
    responses=answers(shown(RoleSerializer), 404),
)
remove_role_permission = extend_schema(
    summary="Take a permission from a role", description=RULE, request=None, responses=answers(NOTHING, *REFUSED)
)
read_setting = _setting("Read a value that a user keeps", VALUE, 404)
write_setting = _setting(
    "Keep a value for a user",
    VALUE,
    *(404, 412),
    request={"application/json": VALUE, "text/plain": {"type": "string"}},
    examples=[OpenApiExample("Request", value="https://crm.example.com", request_only=True)],
)
delete_setting = _setting("Forget a value that a user keeps", NOTHING, 404)
