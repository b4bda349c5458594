"""The mark of a match: what it was made from, and the part that its lead is in.

Marks of today's basis stand together in the order of all marks, so that two ranges find what is overtaken, whatever it
was made from; the part behind the basis is what replicas share it out by. The first release marked by the basis alone.
"""

from __future__ import annotations

from kit.bus.port import partition_of
from kit.store.port import Range


def mark_of(lead: str, basis: str, partitions: int) -> str:
    """The mark of a match of this lead: as many parts as the topics have partitions, and the same leads in each."""
    return f"{basis}:{partition_of(lead, partitions):02}"


def basis_of(mark: str) -> str:
    """What a match was made from."""
    return mark.partition(":")[0]


def part_of(mark: str) -> int:
    """The part that a match belongs to."""
    return int(mark.partition(":")[2] or 0)


def overtaken_by(basis: str) -> tuple[Range, Range]:
    """Where the matches are that were made from anything else."""
    return Range("basis", high=basis), Range("basis", low=f"{basis}~")
