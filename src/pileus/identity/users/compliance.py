"""The rules for passwords and accounts that settings may ask for, as PCI DSS has them, and users' exceptions."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from pileus.identity.errors import PasswordRefused
from pileus.identity.settings import IdentitySettings
from pileus.kernel.clock import Clock

Values = Mapping[str, Any]


class Compliance:
    """Says what the rules say of a user's row; writes nothing.

    Attributes:
        history: how many of the last passwords a user must not take again.
    """

    def __init__(self, settings: IdentitySettings, clock: Clock) -> None:
        self._settings = settings
        self._rules = settings.passwords
        self._regex = re.compile(self._rules.regex) if self._rules.regex else None
        self._clock = clock
        self.history = self._rules.history

    def check_strength(self, password: str) -> None:
        """Raise where a password does not look as it must.

        Raises:
            PasswordRefused: it does not.
        """
        if self._regex is not None and not self._regex.match(password):
            what = self._rules.regex_description or self._rules.regex
            raise PasswordRefused(f"The password does not match the requirements: {what}.")

    def check_age(self, user: Values) -> None:
        """Raise where a password that its user chose is too young to be changed by them.

        Raises:
            PasswordRefused: it is.
        """
        days = self._rules.minimum_age_days
        if not days or not user["password_own"] or user["password_set_at"] is None:
            return
        left = user["password_set_at"] + timedelta(days=days) - self._clock.now()
        if left > timedelta():
            raise PasswordRefused(
                "You cannot change your password at this time due to the minimum password age. Once you change your "
                f"password, it must be used for {days} day(s) before it can be changed. Please try again in "
                f"{left.days} day(s) or contact your administrator to reset your password."
            )

    def refuse_lock(self, user: Values) -> None:
        """Raise where a user may not change their own password.

        Raises:
            PasswordRefused: they may not.
        """
        if user["options"].get("lock_password"):
            raise PasswordRefused(
                "You cannot change your password at this time due to password policy disallowing password changes. "
                "Please contact your administrator to reset your password."
            )

    def repeated(self) -> PasswordRefused:
        """The error of a password that was one of the last."""
        return PasswordRefused(
            "The new password cannot be identical to a previous password. The total number which includes the new "
            f"password must be unique is {self.history}."
        )

    def password_values(self, options: Values, hashed: str | None, *, own: bool) -> dict[str, Any]:
        """What a new password makes of a user's row.

        Args:
            own: whether the user chose it; else they may have to change it at once.
        """
        now = self._clock.now()
        ends: datetime | None = None
        if self._rules.expire_days and not options.get("ignore_password_expiry"):
            ends = (now + timedelta(days=self._rules.expire_days)).replace(microsecond=0)
        first = self._rules.change_on_first_use and not options.get("ignore_change_password_upon_first_use")
        if first and not own and hashed is not None:
            ends = now
        return {"password_hash": hashed, "password_set_at": now, "password_own": own, "password_expires_at": ends}

    def is_expired(self, user: Values) -> bool:
        """Whether a password must be changed before it opens anything."""
        ends = user["password_expires_at"]
        exempt = bool(user["options"].get("ignore_password_expiry"))
        return ends is not None and bool(ends <= self._clock.now()) and not exempt

    def is_locked(self, user: Values) -> bool:
        """Whether an account is locked after wrong passwords."""
        most, seconds = self._settings.lockout_attempts, self._settings.lockout_seconds
        if not most or user["failures"] < most or user["options"].get("ignore_lockout_failure_attempts"):
            return False
        return not seconds or bool(self._clock.now() < user["failed_at"] + timedelta(seconds=seconds))

    def was_locked(self, user: Values) -> bool:
        """Whether an account is or was locked: counting starts anew once the lock has run out."""
        return bool(user["failures"] >= self._settings.lockout_attempts > 0)

    def is_inactive(self, user: Values) -> bool:
        """Whether an account has not been used for so long that it is off."""
        days, last = self._rules.inactive_days, user["active_at"] or user["created_at"]
        if not days or last is None or user["options"].get("ignore_user_inactivity"):
            return False
        return bool((self._clock.now().date() - last.date()).days >= days)

    def seen(self, user: dict[str, Any]) -> dict[str, Any]:
        """A row as it is shown: an account that is off for want of use is not enabled."""
        return {**user, "enabled": False} if user["enabled"] and self.is_inactive(user) else user

    def activity(self, user: Values) -> dict[str, Any]:
        """What a login makes of a user's row; nothing where nobody asks for it."""
        now = self._clock.now()
        last = user["active_at"]
        if not self._rules.inactive_days or (last is not None and last.date() == now.date()):
            return {}
        return {"active_at": now}
