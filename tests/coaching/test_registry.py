"""The registry holds what the contract lists: every function, its parameters, symbols and errors (2.0)."""

import pytest

from coaching.rpc import functions  # noqa: F401  declares them
from coaching.rpc.parameters import ABSENT, Parameter
from coaching.rpc.registry import REGISTRY
from coaching.rpc.shapes import Shape
from tests.coaching.contract import Listed, Taken, listed, plain

LISTED = listed()
every_function = pytest.mark.parametrize(("name", "contract"), LISTED.items(), ids=LISTED)

# Three parameters that the contract forgets to flag are required here (section 6, 27; 2.11).
# name | flag | required, optional parameters | result symbols | error codes beside the common ones
TABLE = """
Coach.add | team | 3 9 | added duplicateSkipped duplicateAdded | 301 303 306 411 412
Coach.invite | team | 1 2 | sent | 301 311 312 412 413
Coach.deactivate | team | 1 0 | updated noop | 301 311 414 415
Coach.activate | team | 1 0 | updated noop | 301 311
Coach.updateProfile | team | 1 12 | updated noop | 301 311
Coach.setPermissions | team | 1 20 | updated noop | 301 311 415 416
Coach.delete | team | 1 0 | deleted | 301 311 414 415
Coach.getAll | team | 0 2 | loaded empty | 
Coach.get | team | 1 0 | loaded | 301 311
Client.add |  | 4 17 | added duplicateSkipped duplicateAdded | 301 303 306 311 312 313 401 402 404
Client.invite |  | 1 2 | sent | 301 302 402 403 498
Client.deactivate |  | 1 1 | updated noop | 301 302
Client.activate |  | 1 1 | updated noop | 301 302 404
Client.update |  | 1 12 | updated noop | 301 302 306 405
Client.setProfileExtra |  | 1 1 | updated noop | 301 302
Client.getAppointmentSettings | newer | 1 0 | loaded | 301 302
Client.setAppointmentSettings | newer | 1 5 | updated noop | 301 302
Client.delete |  | 1 0 | deleted | 301 302
Client.getAll |  | 0 4 | loaded empty | 302 311
Client.get |  | 1 0 | loaded | 301 302
Pairing.set | team | 3 0 | added updated noop deleted | 301 302 311 312 313 415
Pairing.delete | team | 2 0 | noop deleted | 301 302 311 415
Pairing.getForCoach | team | 1 0 | loaded empty | 301 311
Pairing.getForClient | team | 1 0 | loaded empty | 301 302
Pairing.getHistory | team | 0 4 | loaded empty | 302 304 311
Action.add |  | 4 9 | added | 301 302 304 305 311 312 313 321 322 498
Action.getAll |  | 0 7 | loaded empty | 302 311
Action.getReminders |  | 1 1 | loaded empty | 301 302
Action.setReminders |  | 1 1 | updated | 301 302 321 322
Action.clearReminders |  | 1 0 | noop deleted | 301 302
Action.deleteReminder |  | 1 0 | deleted | 301 302
Action.update |  | 1 8 | updated noop | 301 302 304 305
Action.delete |  | 1 0 | deleted | 301 302
Action.markDone |  | 1 4 | updated noop | 301 302 304 305 421
Action.unmarkDone |  | 1 0 | updated noop | 301 302
Action.cancel |  | 1 0 | updated noop | 301 302 420
Action.uncancel |  | 1 0 | updated noop | 301 302
Action.getAllProjects |  | 1 0 | loaded empty | 301 302
Action.deleteProject |  | 2 1 | deleted | 301 302
Metric.add |  | 5 11 | added | 301 302 304 305 306 498
Metric.getAll |  | 1 2 | loaded empty | 301 302
Metric.addData |  | 3 1 | added updated | 301 302 304 431
Metric.clearDayData |  | 2 0 | noop deleted | 301 302 304
Metric.update |  | 1 15 | updated noop | 301 302 304 305 306 430
Metric.markComplete |  | 1 0 | updated noop | 301 302
Metric.unmarkComplete |  | 1 0 | updated noop | 301 302
Metric.delete |  | 1 0 | deleted | 301 302 430
Appointment.getTypes |  | 1 0 | loaded empty | 301 311
Appointment.add |  | 5 8 | added | 301 302 304 305 311 312 313 321 322 498
Appointment.getAll |  | 0 8 | loaded empty | 302 304 311
Appointment.cancel |  | 1 2 | updated noop | 301 302
Appointment.delete |  | 1 0 | deleted | 301 302
Session.add |  | 5 3 | added | 301 302 304 305 306 311 312 313 498
Session.getAll |  | 0 7 | loaded empty | 302 304 311
Session.update |  | 1 5 | updated noop | 301 302 304 305 306
Session.delete |  | 1 0 | deleted | 301 302
Worksheet.getAll |  | 0 10 | loaded empty | 302 304 311
Worksheet.getReminders |  | 1 1 | loaded empty | 301 302
Worksheet.setReminders |  | 1 1 | updated | 301 302 321 322
Worksheet.clearReminders |  | 1 0 | noop deleted | 301 302
Worksheet.deleteReminder |  | 1 0 | deleted | 301 302
Worksheet.delete |  | 1 0 | deleted | 301 302
Agreement.getTemplates |  | 0 2 | loaded empty | 
Agreement.issue |  | 2 2 | added | 301 302 311 312 313 498
Agreement.getAll |  | 0 6 | loaded empty | 302 304
Agreement.delete |  | 1 0 | deleted | 301 302
ClientFile.addAsUpload |  | 3 5 | added | 301 302 306 311 312 313 470 471 498
ClientFile.addAsURL |  | 2 5 | added | 301 302 306 311 312 313 472 498
Invoice.add |  | 1 9 | added duplicateSkipped duplicateAdded | 301 302 304 491 492 493 494 498
Invoice.send |  | 1 2 | sent | 301 302 495 498
Invoice.getAll |  | 0 7 | loaded empty | 302 304 311
Invoice.get |  | 1 0 | loaded | 301 302
Invoice.update |  | 1 4 | updated noop | 301 302 304 491 492 493 494
Invoice.delete |  | 1 0 | deleted | 301 302
Invoice.getPayments |  | 0 4 | loaded empty | 304
Invoice.addPayment |  | 2 4 | added | 301 302 304 496 497
Invoice.deletePayment |  | 1 0 | deleted | 301 302
Engagement.getTemplates |  | 0 0 | loaded empty | 
Engagement.addForClient |  | 2 6 | added | 301 302 304 311 312 313 440 443 498
Engagement.update |  | 1 5 | updated noop | 301 302 304 311 312 313 443
Engagement.complete |  | 1 1 | updated noop | 301 302 441
Engagement.cancel |  | 1 0 | updated noop | 301 302 442
Engagement.reopen |  | 1 0 | updated noop | 301 302
Engagement.delete |  | 1 0 | deleted | 301 302
Engagement.getAll |  | 0 8 | loaded empty | 302 304 311
Offering.getAll |  | 0 0 | loaded empty | 
Offering.getSubmissions | newer | 0 5 | loaded empty | 302 304
OfferingCollection.getAll |  | 0 0 | loaded empty | 
Course.getAll |  | 0 1 | loaded empty | 311
Course.addClientParticipant |  | 2 4 | added | 301 302 304 311 312 313 481 482 498
Course.pauseParticipant |  | 1 1 | updated | 301 302 304 483
Course.unpauseParticipant |  | 1 0 | updated | 301 302 483
Course.fastForwardParticipant |  | 2 2 | updated | 301 302
Course.rewindParticipant |  | 2 1 | updated | 301 302
Course.stopParticipant |  | 1 1 | deleted | 301 302
Course.getAllClientParticipants |  | 1 2 | loaded empty | 301 302
Course.getAllGroupParticipants |  | 1 2 | loaded empty | 301 302
Course.addClientAvailability |  | 2 2 | added | 301 302 304 311 312 313 482 498
Course.getAvailabilitiesForClient |  | 1 1 | loaded empty | 301 302
Course.getAvailabilitiesForCourse |  | 1 1 | loaded empty | 301 302
Course.removeClientAvailability |  | 1 0 | deleted | 301 302
Group.getAll |  | 0 1 | loaded empty | 311
Group.addClientMember |  | 2 0 | added duplicateSkipped | 301 302 498
Group.getAllClientMembers |  | 1 1 | loaded empty | 301 302
Group.deactivateClientMember | newer | 1 0 | updated noop | 301 302
Group.activateClientMember | newer | 1 0 | updated noop | 301 302
Group.removeClientMember |  | 1 0 | deleted | 301 302
Group.getAllCoachMembers |  | 1 1 | loaded empty | 301 302
Group.addSession | newer | 5 3 | added | 301 302 304 305 306 311 312 313
Group.updateSession | newer | 1 5 | updated noop | 301 302 304 305 306
Group.deleteSession | newer | 1 0 | deleted | 301 302
Company.getAll |  | 0 2 | loaded empty | 
Personnel.getAll |  | 0 3 | loaded empty | 302
ClientData.getByField |  | 1 9 | loaded empty | 301 302 304 311
ClientData.getActivityStats |  | 0 12 | loaded empty | 302 304 311
Account.me |  | 0 0 | loaded | 
"""
ROWS = [[cell.strip() for cell in line.split("|")] for line in TABLE.strip().splitlines()]


def test_there_are_just_these_functions():
    assert set(REGISTRY) == {name for name, *_ in ROWS}
    assert len(ROWS) == 116


@pytest.mark.parametrize(("name", "flag", "counts", "results", "errors"), ROWS, ids=[row[0] for row in ROWS])
def test_a_function_is_declared_as_the_contract_lists_it(name, flag, counts, results, errors):
    declared = REGISTRY[name]
    required = sum(parameter.required for parameter in declared.parameters)

    assert f"{required} {len(declared.parameters) - required}" == counts
    assert set(declared.results) == set(results.split())
    assert {int(code) for code in declared.errors} == {int(code) for code in errors.split()}
    assert (declared.team, declared.newer) == (flag == "team", flag == "newer")


@pytest.mark.parametrize("name", [row[0] for row in ROWS])
def test_a_function_says_what_it_does(name):
    assert REGISTRY[name].summary.endswith((".", ";")), REGISTRY[name].summary


@every_function
def test_a_function_takes_the_parameters_of_the_contract(name: str, contract: Listed):
    declared = REGISTRY[name].parameters

    assert [parameter.name for parameter in declared] == [taken.name for taken in contract.takes]
    for parameter, taken in zip(declared, contract.takes, strict=True):
        assert _as_listed(parameter, taken) == taken


@every_function
def test_a_function_declares_the_shape_of_the_contract(name: str, contract: Listed):
    returns = REGISTRY[name].returns
    declared = returns.declared() if isinstance(returns, Shape) else returns

    assert (declared and plain(declared)) == (None if contract.gives is None else plain(contract.gives))
    assert REGISTRY[name].is_list == contract.is_list


# Defaults that the contract tells in words, or only between the lines.
IN_WORDS = {"timezoneOf": "C"}


def _as_listed(parameter: Parameter, taken: Taken) -> Taken:
    """What is declared, in the words of the contract; limits of our own are left out."""
    default = str(parameter.default).lower() if isinstance(parameter.default, bool) else parameter.default
    if not taken.default and default in (
        ABSENT,
        (),
        "",
        "false",
        1 if taken.kind == "int" else IN_WORDS.get(taken.name),
    ):
        default = ""
    return Taken(
        parameter.name,
        parameter.kind.replace("int list", "ints"),
        parameter.required,
        parameter.team,
        parameter.newer,
        getattr(parameter, "maximum", 0) if taken.maximum else 0,
        default,
    )
