"""Account.*: whose the credentials are."""

from coaching.rpc.call import Call, Reply, loaded
from coaching.rpc.registry import function

OWNER = {"firstName": "string", "lastName": "string", "lasName": "string", "email": "string", "username": "string"}


@function("Account.me", results="loaded", returns=OWNER)
def me(call: Call) -> Reply:
    """Who the credentials belong to.

    The official page misspells the second key `lasName`; both spellings are sent.
    """
    owner = call.practice.owner
    if owner is None:
        return loaded(dict.fromkeys(OWNER, ""))
    names = {"firstName": owner.first_name, "lastName": owner.last_name, "lasName": owner.last_name}
    return loaded(names | {"email": owner.email, "username": owner.email})
