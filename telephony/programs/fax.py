"""Programs that fax pages, or keep faxes that come in."""

from collections.abc import Iterable

from django.utils import timezone

from telephony.flow import Answer, Fact, Flow, HangUp, ReceiveFax, SendFax
from telephony.models import Account, Document, Program, ServiceFlag
from telephony.programs.base import ACCOUNT, FREESWITCH, CannotRender, Listens, Parameter, ProgramType
from telephony.programs.written import BY_PHONE

COVER = """{date:%Y-%m-%d}

To: [transmission:destination:phone]
From: [transmission:source:first_name] [transmission:source:last_name]
[transmission:source:email]"""


class SendDocument(ProgramType):
    """Fax a document."""

    name = "sendfax"
    service_flag = ServiceFlag.FAX
    parameters = (Parameter("document_id", int, row="document"), ACCOUNT)

    def compile(self, program: Program) -> Flow:
        document = Document.objects.filter(pk=program.data["document_id"]).first()
        return (fax(document, cover=_cover(program)), HangUp())

    def problem(self, facts: Iterable[Fact]) -> str:
        return fax_problem(facts, SendFax.application)


class ReceiveDocument(ProgramType):
    """Keep faxes that come to a number."""

    name = "receivefax"
    service_flag = ServiceFlag.FAX
    parameters = (BY_PHONE,)
    listens = Listens(FREESWITCH, "inbound")

    def compile(self, program: Program) -> Flow:
        return (Answer(), ReceiveFax(), HangUp())

    def problem(self, facts: Iterable[Fact]) -> str:
        facts = list(facts)
        kept = any((fact.type, fact.name) == ("message", "document") for fact in facts)
        return fax_problem(facts, ReceiveFax.application) or ("" if kept else "the fax was not kept")


class FaxToEmail(ReceiveDocument):
    """Keep faxes that come to a number, and mail them to its account."""

    name = "faxtoemail"


def fax(document: Document | None, *, header: str = "", cover: str = "") -> SendFax:
    """The step that faxes a document. Raises CannotRender when it is gone or has no pages."""
    if document is None:
        raise CannotRender("the document was deleted")
    if not document.file or not document.pages:
        raise CannotRender("the document has no pages yet")
    return SendFax(str(document.file), header or document.name, cover, document.pages)


def fax_problem(facts: Iterable[Fact], application: str) -> str:
    """Why a fax counts as failed though the call was answered; empty when its pages came over (ICTCore 4.6)."""
    found = {(fact.type, fact.name): fact.data for fact in facts}
    errors = [data for (kind, _), data in found.items() if kind == "error"]
    if errors or found.get(("application", application)) != "success":
        return next(filter(None, errors), "the fax failed")
    pages = found.get(("info", "pages"), "")
    return "" if pages.isdecimal() and int(pages) else "no page came over"


def _cover(program: Program) -> str:
    """The text of the cover page that the account wants in front of its faxes (ICTCore 4.5), if it wants one."""
    accounts = Account.objects.visible()
    if pk := program.data.get("account_id"):
        account = accounts.filter(pk=pk).first()
    else:
        account = accounts.filter(owner=program.owner, active=True).order_by("-pk").first()
    wanted = account is not None and account.settings.get("coverpage") == "sendcover"
    return COVER.format(date=timezone.localtime()) if wanted else ""
