"""What the OpenAPI document shows as examples of rows."""

USER = {
    "user_id": 7,
    "role_id": 2,
    "username": "ann",
    "first_name": "Ann",
    "last_name": "Lee",
    "phone": "+12025550199",
    "email": "ann@example.com",
    "address": "12 Elm Street",
    "company": "Lee Ltd",
    "country": "GB",
    "timezone": "Europe/London",
    "country_id": 44,
    "language_id": "en",
    "timezone_id": 12,
    "active": 1,
    "date_created": 1767950000,
    "created_by": 1,
    "last_updated": 1767950000,
    "updated_by": 1,
}
CREDENTIALS = {"username": "ann", "password": "a good long one"}
REFRESH = {"refresh_token": "eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmVk"}
TOKENS = {
    "token": "eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmVk",
    "access_token": "eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmVk",
    **REFRESH,
    "expires_in": 3600,
    "token_type": "Bearer",
    "scope": "All",
}
PERMISSION = {"permission_id": 12, "name": "fleet_read", "description": "Sees the cars."}
ROLE = {
    "role_id": 3,
    "name": "night shift",
    "description": "Answers at night.",
    "permissions": [{"permission_id": 12, "name": "fleet_read"}],
}
