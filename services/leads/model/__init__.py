"""A lead and its life, free of storage, web and clocks."""

from services.leads.model.lead import CITY, ORG, SCHEMA, Act, FirstContact, Lead
from services.leads.model.life import (
    advance,
    assign,
    enquired,
    followed_up,
    legal_targets,
    register,
    remind,
    revise,
    share,
    unshare,
)

__all__ = [
    "CITY",
    "ORG",
    "SCHEMA",
    "Act",
    "FirstContact",
    "Lead",
    "advance",
    "assign",
    "enquired",
    "followed_up",
    "legal_targets",
    "register",
    "remind",
    "revise",
    "share",
    "unshare",
]
