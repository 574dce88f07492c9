"""What hangs together: the clusters of pairs, in chains and circles too."""

from collections.abc import Iterable


class Clusters:
    """Sets that grow together; each is called by its least member."""

    def __init__(self) -> None:
        self._above: dict[int, int] = {}

    def join(self, one: int, other: int) -> None:
        """Both are in one set from now on."""
        a, b = self.name(one), self.name(other)
        self._above[max(a, b)] = min(a, b)
        self._above.setdefault(min(a, b), min(a, b))

    def name(self, member: int) -> int:
        """The least member of its set; itself where it was never joined."""
        way = []
        while self._above.get(member, member) != member:
            way.append(member)
            member = self._above[member]
        for passed in way:
            self._above[passed] = member
        return member

    def members(self) -> dict[int, int]:
        """Member -> the name of its set, of all that were joined."""
        return {member: self.name(member) for member in sorted(self._above)}


def joined(pairs: Iterable[tuple[int, int]]) -> dict[int, int]:
    """Member -> the least member of its cluster."""
    clusters = Clusters()
    for one, other in pairs:
        clusters.join(one, other)
    return clusters.members()
