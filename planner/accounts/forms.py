"""The forms of registration and sign-in."""

from __future__ import annotations

from functools import cache
from typing import Any

from email_validator import EmailNotValidError, validate_email
from flask_babel import lazy_gettext as _l
from wtforms import PasswordField
from wtforms.validators import InputRequired, Length

from ..forms import Form, TextField, ValidationError, at_most, optional, required
from . import services

EMAIL_TAKEN = _l("This address already has an account. Sign in instead")
# Our own addition: what is guessed first in Chinese ("I love you for life", "password") and stands in no English list.
CHINESE_PASSWORDS = frozenset((
    "woaini1314", "woaini1234", "woaini5201314", "woaini1314520", "5201314520", "5201314a", "a5201314", "w5201314",
    "qq5201314", "1314520520", "13145200", "52013145", "1314woaini", "aini1314", "woaiwojia", "woaiwoziji",
    "woshishui", "mima1234", "mima123456", "taobao123", "weixin123", "zhang123", "wang1234", "li123456", "123456789a",
    "12345678a", "123456qq", "100200300",
))  # fmt: skip


@cache
def common_passwords() -> frozenset[str]:
    """The 30,000 passwords seen most often in leaks, as zxcvbn (MIT) ships them, and the Chinese ones it lacks."""
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # 12 MB, which a worker never needs

    return CHINESE_PASSWORDS.union(FREQUENCY_LISTS["passwords"])


class SignInForm(Form):
    """E-mail and password."""

    email = TextField(_l("E-mail"), [*required(_l("Enter your e-mail address")), at_most(254)])
    password = PasswordField(_l("Password"), [InputRequired(_l("Enter your password"))])


class RegisterForm(Form):
    """A new account."""

    name = TextField(_l("Your name"), [*optional(), at_most(80)])
    email = TextField(_l("E-mail"), [*required(_l("Enter your e-mail address")), at_most(254)])
    password = PasswordField(
        _l("Password"),
        [
            InputRequired(_l("Choose a password of at least 8 characters")),
            Length(min=services.MIN_PASSWORD, message=_l("Choose a password of at least 8 characters")),
            Length(max=services.MAX_PASSWORD, message=_l("Use at most %(max)d characters")),
        ],
    )

    def validate_email(self, field: Any) -> None:
        """The address can exist, and no account has it yet."""
        try:
            validate_email(services.normal_email(field.data), check_deliverability=False)
        except EmailNotValidError:
            raise ValidationError(_l("Enter a whole address, such as name@example.org")) from None
        if services.find_user_by_email(field.data) is not None:
            raise ValidationError(EMAIL_TAKEN)

    def validate_password(self, field: Any) -> None:
        """Not one of those that are tried first: often used, one or two characters repeated, or made of the e-mail."""
        password = (field.data or "").casefold()
        email = services.normal_email(self.email.data or "")
        of_email = bool(email) and (email in password or password == email.split("@")[0])
        if password in common_passwords() or len(set(password)) < 3 or of_email:
            raise ValidationError(_l("Many people use this one, so it is guessed first. Choose another"))
