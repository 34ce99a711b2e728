"""What the sandbox's people press and reply: chosen by shares, and the same however often it is told of."""

from collections import Counter

import pytest
from django.utils import timezone

from telephony.flow import AskKey
from telephony.gateways.far_end import FarEnd, run
from telephony.models import Arrival, LoopbackReply, Spool, Text
from telephony.services.programs import create_program
from telephony.tasks import collect_reports
from tests.telephony.conftest import numbers

QUESTION = (AskKey(text="Press 1 or 2.", keys="12", name="answer"),)


def pressed(seed: int, shares: dict[str, float]) -> str:
    far_end = FarEnd(keys={"answer": shares})
    course = run(QUESTION, far_end, is_machine=False, seed=seed)
    return next((fact.data for fact in course.facts if fact.type == "dtmf"), "nothing")


def test_many_people_press_by_their_shares():
    chosen = Counter(pressed(seed, {"1": 7, "2": 2, "": 1}) for seed in range(1000))
    assert set(chosen) == {"1", "2", "nothing"}
    assert 600 < chosen["1"] < 800


def test_a_call_that_is_told_of_twice_went_one_way():
    assert all(pressed(seed, {"1": 1, "2": 1}) == pressed(seed, {"1": 1, "2": 1}) for seed in range(100))


def test_only_texts_that_ask_are_replied_to_and_by_the_first_words_that_they_hold():
    far_end = FarEnd(replies={"Reply 1": {"1": 1}, "Reply": {"yes": 1}})
    asked = ("Reply 1 if that is right.", "Reply if you come.", "Your coach leaves at eight.")
    assert [far_end.reply_to(text, seed=7) for text in asked] == ["1", "yes", ""]


@pytest.mark.django_db
def test_replies_to_texts_come_in_as_a_carriers_do(owner, loopback, campaign_of, engine):
    loopback.options = {"replies": {"Hello": {"Who is this?": 1}}}
    loopback.save()
    create_program(type="receivesms", owner=owner, name="replies")
    campaign = campaign_of([*numbers(2), "+12025550103"])  # the last is never reached
    engine.dial(campaign)
    collect_reports()
    assert not Arrival.objects.exists()  # people take some seconds
    assert engine.tick().collect is False

    LoopbackReply.objects.update(due_at=timezone.now())
    assert engine.tick().collect is True
    collect_reports()
    collect_reports()

    came = Arrival.objects.order_by("source").values_list("source", "destination", "text", "problem")
    assert list(came) == [(number, "+12025550199", "Who is this?", "") for number in numbers(2)]
    assert Text.objects.filter(data="Who is this?").count() == 2
    assert Spool.objects.filter(transmission__direction="inbound", status="completed", provider=loopback).count() == 2
    assert not LoopbackReply.objects.exists()
