"""The page behind the link of an invitation."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods

from coaching.services import invitations

PAGE = "coaching/invitation.html"


@never_cache
@csrf_protect
@require_http_methods(["GET", "HEAD", "POST"])
def enter(request: HttpRequest, token: str) -> HttpResponse:
    """Show an invitation; accept it when its button is pressed, so that a mail scanner's look does not use it up."""
    link = invitations.find_link(token=token)
    is_accepted = link is not None and request.method == "POST" and invitations.accept(link=link)
    person = link and (link.coach or link.client)
    context = {"person": person, "practice": person and person.practice, "is_accepted": is_accepted}
    answer = render(request, PAGE, context, status=200 if person else 404)
    answer["Referrer-Policy"] = "no-referrer"  # the address is a secret
    return answer
