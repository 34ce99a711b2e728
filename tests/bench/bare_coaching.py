"""What calls of the coaching API cost at least: the key by its hash, one prepared statement, no rules."""

import hashlib

from django.http import HttpRequest, HttpResponse
from django.urls import path

from tests.bench.bare import connection, json, rows

PRACTICE = """
SELECT p.id, p.time_zone FROM coaching_credential c JOIN coaching_practice p ON p.id = c.practice_id
WHERE c.api_id = %s AND c.digest = %s AND c.revoked_at IS NULL AND p.is_active AND p.is_api_enabled
"""
CLIENTS = """
SELECT c.id AS "ID", primary_coach_id AS "CoachID", first_name AS "firstName", last_name AS "lastName", email,
    to_char(c.date_added AT TIME ZONE %s, 'YYYY-MM-DD HH24:MI:SS') AS "dateAdded", c.is_active AS "isActive",
    is_freebie AS "isFreebie", home_phone AS "homePhone", work_phone AS "workPhone", cell_phone AS "cellPhone",
    profile_extra AS "profileExtra", is_registered AS "isRegistered", c.address1, c.city, c.state, c.zip AS "ZIP",
    c.country, login_count AS "loginCount", last_login_at AS "lastLoginDate", coalesce(company_id, 0) AS "CompanyID",
    coalesce(f.name, '') AS "companyName"
FROM coaching_client c LEFT JOIN coaching_company f ON f.id = c.company_id
WHERE c.practice_id = %s AND c.is_active ORDER BY c.date_added DESC, c.id DESC
"""
CLIENT = """
SELECT c.id, c.primary_coach_id FROM coaching_client c WHERE c.id = %s AND c.practice_id = %s AND c.is_active
FOR NO KEY UPDATE
"""
ACTION = """
INSERT INTO coaching_action (client_id, coach_id, text, for_who, due_at, is_canceled, weight, is_locked)
VALUES (%s, %s, %s, 'L', %s::timestamp AT TIME ZONE %s, false, 1, false) RETURNING id
"""


def clients(request: HttpRequest) -> HttpResponse:
    practice, zone = whose(request)
    found = [*rows(CLIENTS, zone, practice)]
    return answer("loaded", found, f"{len(found)} found.", zone)


def new_action(request: HttpRequest) -> HttpResponse:
    with connection().transaction():
        practice, zone = whose(request)
        client, coach = connection().execute(CLIENT, [request.POST["ClientID"], practice]).fetchone() or ()
        due = f"{request.POST['dateDue']} {request.POST['timeDue']}"
        values = client, coach, request.POST["theAction"], due, zone
        [pk] = connection().execute(ACTION, values).fetchone() or ()
    return answer("added", {"ActionID": pk, "ActionProjectID": 0}, "Action added.", zone)


def whose(request: HttpRequest) -> tuple[int, str]:
    digest = hashlib.sha256(request.POST["APIKey"].encode()).hexdigest()
    practice, zone = connection().execute(PRACTICE, [request.POST["APIID"], digest]).fetchone() or ()
    return practice, zone


def answer(result: str, value: object, message: str, zone: str) -> HttpResponse:
    envelope = {"status": "success", "result": result, "return": value, "error": 0, "message": message}
    return json(envelope | {"timezone": zone})


urlpatterns = [path("coaching/clients", clients), path("coaching/actions", new_action)]
