"""A lead and its life, free of storage, web and clocks."""

from services.leads.model.lead import CITY, SCHEMA, Act, FirstContact, Lead
from services.leads.model.life import advance, assign, followed_up, legal_targets, register, revise

__all__ = [
    "CITY",
    "SCHEMA",
    "Act",
    "FirstContact",
    "Lead",
    "advance",
    "assign",
    "followed_up",
    "legal_targets",
    "register",
    "revise",
]
