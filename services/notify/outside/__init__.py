"""Requests to addresses that people wrote: only where an office may reach, checked on the address that is used.

A name is resolved once, each of its addresses is judged, and the connection goes to a judged address while TLS
and ``Host`` keep the name: a name that answers differently the second time gains nothing. No redirects, no proxy
of the environment, no credentials in addresses, bounded time and size.
"""

from services.notify.outside.addresses import AddressRefused, Reach
from services.notify.outside.client import Answer, NoAnswer, Outside

__all__ = ["AddressRefused", "Answer", "NoAnswer", "Outside", "Reach"]
