"""One tag in the place of another, on everything that a list shows: chosen, looked at, done."""

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from access.refusals import Refused
from bookings.admin.base import limited
from bookings.models import Booking, Operator, Tag
from bookings.services.contact_logs import Contact
from bookings.services.tags import MAX_BOOKINGS, replace_tag
from telephony.admin.base import said
from telephony.admin.words import count

SHOWN = 20
OPERATION = "Tag replaced by staff"


class SwapForm(forms.Form):
    """Which tag goes and which comes."""

    old = forms.ModelChoiceField(Tag.objects.none(), label="Take off", widget=UnfoldAdminSelectWidget)
    new = forms.ModelChoiceField(Tag.objects.none(), label="Put on", widget=UnfoldAdminSelectWidget)
    note = forms.CharField(
        required=False,
        max_length=2000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text="Left in the contact log of each booking that changes; empty = no log.",
    )

    def __init__(self, tags: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("old", "new"):
            self.fields[name].queryset = tags

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        old, new = given.get("old"), given.get("new")
        if old and old == new:
            self.add_error("new", "Choose another tag than the one that goes.")
        elif old and new and old.operator_id != new.operator_id:
            self.add_error("new", "Both must be tags of the same operator.")
        return given


def swap_page(screen: Any, request: HttpRequest) -> HttpResponse:
    """Ask for the tags, show what would change, and change it once the person agrees."""
    if not screen.has_swap_permission(request):
        raise PermissionDenied
    listed = _listed(screen, request)
    tags = limited(Tag.objects.select_related("operator"), request).order_by("operator__name", "tag_id")
    form = SwapForm(tags, request.POST if request.method == "POST" else None)
    preview = _preview(listed, **form.cleaned_data) if form.is_bound and form.is_valid() else None
    if preview and request.POST.get("agreed") == str(preview["changing"]):
        return _swap(screen, request, listed, **form.cleaned_data)
    context = {
        **screen.admin_site.each_context(request),
        "opts": screen.opts,
        "title": "Replace a tag",
        "form": form,
        "preview": preview,
        "selected": count(min(listed.order_by()[: MAX_BOOKINGS + 1].count(), MAX_BOOKINGS)),
        "back": _back(request),
        "media": screen.media,
    }
    return TemplateResponse(request, "bookings/swap.html", context)


def _listed(screen: Any, request: HttpRequest) -> Any:
    """What the list shows with this query, all pages of it."""
    return screen.get_changelist_instance(request).queryset


def _preview(listed: Any, *, old: Tag, new: Tag, **_: Any) -> dict[str, Any]:
    own = listed.filter(operator=old.operator_id).order_by()
    changing = own.filter(pk__in=_carrying(old))
    chosen = list(changing.select_related("customer").order_by("quote_id")[:SHOWN])
    total, all_of_them = own[: MAX_BOOKINGS + 1].count(), changing[: MAX_BOOKINGS + 1].count()
    return {
        "changing": all_of_them,
        "changing_words": count(all_of_them),
        "skipped": count(max(total - all_of_them, 0)),
        "both": count(changing.filter(pk__in=_carrying(new))[: MAX_BOOKINGS + 1].count()),
        "too_many": all_of_them > MAX_BOOKINGS,
        "shown": chosen,
        "more": count(all_of_them - len(chosen)) if all_of_them > len(chosen) else "",
    }


def _carrying(tag: Tag) -> Any:
    return (
        tag._meta.get_field("bookings")
        .related_model.objects.filter(operator=tag.operator_id, booking_tags__tag=tag)
        .values("pk")
    )


def _swap(screen: Any, request: HttpRequest, listed: Any, *, old: Tag, new: Tag, note: str) -> HttpResponse:
    operator = Operator.objects.get(pk=old.operator_id)
    carrying = Booking.objects.filter(pk__in=listed.filter(operator=operator, pk__in=_carrying(old)).values("pk"))
    contact = Contact(operation=OPERATION, note=note) if note.strip() else None
    try:
        done = replace_tag(
            operator=operator,
            quote_ids=list(carrying.values_list("quote_id", flat=True)[:MAX_BOOKINGS]),
            old=old,
            new=new,
            contact=contact,
            by=request.user,
        )
    except Refused as no:
        screen.message_user(request, said(no), "error")
    else:
        changed = sum(each.updated for each in done)
        screen.message_user(request, f"“{old}” is “{new}” now on {count(changed)} bookings.", "success")
    return redirect(_back(request))


def _back(request: HttpRequest) -> str:
    query = request.GET.urlencode()
    return f"{reverse('admin:bookings_booking_changelist')}{f'?{query}' if query else ''}"
