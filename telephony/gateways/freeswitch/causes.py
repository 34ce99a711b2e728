"""What a switch says of the end of a call, in our own words."""

BUSY, NO_ANSWER, REJECTED, UNREACHABLE = "busy", "no answer", "rejected", "unreachable"
ANSWERED, MACHINE = "answered", "machine"

WORDS = {
    BUSY: ("USER_BUSY", "BUSY_EVERYWHERE"),
    NO_ANSWER: (
        *("NO_ANSWER", "NO_USER_RESPONSE", "ALLOTTED_TIMEOUT", "PROGRESS_TIMEOUT", "NO_PICKUP"),
        *("ORIGINATOR_CANCEL", "RECOVERY_ON_TIMER_EXPIRE"),
        *("SYSTEM_SHUTDOWN", "MANAGER_REQUEST"),  # our side gave up before anybody answered
    ),
    UNREACHABLE: (
        *("UNALLOCATED_NUMBER", "NO_ROUTE_DESTINATION", "NUMBER_CHANGED", "INVALID_NUMBER_FORMAT"),
        *("SUBSCRIBER_ABSENT", "USER_NOT_REGISTERED", "DESTINATION_OUT_OF_ORDER", "DOES_NOT_EXIST_ANYWHERE"),
    ),
}
OURS = {cause: word for word, causes in WORDS.items() for cause in causes}
# With these nobody's telephone rang: the trunk is not there, full, or not allowed to. A time-out never is one of them.
REFUSALS = frozenset(
    [
        *("INVALID_GATEWAY", "GATEWAY_DOWN", "INVALID_PROFILE", "INVALID_URL", "CHAN_NOT_IMPLEMENTED"),
        *("NORMAL_CIRCUIT_CONGESTION", "SWITCH_CONGESTION", "REQUESTED_CHAN_UNAVAIL", "CHANNEL_UNACCEPTABLE"),
        *("NETWORK_OUT_OF_ORDER", "NORMAL_TEMPORARY_FAILURE", "SERVICE_UNAVAILABLE", "NO_ROUTE_TRANSIT_NET"),
        *("FACILITY_NOT_SUBSCRIBED", "OUTGOING_CALL_BARRED", "BEARERCAPABILITY_NOTAVAIL", "SERVICE_NOT_IMPLEMENTED"),
        *("BEARERCAPABILITY_NOTAUTH", "FACILITY_NOT_IMPLEMENTED", "BEARERCAPABILITY_NOTIMPL", "EXCHANGE_ROUTING_ERROR"),
    ]
)

# A switch says this also of a call that it did not begin, as beyond its own limit of sessions.
NOT_BEGUN = "DESTINATION_OUT_OF_ORDER"


def our_word(cause: str) -> str:
    """The word under which a call that was not answered is counted."""
    return OURS.get(cause, REJECTED)


def is_refusal(cause: str) -> bool:
    """Whether the trunk certainly did not take the call, so that another one may be tried."""
    return cause in REFUSALS


def cause_in(answer: str) -> str:
    """The cause in an answer such as `-ERR USER_BUSY`."""
    return answer.removeprefix("-ERR").strip().split(" ")[0][:64] or "NONE"
