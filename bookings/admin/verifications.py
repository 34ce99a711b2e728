"""Verifications: who is asked, looked at before they are called, and what they answered."""

from datetime import time, timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSingleDateWidget,
    UnfoldAdminSingleTimeWidget,
    UnfoldAdminTextareaWidget,
)

from access.refusals import Refused
from bookings.admin.base import DeskAdmin, limited, local_words
from bookings.models import Enquiry, Tag, Verification
from bookings.services.verifications import (
    TAGS,
    TEXTS,
    NotAsAgreed,
    create_verification,
    preview_verification,
    start_verification,
)
from telephony.admin.base import OfficeForm, said
from telephony.admin.words import badge, column, count, link_to, state_badge
from telephony.selectors import why_no_provider

MOST = 200  # enquiries on a page
OUTCOME_COLOURS = {"": "", "confirmed": "success", "change": "warning", "stop": "danger", "silent": "info"}
FLAGS = {Verification.Channel.VOICE: 1, Verification.Channel.SMS: 4}
RIGHTS = ("booking_update", "campaign_create", "campaign_start")
NO_TAG = "Leave the tag"
PARTS = (
    ("Whom to ask", ("tag", "first_day", "last_day", "channel", "text")),
    ("What an answer leads to", ("confirmed_tag", "change_tag", "stop_tag", "silent_tag")),
    ("How fast, how often", ("cpm", "try_allowed", "retry_delay")),
    ("At which hours", ("window_start", "window_end")),
)
LOOKED_AT = ("first_day", "last_day", "text", "channel", "window_start", "window_end")
DAYS_AHEAD = (1, 3)  # asked about unless other days are chosen


class VerificationForm(forms.Form):
    """Which bookings are asked about, how, and what each answer leads to."""

    tag = forms.ModelChoiceField(Tag.objects.none(), label="Bookings that carry", widget=UnfoldAdminSelectWidget)
    first_day = forms.DateField(label="Leaving from", widget=UnfoldAdminSingleDateWidget)
    last_day = forms.DateField(label="to", widget=UnfoldAdminSingleDateWidget)
    channel = forms.ChoiceField(
        label="Ask by", choices=Verification.Channel.choices, initial="voice", widget=UnfoldAdminRadioSelectWidget
    )
    confirmed_tag = forms.ModelChoiceField(
        Tag.objects.none(),
        label="Confirmed (1)",
        widget=UnfoldAdminSelectWidget,
        help_text="Takes the place of the tag.",
    )
    change_tag = forms.ModelChoiceField(
        Tag.objects.none(),
        label="Wants a change (2)",
        required=False,
        empty_label=NO_TAG,
        widget=UnfoldAdminSelectWidget,
    )
    stop_tag = forms.ModelChoiceField(
        Tag.objects.none(),
        label="No more calls (9)",
        required=False,
        empty_label=NO_TAG,
        widget=UnfoldAdminSelectWidget,
        help_text="The number goes on the do-not-call list as well.",
    )
    silent_tag = forms.ModelChoiceField(
        Tag.objects.none(), label="No answer", required=False, empty_label=NO_TAG, widget=UnfoldAdminSelectWidget
    )
    text = forms.CharField(
        required=False,
        max_length=1000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
        help_text="Empty = our own words. {customer}, {booking}, {pickup}, {place} and {operator} are filled in.",
    )
    cpm = forms.IntegerField(
        label="A minute", min_value=1, max_value=100_000, initial=60, widget=UnfoldAdminIntegerFieldWidget
    )
    try_allowed = forms.IntegerField(
        label="Attempts", min_value=1, max_value=20, initial=2, widget=UnfoldAdminIntegerFieldWidget
    )
    retry_delay = forms.IntegerField(
        label="Seconds between", min_value=1, max_value=86_400, initial=900, widget=UnfoldAdminIntegerFieldWidget
    )
    window_start = forms.TimeField(
        label="Not before",
        required=False,
        initial=time(9),  # nobody is rung at night because a field was overlooked
        widget=UnfoldAdminSingleTimeWidget,
        help_text="The operator's time. Empty = at any hour.",
    )
    window_end = forms.TimeField(
        label="Not after", required=False, initial=time(20), widget=UnfoldAdminSingleTimeWidget
    )

    agreed = forms.IntegerField(required=False)  # sent by the button beside what would happen

    def __init__(self, tags: QuerySet[Tag], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in TAGS:
            self.fields[name].queryset = tags

    def refuse(self, no: Refused) -> None:
        """Show why the service will not do it, at the field that it names."""
        self.add_error(no.field if no.field in self.fields else None, said(no))


def outcome_badge(enquiry: Enquiry) -> Any:
    """What a customer answered, in colour."""
    return badge(str(Enquiry.Outcome(enquiry.outcome).label), OUTCOME_COLOURS[enquiry.outcome])


def answered_words(row: Any) -> Any:
    """How many have answered, of how many."""
    return f"{count(row.answered)} of {count(row.asked)}"


def may_verify(user: Any) -> bool:
    """Whether somebody may begin to call and write to customers."""
    return user.is_authenticated and all(map(user.may, RIGHTS))


@admin.register(Verification)
class VerificationAdmin(DeskAdmin):
    """Rounds of calls or texts to customers."""

    form = OfficeForm
    change_form_template = "bookings/verification.html"
    empty_words = "A verification calls or writes to customers and swaps the tag by what they answer."
    search_prefixes = ("name",)
    search_help_text = "Id, or start of the name"
    list_display = (
        "name",
        column("by", lambda row: row.get_channel_display().partition(":")[0], name="channel_shown"),
        column("days", lambda row: f"{row.first_day:%-d %b} to {row.last_day:%-d %b %Y}"),
        column("state", lambda row: state_badge(row.campaign.status)),
        column("answered", answered_words),
        column("confirmed", lambda row: count(row.confirmed)),
        "started_by",
        "created_at",
    )
    list_select_related = ("campaign", "started_by", "operator")
    list_filter = (("channel", ChoicesDropdownFilter),)
    fieldsets = ()

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return []

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_verify(request.user)

    def details(self, rows: list[Any]) -> None:
        """Put what was answered on a page of rounds; one query."""
        found = _outcomes([row.pk for row in rows])
        for row in rows:
            counts = found.get(row.pk, {})
            row.asked, row.confirmed = sum(counts.values()), counts.get("confirmed", 0)
            row.answered = row.asked - counts.get("", 0)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Ask whom to ask, show what that means, and begin once the person agrees."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        tags = limited(Tag.objects.select_related("operator"), request).order_by("operator__name", "tag_id")
        form = VerificationForm(tags, request.POST or None, initial=_initial(tags))
        if form.is_bound and form.is_valid() and form.cleaned_data["agreed"] is not None:
            made = self._begin(request, form)
            if made is not None:
                return redirect("admin:bookings_verification_change", made.pk)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Verify bookings",
            "form": form,
            "parts": [(title, [form[name] for name in names]) for title, names in PARTS],
            "preview": _preview(form) if form.is_valid() else None,
            "texts": {str(channel): text for channel, text in TEXTS.items()},
            "media": self.media + form.media,
        }
        return TemplateResponse(request, "bookings/verify.html", context)

    def _begin(self, request: HttpRequest, form: VerificationForm) -> Verification | None:
        fields = {name: value for name, value in form.cleaned_data.items() if value not in (None, "")}
        try:
            made = create_verification(operator=fields["tag"].operator, by=request.user, **fields)
            start_verification(verification=made, by=request.user)
        except NotAsAgreed as no:
            self.message_user(request, no.message, "warning")
            return None
        except Refused as no:
            form.refuse(no)
            return None
        self.message_user(request, f"{made} has begun.", "success")
        return made

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        row = self.get_object(request, object_id)
        story = self._story(request, row) if row else {}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **story})

    def _story(self, request: HttpRequest, row: Verification) -> dict[str, Any]:
        counts = _outcomes([row.pk]).get(row.pk, {})
        asked = row.enquiries.filter(operator=row.operator_id).select_related("booking__customer", "booking__operator")
        named = [(value, label) for value, label in Enquiry.Outcome.choices]
        chosen = request.GET.get("outcome")
        shown = asked.filter(outcome=chosen if chosen != "open" else "") if chosen else asked
        return {
            "state": state_badge(row.campaign.status),
            "campaign": link_to(row.campaign, "Watch the campaign") if request.user.may("campaign_read") else "",
            "total": count(sum(counts.values())),
            "counts": [(value or "open", label, count(counts.get(value, 0))) for value, label in named],
            "chosen": chosen,
            "tags": _tags_of(row),
            "enquiries": [
                (each, local_words(each.booking.first_pickup_at, each.booking.operator), outcome_badge(each))
                for each in shown.order_by("booking__first_pickup_at", "pk")[:MOST]
            ],
            "is_at_work": row.campaign.status in ("ready", "running"),
        }


def _initial(tags: QuerySet[Tag]) -> dict[str, Any]:
    """What the form begins with: the usual tags by their names, and the coming days."""
    by_name = {tag.folded: tag.pk for tag in tags}
    usual = {
        "tag": "verification needed",
        "confirmed_tag": "verification confirmed",
        "change_tag": "change requested",
        "stop_tag": "do not call",
        "silent_tag": "not reached",
    }
    today = timezone.localdate()
    days = {
        name: today + timedelta(days=ahead) for name, ahead in zip(("first_day", "last_day"), DAYS_AHEAD, strict=True)
    }
    return {name: by_name[folded] for name, folded in usual.items() if folded in by_name} | days


def _preview(form: VerificationForm) -> dict[str, Any] | None:
    given = form.cleaned_data
    asked = {name: given[name] for name in (*LOOKED_AT, *TAGS)}
    try:
        found = preview_verification(operator=given["tag"].operator, **asked)
    except Refused as no:
        form.refuse(no)
        return None
    return {
        "found": found,
        "to_ask": count(found.to_ask),
        "left_out": [(why, count(number)) for why, number in found.left_out.items()],
        "problem": why_no_provider(FLAGS[Verification.Channel(given["channel"])]),
        "verb": "Call" if given["channel"] == Verification.Channel.VOICE else "Write to",
    }


def _outcomes(rounds: list[int]) -> dict[int, dict[str, int]]:
    """How many of each round came to which outcome."""
    found: dict[int, dict[str, int]] = {}
    counted = (
        Enquiry.objects.filter(verification__in=rounds).values_list("verification", "outcome").annotate(Count("pk"))
    )
    for pk, outcome, number in counted.order_by():
        found.setdefault(pk, {})[outcome] = number
    return found


def _tags_of(row: Verification) -> list[tuple[str, Any]]:
    kept = SafeString('<span class="office-quiet">the tag stays</span>')
    names = {
        "carried before": row.tag,
        "confirmed": row.confirmed_tag,
        "wants a change": row.change_tag,
        "no more calls": row.stop_tag,
        "no answer": row.silent_tag,
    }
    return [(name, badge(tag.name, "info") if tag else kept) for name, tag in names.items()]
