"""Agreement.*: what clients are asked to agree to."""

from datetime import date

from coaching.models import Agreement, AgreementTemplate, Client, Coach
from coaching.rpc.call import Call, Reply, added, deleted, loaded
from coaching.rpc.functions.common import OF_CLIENT, between, matching, prefixed
from coaching.rpc.parameters import Bool, Date, Enum, Str
from coaching.rpc.refs import ClientRef, CoachRef, Ref, primary_coach
from coaching.rpc.registry import function
from coaching.rpc.shapes import Column, Shape
from coaching.services import agreements
from coaching.services.clock import end_of, start_of

TITLE = Str("title", "filter, prefix match")
INCLUDE_CONTENT = Bool("includeContent", "true = include the HTML body", default=False)
TEMPLATES = Shape(
    (Column("ID", "int", "pk"), Column("title", "string", "title"), Column("content", "string", "content"))
)
AGREEMENTS = Shape(
    (
        Column("ID", "int", "pk"),
        Column("ClientID", "int", "client_id"),
        Column("dateIssued", "datetime", "issued_at"),
        Column("dateAgreed", "datetime", "agreed_at"),
        Column("title", "string", "title"),
        Column("content", "string", "content"),
    )
)
OUTSTANDING, AGREED = "O", "A"


@function("Agreement.getTemplates", TITLE, INCLUDE_CONTENT, results="loaded empty", returns=TEMPLATES)
def get_templates(call: Call, include_content: bool, title: str | None = None) -> Reply:
    """Agreement templates."""
    rows = prefixed(AgreementTemplate.objects.filter(practice=call.practice), "title", title).order_by("-pk")
    return loaded((TEMPLATES if include_content else TEMPLATES.without("content")).read(rows, call))


@function(
    "Agreement.issue",
    ClientRef("ClientID", "client acted on", required=True, active=True),
    CoachRef("CoachID", "issuer; default the client's primary coach", team=True, working=True, fallback=primary_coach),
    Ref(
        "AgreementTemplateID",
        "from `Agreement.getTemplates`",
        required=True,
        key="template",
        model=AgreementTemplate,
        within="practice",
    ),
    Str("title", "default the template's title", default="", maximum=200),
    results="added",
    errors=(301, 302, 311, 312, 313, 498),
    returns={"AgreementID": "int"},
)
def issue(call: Call, client: Client, coach: Coach, template: AgreementTemplate, title: str) -> Reply:
    """Issue an agreement to a client, who is told by email."""
    agreement = agreements.issue(client=client, coach=coach, template=template, title=title)
    return added("Agreement issued.", AgreementID=agreement.pk)


@function(
    "Agreement.getAll",
    OF_CLIENT,
    TITLE,
    INCLUDE_CONTENT,
    Enum("which", "O not yet agreed · A agreed · B both", default="A", choices=("O", "A", "B")),
    Date("dateFrom", "issued on/after"),
    Date("dateTo", "issued on/before"),
    results="loaded empty",
    errors=(302, 304),
    returns=AGREEMENTS,
)
def get_all(
    call: Call,
    include_content: bool,
    which: str,
    client: Client | None = None,
    title: str | None = None,
    date_from: date | None = None,
    date_to: date | None = None,
) -> Reply:
    """List issued agreements, by default those that were agreed to."""
    rows = matching(Agreement.objects.filter(client__practice=call.practice), client=client)
    first = start_of(date_from, call.zone) if date_from else None
    last = end_of(date_to, call.zone) if date_to else None
    rows = between(prefixed(rows, "title", title), "issued_at", first, last)
    if which == OUTSTANDING:
        rows = rows.filter(agreed_at=None)
    elif which == AGREED:
        rows = rows.exclude(agreed_at=None)
    shape = AGREEMENTS if include_content else AGREEMENTS.without("content")
    return loaded(shape.read(rows.order_by("-issued_at", "-pk"), call))


@function("Agreement.delete", Ref("AgreementID", required=True, model=Agreement), results="deleted", errors=(301, 302))
def delete(call: Call, agreement: Agreement) -> Reply:
    """Delete an agreement."""
    agreement.delete()
    return deleted(True, "Agreement deleted.")
