"""What the contract refuses: a number of its table (section 4) and a sentence."""

from enum import IntEnum


class Code(IntEnum):
    """The contract's error codes, by name."""

    API_ID_MISSING = 101
    API_KEY_MISSING = 102
    API_ID_UNKNOWN = 103
    API_KEY_WRONG = 104
    PRACTICE_INACTIVE = 105
    API_OFF = 106
    FUNCTION_MISSING = 201
    FUNCTION_UNKNOWN = 202
    VALUE = 301
    UNKNOWN_ID = 302
    EMAIL = 303
    DATE = 304
    TIME = 305
    NAME = 306
    UNKNOWN_COACH = 311
    COACH_INACTIVE = 312
    COACH_DOES_NOT_COACH = 313
    REMINDER_SHAPE = 321
    REMINDER_VALUE = 322
    CLIENT_EXISTS = 401
    CLIENT_INVITE_WITHOUT_LINK = 402
    CLIENT_REGISTERED = 403
    NO_SLOT = 404
    CLIENT_OWNS_DETAILS = 405
    COACH_EXISTS = 411
    COACH_INVITE_WITHOUT_LINK = 412
    COACH_REGISTERED = 413
    OWNER_STAYS = 414
    STILL_PRIMARY = 415
    OWNER_PERMISSIONS = 416
    ACTION_DONE = 420
    ACTION_CANCELED = 421
    RATE = 429
    METRIC_NOT_OWN = 430
    METRIC_DATE = 431
    ENGAGEMENT_OVERLAPS = 440
    ENGAGEMENT_CANCELED = 441
    ENGAGEMENT_COMPLETE = 442
    ALLOCATION = 443
    FILE_TOO_LARGE = 470
    NO_STORAGE = 471
    URL = 472
    ALREADY_PARTICIPANT = 481
    COACH_MAY_NOT_RUN = 482
    PAUSE = 483
    NUMBER_TAKEN = 491
    NO_LINES = 492
    LINES_SHAPE = 493
    LINE = 494
    SEND_TO = 495
    PAYMENT_AMOUNT = 496
    PAYMENT_IN_FUTURE = 497
    CLIENT_INACTIVE = 498


class Failure(Exception):
    """A call that is refused; nothing of it is kept."""

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
