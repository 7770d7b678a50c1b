"""What can go wrong through no fault of the program."""

from __future__ import annotations


class UnderstudyError(Exception):
    """Base of every error that is told to the user as one sentence, without a traceback.

    The message says what is wrong and what to do about it. `exit_code` is what the command line returns.
    """

    exit_code = 2


class BadInputError(UnderstudyError):
    """The user gave something that cannot be used: a missing file, a clip without a face, a bad option."""


class OutputError(UnderstudyError):
    """The result cannot be written where it was asked for: no permission, disk full, a failed check."""


class ConsentError(UnderstudyError):
    """What was asked for is not consented to: no record, or none that is valid and reaches so far."""

    exit_code = 3
