"""What the sandbox's people press: chosen by shares, and the same however often a call is told of."""

from collections import Counter

from telephony.flow import AskKey
from telephony.gateways.far_end import FarEnd, run

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
