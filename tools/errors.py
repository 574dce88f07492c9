"""What a user can mend. Anything else that goes wrong is a bug and crashes with its traceback."""


class KgtoolsError(Exception):
    """One line that says where, what and the way out; the command prints it and exits with 2."""


class UsageError(KgtoolsError):
    """A name, an option or a combination of options that does not exist."""


class InputError(KgtoolsError):
    """A file, row or value that cannot be read as what it should be."""


class CypherError(KgtoolsError):
    """A query that the store refuses or would answer differently from Neo4j."""


class StoreError(KgtoolsError):
    """A graph that is missing, busy, damaged or cannot be written."""


class MissingExtraError(KgtoolsError):
    """A feature whose packages are not installed; the message names the pip command."""


class Findings(Exception):
    """A check found something; the command has printed it and exits with 1."""
