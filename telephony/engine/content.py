"""What an attempt carries: the rendered message and the number or address it comes from."""

from django.conf import settings

from telephony.engine.due import Row
from telephony.models import Account, Campaign, Program, ServiceFlag
from telephony.programs import message_of
from telephony.programs.base import CannotRender
from telephony.programs.rendering import Message, facts_under

CONTACT_FACTS = (
    *("first_name", "last_name", "phone", "email", "address"),
    *("custom1", "custom2", "custom3", "description"),
)
ACCOUNT_FACTS = ("first_name", "last_name", "username", "phone", "email", "address")
OF_CONTACT = {f"transmission:{side}:{name}": name for side in ("contact", "destination") for name in CONTACT_FACTS}


class Contents:
    """Compiles each program and reads each account once a claim, then renders row after row."""

    def __init__(self, campaign: Campaign | None) -> None:
        self.campaign = campaign
        self.messages: dict[int, Message | CannotRender] = {}
        self.accounts: dict[int | None, Account | None] = {None: None}
        self.fixed: dict[tuple[int, int | None], dict[str, str]] = {}  # what is the same for all contacts

    def content(self, row: Row) -> str:
        """The rendered flow as JSON text. Raises CannotRender."""
        if row.own_content:
            return row.own_content
        message = self._message(row.program_id)
        if isinstance(message, CannotRender):
            raise message
        return message.constant or message.render(self._facts(row, message))

    def source(self, row: Row) -> str:
        """Who the called person sees: the campaign's source, the account's number or address, or the company's."""
        account = self._account(row.account_id)
        if row.service_flag == ServiceFlag.EMAIL:
            return (account and account.email) or settings.COMPANY["email"]
        if self.campaign and self.campaign.source:
            return self.campaign.source
        return (account and (account.e164 or account.phone)) or settings.COMPANY["phone"]

    def _message(self, pk: int) -> Message | CannotRender:
        if pk not in self.messages:
            program = Program.objects.get(pk=pk)
            self.fixed[pk, None] = {"program:name": program.name} | facts_under("company", settings.COMPANY)
            try:
                self.messages[pk] = message_of(program)
            except CannotRender as error:
                self.messages[pk] = error
        return self.messages[pk]

    def _account(self, pk: int | None) -> Account | None:
        if pk not in self.accounts:
            self.accounts[pk] = Account.objects.filter(pk=pk).first() if pk else None
        return self.accounts[pk]

    def _facts(self, row: Row, message: Message) -> dict[str, str]:
        facts = dict(self._fixed(row.program_id, row.account_id))
        facts["transmission:title"] = row.title
        for token in message.tokens & OF_CONTACT.keys():
            facts[token] = getattr(row, OF_CONTACT[token])
        return facts

    def _fixed(self, program_id: int, account_id: int | None) -> dict[str, str]:
        if (program_id, account_id) not in self.fixed:
            account = self._account(account_id)
            ours = {name: getattr(account, name) for name in ACCOUNT_FACTS}
            both = facts_under("transmission:account", ours) | facts_under("transmission:source", ours)
            self.fixed[program_id, account_id] = self.fixed[program_id, None] | both
        return self.fixed[program_id, account_id]
