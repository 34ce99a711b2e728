"""Notices: what other parts of the house have written themselves, each message for one person."""

from telephony.flow import Flow
from telephony.models import Program, ServiceFlag
from telephony.programs.base import CannotRender, ProgramType


class Notice(ProgramType):
    """Stands for messages that carry their own flow. Made by `services.notices`, not by callers."""

    parameters = ()

    def __init__(self, name: str, service_flag: ServiceFlag) -> None:
        self.name = name
        self.service_flag = service_flag

    def compile(self, program: Program) -> Flow:
        raise CannotRender("each of its messages was written for one person")
