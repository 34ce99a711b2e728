"""What the doors refuse that no service knows of."""

from access.refusals import Refused


class NotImplementedYet(Refused):
    """The contract names it, this house does not do it (ICTCore 1.2)."""

    code = 501
    message = "Feature not implemented"
