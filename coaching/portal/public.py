"""The pages that the public opens: behind the links of our mails, and offerings to sign up for."""

import json

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from coaching.portal.door import page
from coaching.services import invoice_mail, offerings

# What a website puts where the script stands: the framed page, as tall as most of it needs.
EMBED = """(() => {
  const frame = document.createElement("iframe");
  frame.src = %s;
  frame.title = %s;
  frame.loading = "lazy";
  frame.style = "width: 100%%; height: 40rem; border: 0";
  document.currentScript.after(frame);
})();
"""


class SignUp(forms.Form):
    """Who signs up for an offering; `tracking` is what the link to the page said."""

    name = forms.CharField(max_length=128, label="Your name")
    email = forms.EmailField(max_length=128, label="Your email address")
    tracking = forms.CharField(required=False, widget=forms.HiddenInput)


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
    return page(request, "coaching/invoice.html", context or {}, status=200 if invoice else 404)


@never_cache
@csrf_exempt  # nobody is signed in here, and a frame on another site gets no cookie
@require_http_methods(["GET", "HEAD", "POST"])
def show_offering(request: HttpRequest, slug: str) -> HttpResponse:
    """Show an offering, and take a sign-up for it."""
    offering = offerings.find_offering(slug=slug)
    if offering is None:
        return page(request, "coaching/offering.html", {}, status=404)
    form = SignUp(request.POST or None, initial={"tracking": request.GET.get("tracking", "")})
    price = f"{offering.price:,.2f} {offering.practice.primary_currency}" if offering.price else ""
    context = {"offering": offering, "practice": offering.practice, "price": price, "form": form}
    if form.is_valid():
        try:
            offerings.sign_up(offering=offering, **form.cleaned_data)
            context["is_done"] = True
        except offerings.TooManySignUps:
            form.add_error(None, "Too many people are signing up just now. Please try again in an hour.")
    return page(request, "coaching/offering.html", context)


@never_cache
@require_safe
def show_collection(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the offerings of a collection."""
    collection = offerings.find_collection(slug=slug)
    inside = "/frame" if request.path.endswith("/frame") else ""
    context = {"collection": collection, "practice": collection and collection.practice, "inside": inside}
    return page(request, "coaching/collection.html", context, status=200 if collection else 404)


framed_offering, framed_collection = xframe_options_exempt(show_offering), xframe_options_exempt(show_collection)


@require_safe
def embed(request: HttpRequest, kind: str, slug: str) -> HttpResponse:
    """A script that puts the framed page where it stands on a website."""
    find = {"offerings": offerings.find_offering, "collections": offerings.find_collection}[kind]
    found = find(slug=slug)
    if found is None:
        raise Http404
    words = (json.dumps(text) for text in (offerings.page_of(kind, slug, "/frame"), found.name))
    return HttpResponse(EMBED % tuple(words), content_type="text/javascript")
