"""Click to call: the program that joins an extension of the house with a number."""

from django.db.models import Q

from telephony.flow import Bridge, Flow, HangUp, Ring
from telephony.models import Account, Program, ServiceFlag
from telephony.programs.base import CannotRender, Parameter, ProgramType

CLICK_TO_CALL = "call"


class ClickToCall(ProgramType):
    """Ring an extension, then the contact, and join them. Made by `services.calls`, not by callers."""

    name = CLICK_TO_CALL
    service_flag = ServiceFlag.VOICE
    parameters = (Parameter("extension", maximum=6),)

    def compile(self, program: Program) -> Flow:
        number = program.data["extension"]
        extension = extension_for(program, number)
        if extension is None:
            raise CannotRender(f"extension {number} is not known")
        return (Ring(extension.username), Bridge(), HangUp())


def extension_for(program: Program, number: str) -> Account | None:
    """The active extension of that name or number which the program's owner may ring; its name comes first."""
    named = Q(username=number) | Q(phone=number)
    rows = Account.objects.visible().filter(named, type=Account.Type.EXTENSION, active=True)
    owner = program.owner
    if owner is None or not owner.sees_all("account"):
        rows = rows.filter(owner=owner)
    return min(rows, key=lambda row: (row.username != number, row.pk), default=None)
