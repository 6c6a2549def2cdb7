"""The forms of the second factor."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import PasswordField
from wtforms.validators import Length

from ..forms import Form, HiddenField, TextField, at_most, required

ENTER_CODE = _l("Enter the 6 digits your authenticator app shows now")
WRONG_CODE = _l("This code is not right any more. Wait for the app's next one and enter it")
WRONG_RECOVERY_CODE = _l("This is none of your unused recovery codes. Check it, or take another one")
WRONG_PASSWORD = _l("This is not your password. Capital letters count")
_MISSING = {"code": ENTER_CODE, "recovery": _l("Enter a recovery code"), "password": _l("Enter your password")}


class ProofForm(Form):
    """One of three ways to prove who somebody is; `way` names the field that was filled."""

    way = HiddenField()
    code = TextField(_l("Code from the app"), [at_most(40)])
    recovery = TextField(_l("Recovery code"), [at_most(40)])
    password = PasswordField(_l("Password"), [Length(max=200)])

    def validate(self, extra_validators: Any = None) -> bool:
        """The field of the chosen way is filled."""
        way = self.way.data if self.way.data in _MISSING else "code"
        sound = bool(super().validate(extra_validators))
        if sound and not self[way].data:
            self.refuse(way, _MISSING[way])
        return sound and bool(self[way].data)


class AppForm(Form):
    """A first code, which shows that the app holds the secret. `held` is that secret, signed for the person."""

    held = HiddenField()
    code = TextField(_l("Code from the app"), [*required(ENTER_CODE), at_most(40)])


class PasskeyForm(Form):
    """A passkey the browser made, and what to call it in the list."""

    name = TextField(_l("Name of the passkey"), [*required(_l("Enter a name by which you will know it")), at_most(40)])
    credential = HiddenField()


class PasskeyProofForm(Form):
    """What the browser's passkey answered."""

    credential = HiddenField()
