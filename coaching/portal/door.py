"""The door of the portal: signing in by a mailed link, the cookie of a visit, and who a page is for."""

from collections.abc import Callable
from functools import wraps
from typing import Any, NamedTuple, TypeVar

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from access.addresses import client_address
from access.refusals import Refused
from coaching.failures import Failure
from coaching.models import Client, Coach, Visit
from coaching.services import invitations, visits
from coaching.services.clock import clocks_of

COOKIE, PLACE, SIGN_IN = "coachhouse_portal", "/portal", "portal-sign-in"
# Pages of the portal run no script, nor can what coaches write on them. Who may frame them is said elsewhere.
POLICY = "default-src 'none'; style-src 'self'; img-src 'self' data: https:; form-action 'self'; base-uri 'none'"

ROWS = 50  # on one page of a list
DIGITS = 19  # of the largest id
WORTH_KEEPING = 20  # characters of a text that nobody wants to write again

View = Callable[..., HttpResponseBase]
Row = TypeVar("Row", bound=Model)


class First(NamedTuple):
    """The first rows of a list, and whether there are more."""

    rows: list[Any]
    has_more: bool


class Who(forms.Form):
    """Whose mailbox the link goes to."""

    email = forms.EmailField(max_length=128, label="Your email address")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponseBase:
    """Ask for a link; the answer is the same whether there is somebody of that address or not."""
    if visit := find(request):
        return redirect(home_of(visit.person))
    form, is_sent = Who(request.POST or None), False
    if form.is_valid():
        try:
            visits.mail_links(email=form.cleaned_data["email"], address=client_address(request))
            is_sent = True
        except visits.TooManyAsked:
            form.add_error(None, "Too many links were asked for from here. Please try again in a while.")
    return page(request, "coaching/portal/sign_in.html", {"form": form, "is_sent": is_sent})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def enter(request: HttpRequest, token: str) -> HttpResponseBase:
    """Show what a link is for; use it when its button is pressed, so that a mail scanner's look does not use it up."""
    link = invitations.find_link(token=token)
    if link and request.method == "POST" and (opened := visits.open_visit(link=link)):
        answer = redirect(home_of(link.person))
        lasts = int(visits.LASTS.total_seconds())
        answer.set_cookie(
            COOKIE, opened, lasts, path=PLACE, secure=settings.SESSION_COOKIE_SECURE, httponly=True, samesite="Lax"
        )
        return answer
    context = {"person": link and link.person, "practice": link and link.person.practice}
    return page(request, "coaching/portal/enter.html", context, status=200 if link else 404)


@never_cache
@require_POST
def sign_out(request: HttpRequest) -> HttpResponseBase:
    """End the visit, or with `everywhere` all of the same person."""
    if visit := find(request):
        visits.end_visit(visit=visit, everywhere="everywhere" in request.POST)
    answer = redirect(SIGN_IN)
    answer.delete_cookie(COOKIE, path=PLACE, samesite="Lax")
    return answer


def missing(request: HttpRequest, anything: str = "") -> HttpResponse:
    """What is said where there is no page, or none for whoever asks."""
    return page(request, "coaching/portal/missing.html", {}, status=404)


def find(request: HttpRequest) -> Visit | None:
    """The visit that a browser is on."""
    return visits.find_visit(token=request.COOKIES.get(COOKIE, ""))


def home_of(person: Coach | Client) -> str:
    """The name of somebody's first page."""
    return "portal-home" if isinstance(person, Client) else "portal-coach"


def for_client(view: View) -> View:
    """A page for clients: `view` gets the request, the client and what the address names."""
    return _for("client", view)


def for_coach(view: View) -> View:
    """A page for coaches: `view` gets the request, the coach and what the address names."""
    return _for("coach", view)


def page(request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """A page of the portal; whoever is signed in is known to it, and what time it is."""
    if visit := getattr(request, "visit", None):
        person = visit.person
        frame = {"is_active": person.is_active, "now": timezone.now(), "today": timezone.localdate()}
        context = {"client": visit.client, "coach": visit.coach, **frame, **context}
    answer = render(request, template, context, status=status)
    answer["Content-Security-Policy"] = POLICY
    # Addresses may be secrets. With no-referrer a browser would send forms with `Origin: null`, which are refused.
    answer["Referrer-Policy"] = "same-origin"
    return answer


def held(rows: QuerySet[Row], request: HttpRequest, pk: object) -> Row:
    """One of some rows, held to the end of a request that changes something. Raises Http404."""
    if request.method == "POST":
        rows = rows.select_for_update(of=("self",), no_key=True)
    number = str(pk)
    is_one = number.isascii() and number.isdecimal() and len(number) <= DIGITS
    return get_object_or_404(rows, pk=int(number) if is_one else 0)


def part(request: HttpRequest, rows: QuerySet[Row]) -> Page[Row]:
    """The part of a list that the address asks for by `page`."""
    return Paginator(rows, ROWS).get_page(request.GET.get("page"))


def first(rows: QuerySet[Any], most: int) -> First:
    """So many rows of a list that is not paged, with whether there are more."""
    found = list(rows[: most + 1])
    return First(found[:most], len(found) > most)


def done(request: HttpRequest, action: Callable[[], Any], said: str, *, otherwise: str = "") -> bool:
    """Do something, and have the next page say so, or why it was refused; says whether it was done.

    With `otherwise` an action that answers False did nothing, which is said in these words.
    """
    try:
        with transaction.atomic():
            is_done = action()
    except (Failure, Refused) as refused:  # by coaching, or by telephony that is to tell somebody of it
        messages.error(request, refused.message)
        return False
    if otherwise and is_done is False:
        messages.error(request, otherwise)
        return False
    messages.success(request, said)
    return True


def _signed_out(request: HttpRequest) -> HttpResponseBase:
    """To the sign-in page; whoever has written something meanwhile gets it back, to copy it."""
    written = [text for name, text in request.POST.items() if name not in ("csrfmiddlewaretoken", "do", "seen")]
    if not any(len(text) > WORTH_KEEPING for text in written):
        return redirect(SIGN_IN)
    return page(request, "coaching/portal/signed_out.html", {"written": written}, status=403)


def _for(kind: str, view: View) -> View:
    @never_cache
    @require_http_methods(["GET", "HEAD", "POST"])
    @wraps(view)
    def shown(request: HttpRequest, **named: Any) -> HttpResponseBase:
        visit = find(request)
        if visit is None:
            return _signed_out(request)
        person = visit.person
        if getattr(visit, kind) is None:
            return redirect(home_of(person))
        request.visit = visit  # type: ignore[attr-defined]  # for the frame around every page
        if request.method == "POST" and not person.is_active:
            messages.error(request, "You can read here, and change nothing any more.")
            return redirect(home_of(person))
        with timezone.override(clocks_of(person)):
            try:
                with transaction.atomic():
                    return view(request, person, **named)
            except Http404:
                return missing(request)

    return shown
