"""FreeSWITCH: real voice and fax."""

from telephony.gateways.freeswitch.gateway import FreeSWITCH

__all__ = ["FreeSWITCH"]
