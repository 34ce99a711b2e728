"""What a booking search costs at least: one prepared statement that finds and reads, no sign-in, no checks."""

import orjson
from django.http import HttpRequest, HttpResponse
from django.urls import path

from tests.bench.bare import connection

SEARCH = """
SELECT b.quote_id, c.name, c.phone, coalesce(j.name, ''), b.passengers::text, coalesce(v.name, ''), b.luggage,
    b.journey, (SELECT string_agg(t.name, ', ' ORDER BY t.tag_id) FROM bookings_bookingtag k
        JOIN bookings_tag t ON t.operator_id = k.operator_id AND t.id = k.tag_id
        WHERE k.booking_id = b.id AND k.operator_id = b.operator_id)
FROM (
    SELECT t.booking_id, t.first_pickup_at, t.quote_id FROM bookings_bookingtag t
    WHERE t.operator_id = %s AND t.tag_id = %s AND t.status = 'B' AND t.first_pickup_at >= %s
    ORDER BY t.first_pickup_at, t.quote_id LIMIT 50
) found
JOIN bookings_booking b ON b.operator_id = %s AND b.id = found.booking_id
JOIN bookings_customer c ON c.operator_id = b.operator_id AND c.id = b.customer_id
LEFT JOIN bookings_journeytype j ON j.operator_id = b.operator_id AND j.id = b.journey_type_id
LEFT JOIN bookings_vehicletype v ON v.operator_id = b.operator_id AND v.id = b.vehicle_type_id
ORDER BY found.first_pickup_at, found.quote_id
"""
NAMES = (
    *("quoteId", "customerName", "customerPhone", "journeyType", "numOfPassenger", "vehicleType", "luggage"),
    *("journeyInfo", "tags"),
)


def search(request: HttpRequest, operator: int, tag: int) -> HttpResponse:
    start = orjson.loads(request.body)["filter"]["date"]["startDate"]
    rows = connection().execute(SEARCH, [operator, tag, start, operator]).fetchall()
    found = [dict(zip(NAMES, (*row[:7], orjson.Fragment(row[7]), row[8]), strict=True)) for row in rows]
    body = orjson.dumps({"status": "success", "count": len(found), "results": found})
    return HttpResponse(body, content_type="application/json")


urlpatterns = [path("<int:operator>/search/<int:tag>", search)]
