"""What may be given by name or built already: losses, optimizers, schedules, metrics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from .errors import ConfigurationError, unknown_name

Built = TypeVar("Built")


def by_name(
    what: str,
    given: object,
    base: Any,  # an abstract class, which type[Built] does not take
    table: Mapping[str, tuple[type[Built], Mapping[str, Any]]],
    options: Mapping[str, Any],
) -> Built:
    """Build what a name stands for; what is built already is returned as it is.

    Args:
        what: the kind of thing, for messages: ``"optimizer"``.
        given: a name in ``table``, or a ``base``.
        base: the class of all of them; a name stands for a dataclass.
        table: name -> (class, arguments that belong to the name).
        options: further arguments.

    Raises:
        ConfigurationError: an unknown name or option, a missing option, options beside what is built already.
    """
    if isinstance(given, base):
        no_options_beside(what, given, options)
        built: Built = given
        return built
    if not isinstance(given, str) or given not in table:
        raise unknown_name(what, given, table)
    kind, defaults = table[given]
    known = tuple(getattr(kind, "__dataclass_fields__", ()))
    for option in options:
        if option not in known:
            raise unknown_name(f"option of {given}", option, known)
    try:
        return kind(**{**defaults, **options})
    except TypeError as error:
        raise ConfigurationError(
            f"{what} {given!r} with the options {sorted(options)}",
            expected=f"the arguments {', '.join(known)}, those without a default at least",
            mend=f"give them by name ({error})",
        ) from error


def no_options_beside(what: str, given: object, options: Mapping[str, Any]) -> None:
    """Refuse options where there is nothing left to build.

    Raises:
        ConfigurationError: there are some.
    """
    if options:
        raise ConfigurationError(
            f"options {sorted(options)} beside {given!r}",
            expected="options only with a name",
            mend=f"give them to the {what} itself",
        )
