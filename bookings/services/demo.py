"""The demo: a coach operator with 5,000 bookings of the coming weeks, and those that the contract prints."""

import secrets
from typing import Any

from django.db import transaction

from access.models import Role, User
from access.services import create_user, set_password
from bookings.models import AccessKey, Booking, JourneyType, Operator, Tag, VehicleType
from bookings.services.bookings import create_booking
from bookings.services.catalogue import create_journey_type, create_tag, create_vehicle_type
from bookings.services.contact_logs import Contact, log_contact
from bookings.services.customers import create_customer
from bookings.services.history import note_author
from bookings.services.keys import create_access_key, revoke_access_key
from bookings.services.operators import create_operator, join_operator
from bookings.services.verifications import ANSWER, CHANGE, CONFIRM, STOP
from telephony.engine.sql import execute
from telephony.models import Provider
from telephony.services.demo import ADMIN
from telephony.services.demo_people import FIRST_NAMES, LAST_NAMES, STREETS
from telephony.services.programs import create_program
from telephony.services.providers import update_provider

OPERATOR, USER = "Coach Company", "demo-bookings"
ROLES = ("bookings", "bookings_phone")
ZONE, REGION = "Europe/London", "GB"
BOOKINGS, DAYS = 5000, 60
FIRST_QUOTE, FIRST_CUSTOMER = 1_020_001, 50_001
CUSTOMERS = 3000
# What the sandbox's customers answer, in shares: to a call, and to a text that asks for it.
PRESSED = {CONFIRM: 16, CHANGE: 2, STOP: 1, "": 1}
REPLIED = {CONFIRM: 10, "Yes please": 6, "Could we leave at ten?": 2, "STOP": 1, "": 1}
ASKS = f"Reply {CONFIRM}"  # how such a text does
KEYS = {"access_key": AccessKey.Codec.SEALED, "access_key_ymd": AccessKey.Codec.YMD}

NEEDED, CONFIRMED = "Verification Needed", "Verification Confirmed"
TAGS = (NEEDED, "ECM", "Verification Completed", "Imported from DTE", CONFIRMED)  # numbered from 1
MORE_TAGS = ("Change Requested", "Not Reached", "Do Not Call")
JOURNEYS = (
    *("Family Event", "School Trip", "Airport Transfer", "Wedding", "Corporate Event", "Sports Club"),
    *("Theatre Night", "Day Trip"),
)
VEHICLES = (
    ("25-33 Seat Premium Coach", "Coach"),
    ("49 Seat Executive Coach", "Coach"),
    ("53 Seat Standard Coach", "Coach"),
    ("70 Seat Double Decker", "Double Decker"),
    ("8 Seat Minibus", "Minibus"),
    ("16 Seat Minibus", "Minibus"),
)
SEATS = (33, 49, 53, 70, 8, 16)
LUGGAGE = ("Luggage space required", "Hand luggage only", "", "Large suitcases", "Sports equipment")
PLACES = ("London", "Leeds", "Sheffield", "Bristol", "Birmingham", "Edinburgh", "Glasgow", "Manchester")
SIGHTS = (
    *("Brighton Pier", "Stonehenge", "York Minster", "Wembley Stadium", "Alton Towers", "Bath Spa", "Windsor Castle"),
    *("Chester Zoo", "Blackpool Tower", "The Lowry, Salford", "Royal Albert Hall", "Warwick Castle"),
)
AIRPORTS = (("Heathrow", "5"), ("Gatwick", "North"), ("Manchester", "2"), ("Stansted", "1"), ("Luton", "1"))
# Ranges that Ofcom keeps for fiction, a thousand numbers each.
NUMBERS = ("07700 900", "020 7946 0", "0161 496 0")

MAKE_CUSTOMERS = """
INSERT INTO bookings_customer (operator_id, cust_id, name, phone, e164, email)
SELECT %(operator)s, %(first_customer)s + i, n.first || ' ' || n.last, p.phone,
    '+44' || substr(replace(p.phone, ' ', ''), 2),
    regexp_replace(lower(n.first || '.' || n.last), '[^a-z.]', '', 'g') || i || '@example.com'
FROM generate_series(0, %(customers)s - 1) i, LATERAL (
    SELECT (%(first_names)s::text[])[1 + i * 7 %% %(firsts)s] AS first,
        (%(last_names)s::text[])[1 + i * 11 %% %(lasts)s] AS last
) n, LATERAL (SELECT (%(numbers)s::text[])[1 + i / 1000] || lpad((i %% 1000)::text, 3, '0') AS phone) p
"""
MAKE_BOOKINGS = """
INSERT INTO bookings_booking (operator_id, quote_id, status, customer_id, journey_type_id, vehicle_type_id, passengers,
    luggage, notes)
SELECT %(operator)s, %(first_quote)s + i, substr('BBBBBBBBBBBBBBBBBBQQEC', 1 + i * 13 %% 22, 1), c.id,
    (%(journeys)s::bigint[])[1 + i %% %(kinds)s], (%(vehicles)s::bigint[])[k.vehicle],
    2 + i * 31 %% ((%(seats)s::int[])[k.vehicle] - 1), (%(luggage)s::text[])[1 + i * 7 %% 5],
    CASE WHEN i %% 17 = 0 THEN 'Wheelchair access asked for.' WHEN i %% 29 = 0 THEN 'Driver to ring on arrival.'
    ELSE '' END
FROM generate_series(0, %(bookings)s - 1) i
CROSS JOIN LATERAL (SELECT 1 + i * 5 %% 6 AS vehicle) k
JOIN bookings_customer c ON c.operator_id = %(operator)s AND c.cust_id = %(first_customer)s + i * 17 %% %(customers)s
"""
# One leg there, for most another back: on the same day, or some days later. A transfer goes to or comes from a flight.
MAKE_LEGS = """
INSERT INTO bookings_journeyleg (operator_id, booking_id, "order", pickup_date, pickup_time, pickup_at,
    collection_address, destination_address, arrival_flight, arrival_date, arrival_time, arrival_airport,
    arrival_terminal, departure_flight, departure_date, departure_time, departure_airport, departure_terminal)
SELECT %(operator)s, b.id, leg, t.at::date, t.at::time, t.at AT TIME ZONE %(zone)s,
    CASE WHEN leg = 1 THEN w.home ELSE w.goal END, CASE WHEN leg = 1 THEN w.goal ELSE w.home END,
    f.arrival, CASE WHEN f.arrival <> '' THEN f.lands::date END, CASE WHEN f.arrival <> '' THEN f.lands::time END,
    CASE WHEN f.arrival <> '' THEN w.airport ELSE '' END, CASE WHEN f.arrival <> '' THEN w.terminal ELSE '' END,
    f.departure, CASE WHEN f.departure <> '' THEN f.leaves::date END,
    CASE WHEN f.departure <> '' THEN f.leaves::time END,
    CASE WHEN f.departure <> '' THEN w.airport ELSE '' END, CASE WHEN f.departure <> '' THEN w.terminal ELSE '' END
FROM bookings_booking b
CROSS JOIN LATERAL (SELECT (b.quote_id - %(first_quote)s)::int AS i) n
CROSS JOIN LATERAL (SELECT i, i %% %(kinds)s = 2 AS flies, 1 + i / 8 %% 5 AS port) k
CROSS JOIN LATERAL (
    SELECT 2 + k.i * 37 %% 180 || ' ' || (%(streets)s::text[])[1 + k.i %% 7] || ', '
            || (%(places)s::text[])[1 + k.i * 3 %% 8] AS home,
        CASE WHEN k.flies
        THEN (%(airports)s::text[])[k.port] || ' Airport, Terminal ' || (%(terminals)s::text[])[k.port]
        ELSE (%(sights)s::text[])[1 + k.i * 5 %% 12] END AS goal,
        (%(airports)s::text[])[k.port] AS airport, (%(terminals)s::text[])[k.port] AS terminal
) w
CROSS JOIN LATERAL generate_series(1, CASE WHEN k.i %% 5 < 2 THEN 1 ELSE 2 END) leg
CROSS JOIN LATERAL (
    SELECT d.today + abs(hashint4(k.i) %% %(days)s) + time '06:00'
        + abs(hashint4(-k.i) %% 56) * interval '15 minutes' + (leg - 1) * CASE WHEN k.i %% 6 = 0
        THEN make_interval(days => 1 + k.i %% 7) ELSE interval '2 hours 30 minutes' END AS at
    FROM (SELECT (now() AT TIME ZONE %(zone)s)::date + 1 AS today) d
) t
CROSS JOIN LATERAL (
    SELECT CASE WHEN k.flies AND leg = 2 THEN 'BA ' || 200 + k.i %% 700 ELSE '' END AS arrival,
        CASE WHEN k.flies AND leg = 1 THEN 'EZY ' || 1000 + k.i %% 8000 ELSE '' END AS departure,
        t.at - interval '45 minutes' AS lands, t.at + interval '3 hours 30 minutes' AS leaves
) f
WHERE b.operator_id = %(operator)s AND b.quote_id >= %(first_quote)s
"""
# What leaves soon is being verified: of every ten bookings of the next fortnight four still wait.
MAKE_TAGS = """
INSERT INTO bookings_bookingtag (operator_id, booking_id, tag_id)
SELECT %(operator)s, b.id, t.id FROM bookings_booking b
CROSS JOIN LATERAL (
    SELECT abs(hashint8(b.quote_id) %% 10) AS i, b.first_pickup_at < now() + interval '14 days' AS soon
) k
JOIN bookings_tag t ON t.operator_id = b.operator_id AND CASE t.tag_id
    WHEN 1 THEN b.status = 'B' AND k.i < CASE WHEN k.soon THEN 4 ELSE 7 END
    WHEN 2 THEN b.quote_id %% 5 = 0
    WHEN 4 THEN b.quote_id %% 3 = 0
    WHEN 5 THEN b.status = 'B' AND k.soon AND k.i >= 4 ELSE false END
WHERE b.operator_id = %(operator)s AND b.quote_id >= %(first_quote)s
"""
MAKE_LOGS = """
INSERT INTO bookings_contactlog (operator_id, booking_id, operation, called_at, note, transcript, key_id)
SELECT %(operator)s, b.id, 'AI Verification', now() - make_interval(hours => 3 + (b.quote_id %% 90)::int),
    'Verification completed successfully. Customer confirmed details by phone.',
    E'AI: Hello, this is Coach Company about your booking ' || b.quote_id || E'. Is everything still correct?\\n'
    || E'Customer: Yes, correct.\\nAI: Thank you, we look forward to seeing you.', %(key)s
FROM bookings_booking b JOIN bookings_bookingtag k ON k.operator_id = b.operator_id AND k.booking_id = b.id
JOIN bookings_tag t ON t.operator_id = k.operator_id AND t.id = k.tag_id AND t.tag_id = 5
WHERE b.operator_id = %(operator)s AND b.quote_id >= %(first_quote)s
"""

# In the middle as well: the triggers of what follows join with what is there by then.
ANALYZE = "ANALYZE bookings_booking, bookings_bookingtag, bookings_journeyleg, bookings_customer"


@transaction.atomic
def load_demo() -> dict[str, Any]:
    """Make the operator where it is not there yet; return a login and a key of each codec, all of them new.

    Called again it makes nothing twice: the user gets a new password, the demo's keys of before end. The demo's
    administrator, if there is one, may look after bookings from now on.
    """
    operator = _operator()
    is_new = operator is None
    operator = operator or create_operator(name=OPERATOR, time_zone=ZONE, default_region=REGION)
    user, password = _login(operator)
    for old in AccessKey.objects.filter(operator=operator, key__owner=user, key__revoked_at=None):
        revoke_access_key(key=old)
    made = {
        name: create_access_key(operator=operator, owner=user, name="demo", phone_codec=KEYS[name]) for name in KEYS
    }
    if is_new:
        _fill(operator, made["access_key"][0])
        _let_customers_answer()
    for admin in User.objects.filter(username=ADMIN):
        admin.roles.add(*Role.objects.filter(name__in=ROLES))
    return {"username": USER, "password": password, **{name: secret for name, (_, secret) in made.items()}}


def is_loaded() -> bool:
    """Whether the operator is there."""
    return _operator() is not None


def _operator() -> Operator | None:
    return Operator.objects.filter(name=OPERATOR, memberships__user__username=USER).first()


def _login(operator: Operator) -> tuple[User, str]:
    password = secrets.token_urlsafe(12)
    user = User.objects.filter(username=USER).first()
    if user:
        set_password(user=user, password=password)
    else:
        details: dict[str, Any] = {"email": f"{USER}@example.com", "phone": "+12025550192", "time_zone": ZONE}
        user = create_user(
            username=USER, password=password, roles=ROLES[:1], first_name="Demo", last_name="Bookings", **details
        )
        join_operator(user=user, operator=operator)
    return user, password


def _fill(operator: Operator, key: AccessKey) -> None:
    for number, name in enumerate((*TAGS, *MORE_TAGS), 1):
        create_tag(operator=operator, name=name, tag_id=number)
    for name in JOURNEYS:
        create_journey_type(operator=operator, name=name)
    for name, category in VEHICLES:
        create_vehicle_type(operator=operator, name=name, category=category)
    _make_printed(operator, key)
    _make_many(operator, key)


def _let_customers_answer() -> None:
    """A verification through the demo's sandbox, called or texted, shows every answer."""
    for admin in User.objects.filter(username=ADMIN):
        for provider in Provider.objects.filter(type=Provider.Type.LOOPBACK, owner=admin):
            answers = {"keys": {ANSWER: PRESSED}, "replies": {ASKS: REPLIED}}
            update_provider(provider=provider, by=admin, options={**provider.options, **answers})
        create_program(type="receivesms", owner=admin, name="Replies to texts")


def _make_many(operator: Operator, key: AccessKey) -> None:
    """One statement a table, for all that repeats."""
    values = {
        "operator": operator.pk,
        "key": key.pk,
        "zone": ZONE,
        "days": DAYS,
        "bookings": BOOKINGS,
        "customers": CUSTOMERS,
        "first_quote": FIRST_QUOTE,
        "first_customer": FIRST_CUSTOMER,
        "numbers": list(NUMBERS),
        "first_names": FIRST_NAMES,
        "firsts": len(FIRST_NAMES),
        "last_names": LAST_NAMES,
        "lasts": len(LAST_NAMES),
        "journeys": _ids(JourneyType, operator),
        "kinds": len(JOURNEYS),
        "vehicles": _ids(VehicleType, operator),
        "seats": list(SEATS),
        "luggage": list(LUGGAGE),
        "streets": list(STREETS),
        "places": list(PLACES),
        "sights": list(SIGHTS),
        "airports": [name for name, _ in AIRPORTS],
        "terminals": [terminal for _, terminal in AIRPORTS],
    }
    note_author(by=None)
    for statement in (MAKE_CUSTOMERS, MAKE_BOOKINGS, ANALYZE, MAKE_LEGS, MAKE_TAGS, MAKE_LOGS, ANALYZE):
        execute(statement, values)


def _ids(kind: type[JourneyType | VehicleType], operator: Operator) -> list[int]:
    """The rows in the order in which they were made."""
    return list(kind._default_manager.filter(operator=operator).order_by("pk").values_list("pk", flat=True))


def _make_printed(operator: Operator, key: AccessKey) -> None:
    """The bookings of the contract's examples, with its values and dates."""
    tags = {tag.name: tag for tag in Tag.objects.filter(operator=operator)}
    family = JourneyType.objects.get(operator=operator, name="Family Event")
    coach = VehicleType.objects.get(operator=operator, name="25-33 Seat Premium Coach")
    kinds: dict[str, Any] = {
        "journey_type": family,
        "vehicle_type": coach,
        "passengers": 10,
        "luggage": "Luggage space required",
    }
    printed = create_customer(
        operator=operator, by=None, cust_id=41_827, name="Gagg-contract-v69", phone="015678903459"
    )
    create_booking(
        operator=operator, by=None, quote_id=1_015_066, customer=printed, legs=PRINTED, tags=[tags[NEEDED]], **kinds
    )
    other = create_customer(operator=operator, by=None, cust_id=41_828, name="Ada Chapman", phone="020 7946 0018")
    for quote_id, names, day in ((1_015_437, [NEEDED], 14), (1_015_433, [NEEDED], 15), (1_015_401, [CONFIRMED], 16)):
        legs = [{**PRINTED[0], "pickup_date": f"2025-11-{day}", "pickup_time": "09:30:00"}]
        wanted = [tags[name] for name in names]
        create_booking(operator=operator, by=None, quote_id=quote_id, customer=other, legs=legs, tags=wanted, **kinds)
    verified = Booking.objects.filter(operator=operator, quote_id=1_015_401).values_list("pk", flat=True)
    log_contact(operator=operator, bookings=list(verified), contact=Contact(note="Confirmed by phone."), key=key)


PRINTED: tuple[dict[str, Any], ...] = (
    {
        "pickup_date": "2025-10-31",
        "pickup_time": "08:01:00",
        "collection_address": "chinatown",
        "destination_address": "TETS location",
    },
    {
        "pickup_date": "2025-11-02",
        "pickup_time": "08:01:00",
        "collection_address": "Mo Chit station",
        "destination_address": "Arrival Hall, Larnaca Airport",
        "arrival_flight": "AK - Airasia_1000",
        "arrival_date": "2025-11-03",
        "arrival_time": "08:45:00",
        "arrival_airport": "A",
        "arrival_terminal": "B",
    },
)
