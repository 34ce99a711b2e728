"""The pages behind the links of our mails: an invitation, an invoice."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods, require_safe

from coaching.services import invitations, invoice_mail


@never_cache
@csrf_protect
@require_http_methods(["GET", "HEAD", "POST"])
def enter(request: HttpRequest, token: str) -> HttpResponse:
    """Show an invitation; accept it when its button is pressed, so that a mail scanner's look does not use it up."""
    link = invitations.find_link(token=token)
    is_accepted = link is not None and request.method == "POST" and invitations.accept(link=link)
    person = link and (link.coach or link.client)
    context = {"person": person, "practice": person and person.practice, "is_accepted": is_accepted}
    return _page(request, "coaching/invitation.html", context, is_found=person is not None)


@never_cache
@require_safe
def show_invoice(request: HttpRequest, token: str) -> HttpResponse:
    """Show an invoice to whoever has its link."""
    invoice = invoice_mail.find_invoice(token=token)
    context = invoice and {
        "invoice": invoice,
        "practice": invoice.practice,
        "to": invoice.client or invoice.company or invoice.billed_name,
        "items": [(line.item, invoice_mail.money(line.amount, invoice)) for line in invoice.lines.all()],
        "sums": invoice_mail.sums(invoice),
    }
    return _page(request, "coaching/invoice.html", context or {}, is_found=invoice is not None)


def _page(request: HttpRequest, template: str, context: dict, *, is_found: bool) -> HttpResponse:
    answer = render(request, template, context, status=200 if is_found else 404)
    # The address is a secret. With no-referrer a browser would send the form with `Origin: null`, which is refused.
    answer["Referrer-Policy"] = "same-origin"
    return answer
