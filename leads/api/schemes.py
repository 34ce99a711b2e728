"""How the OpenAPI document describes a partner's key."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension


class LeadKeyScheme(OpenApiAuthenticationExtension):
    target_class = "leads.api.authentication.LeadKeyAuthentication"
    name = ["leadKey", "leadBearer"]

    def get_security_requirement(self, auto_schema: Any) -> list[dict[str, list[str]]]:
        return [{name: []} for name in self.name]  # the one or the other

    def get_security_definition(self, auto_schema: Any) -> list[dict[str, str]]:
        return [
            {"type": "apiKey", "in": "query", "name": "key", "description": "The partner's key."},
            {"type": "http", "scheme": "bearer", "description": "The partner's key; no proxy writes it into a log."},
        ]
