"""The icons: drawn for this project on a 24 px grid, 1.75 stroke, round caps.

A page carries a hidden sprite of the icons it uses (`sprite`) and refers to them (`use`), so that an icon used twenty
times is sent once and no request is needed.  Icons are decoration: the words beside them carry the meaning, and an
icon-only control needs an `aria-label` of its own.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from markupsafe import Markup

ICONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "today": (
            '<path d="M4 11.2 12 4.5l8 6.7V19a1.5 1.5 0 0 1-1.5 1.5h-13A1.5 1.5 0 0 1 4 19z"/>'
            '<path d="M9.5 20.5v-6h5v6"/>'
        ),
        "budget": (
            '<path d="M3.5 8.5A2.5 2.5 0 0 1 6 6h12.5v3.5"/>'
            '<rect x="3.5" y="6.5" width="17" height="13" rx="2.5"/>'
            '<path d="M20.5 11h-4a2 2 0 0 0 0 4h4"/>'
        ),
        "loans": '<path d="M6 3.5h12v17l-3-2-3 2-3-2-3 2z"/><path d="M9.5 8.5h5M9.5 12.5h5"/>',
        "plan": (
            '<rect x="4.5" y="4.5" width="15" height="16" rx="2.5"/><path d="M9 3v3M15 3v3M8.5 13.5l2.5 2.5 4.5-5"/>'
        ),
        "more": '<circle cx="5" cy="12" r="1.2"/><circle cx="12" cy="12" r="1.2"/><circle cx="19" cy="12" r="1.2"/>',
        "bell": (
            '<path d="M6.5 10a5.5 5.5 0 0 1 11 0c0 5 2 6.5 2 6.5h-15s2-1.5 2-6.5z"/>'
            '<path d="M10 19.5a2.2 2.2 0 0 0 4 0"/>'
        ),
        "calendar": '<rect x="3.5" y="5" width="17" height="15.5" rx="2.5"/><path d="M3.5 10h17M8 3v4M16 3v4"/>',
        "phone": (
            '<path d="M5 4.5h3.2l1.6 4-2 1.5a12 12 0 0 0 6.2 6.2l1.5-2 4 1.6V19a1.5 1.5 0 0 1-1.6 1.5C10.5 20 4 13.5'
            ' 3.5 6.1A1.5 1.5 0 0 1 5 4.5z"/>'
        ),
        "shield": (
            '<path d="M12 3.5 19 6v5.5c0 4.5-2.8 7.5-7 9-4.2-1.5-7-4.5-7-9V6z"/><path d="m9 12 2.2 2.2L15.2 10"/>'
        ),
        "alert": '<path d="M12 4.5 21 19.5H3z"/><path d="M12 10.5v4M12 17.2v.1"/>',
        "check": '<path d="m5 12.5 4.5 4.5L19 7.5"/>',
        "info": '<circle cx="12" cy="12" r="8.5"/><path d="M12 11v5M12 8v.1"/>',
        "clock": '<circle cx="12" cy="12" r="8.5"/><path d="M12 7.5V12l3 2"/>',
        "plus": '<path d="M12 5.5v13M5.5 12h13"/>',
        "minus": '<path d="M5.5 12h13"/>',
        "next": '<path d="m9.5 5.5 6.5 6.5-6.5 6.5"/>',
        "back": '<path d="M14.5 5.5 8 12l6.5 6.5"/>',
        "share": (
            '<path d="M12 14.5V4M8 7.5 12 3.5l4 4"/>'
            '<path d="M5 12.5V19a1.5 1.5 0 0 0 1.5 1.5h11A1.5 1.5 0 0 0 19 19v-6.5"/>'
        ),
        "print": (
            '<path d="M7 8.5v-5h10v5"/><rect x="3.5" y="8.5" width="17" height="8" rx="2"/><path d="M7 13.5h10v7H7z"/>'
        ),
        "lock": '<rect x="5" y="10.5" width="14" height="10" rx="2.5"/><path d="M8 10.5V8a4 4 0 0 1 8 0v2.5"/>',
        "offline": (
            '<path d="M4 4l16 16M8.5 7.5A5.5 5.5 0 0 1 17 10a4.3 4.3 0 0 1 2.8 7.2M16 18.5H7.5a4.3 4.3 0 0 1-1-8.4"/>'
        ),
        "sync": (
            '<path d="M19.5 11a7.5 7.5 0 0 0-13.5-3.5L4 9.5M4 5v4.5h4.5M4.5 13a7.5 7.5 0 0 0 13.5 3.5l2-2M20 19v-4.5'
            'h-4.5"/>'
        ),
        "people": (
            '<circle cx="9" cy="8.5" r="3.5"/>'
            '<path d="M2.5 19.5c.6-3.6 3-5.5 6.5-5.5s5.9 1.9 6.5 5.5M16 5.3a3.5 3.5 0 0 1 0 6.4M18 14.5c2 .8 3.2 2.5'
            ' 3.5 5"/>'
        ),
        "scale": (
            '<path d="M12 4v16M7.5 20.5h9M5 7.5l7-2 7 2"/>'
            '<path d="M2.5 14 5 7.5 7.5 14a2.6 2.6 0 0 1-5 0zM16.5 14 19 7.5l2.5 6.5a2.6 2.6 0 0 1-5 0z"/>'
        ),
        "slider": (
            '<path d="M4 7.5h8M17 7.5h3M4 16.5h3M12 16.5h8"/>'
            '<circle cx="14.5" cy="7.5" r="2.5"/>'
            '<circle cx="9.5" cy="16.5" r="2.5"/>'
        ),
        "pay": '<circle cx="12" cy="12" r="8.5"/><path d="m8.5 7.5 3.5 4.5 3.5-4.5M12 12v5M9 12.5h6M9 15h6"/>',
        "link": (
            '<path d="M10 14a3.8 3.8 0 0 0 5.5.3l3-3a3.9 3.9 0 0 0-5.5-5.5l-1.3 1.3M14 10a3.8 3.8 0 0 0-5.5-.3l-3 3'
            'A3.9 3.9 0 0 0 11 18.2l1.3-1.3"/>'
        ),
        "note": '<path d="M4.5 19.5 5.5 15 16 4.5 19.5 8 9 18.5z"/><path d="M13.5 7 17 10.5"/>',
        "x": '<path d="m6 6 12 12M18 6 6 18"/>',
        "chart": '<path d="M3.5 16.5 8 11l4 3.5L20.5 6"/><path d="M3.5 20.5h17"/>',
        "trash": (
            '<path d="M4.5 6.5h15M9.5 6.5V4h5v2.5M6.5 6.5l.8 12.6a1.5 1.5 0 0 0 1.5 1.4h6.4a1.5 1.5 0 0 0 1.5-1.4'
            'l.8-12.6M10 10.5v6M14 10.5v6"/>'
        ),
        "download": (
            '<path d="M12 4v11M8 11.5l4 4 4-4"/>'
            '<path d="M4.5 16.5V19A1.5 1.5 0 0 0 6 20.5h12a1.5 1.5 0 0 0 1.5-1.5v-2.5"/>'
        ),
        "upload": (
            '<path d="M12 15.5V4.5M8 8l4-4 4 4"/>'
            '<path d="M4.5 16.5V19A1.5 1.5 0 0 0 6 20.5h12a1.5 1.5 0 0 0 1.5-1.5v-2.5"/>'
        ),
        "eye": (
            '<path d="M2.5 12C5 7.8 8.2 5.8 12 5.8s7 2 9.5 6.2c-2.5 4.2-5.7 6.2-9.5 6.2S5 16.2 2.5 12z"/>'
            '<circle cx="12" cy="12" r="2.8"/>'
        ),
        "mail": '<rect x="3.5" y="5.5" width="17" height="13.5" rx="2.5"/><path d="m4.5 7.5 7.5 6 7.5-6"/>',
        "user": '<circle cx="12" cy="8.5" r="4"/><path d="M4.5 20c.8-3.8 3.5-5.8 7.5-5.8s6.7 2 7.5 5.8"/>',
        "logout": '<path d="M13.5 4H7a2 2 0 0 0-2 2v12a2 2 0 0 0 2 2h6.5M10.5 12H20M16.5 8.5 20 12l-3.5 3.5"/>',
        "globe": (
            '<circle cx="12" cy="12" r="8.5"/>'
            '<path d="M3.5 12h17M12 3.5c2.6 2.4 3.9 5.2 3.9 8.5s-1.3 6.1-3.9 8.5c-2.6-2.4-3.9-5.2-3.9-8.5s1.3-6.1'
            ' 3.9-8.5z"/>'
        ),
        "qr": '<path d="M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4z"/><path d="M14 14h2.5v2.5M20 14v2M14 20h1M18 18.5h2V20"/>',
        "settings": (
            '<circle cx="12" cy="12" r="3"/>'
            '<path d="M12 3.5v2.5M12 18v2.5M3.5 12H6M18 12h2.5M6 6l1.8 1.8M16.2 16.2 18 18M18 6l-1.8 1.8M7.8 16.2 6'
            ' 18"/>'
        ),
        "copy": (
            '<rect x="8.5" y="8.5" width="11.5" height="12" rx="2"/>'
            '<path d="M15.5 8.5v-3a2 2 0 0 0-2-2H6a2 2 0 0 0-2 2V15a2 2 0 0 0 2 2h2.5"/>'
        ),
        "search": '<circle cx="10.5" cy="10.5" r="6.5"/><path d="m15.5 15.5 5 5"/>',
        "help": (
            '<circle cx="12" cy="12" r="8.5"/><path d="M9.6 9.8a2.5 2.5 0 1 1 3.6 2.2c-.8.4-1.2.9-1.2 1.7M12 16.6v.1"/>'
        ),
        "heart": '<path d="M12 20s-7.5-4.5-7.5-10A4.3 4.3 0 0 1 12 7.2 4.3 4.3 0 0 1 19.5 10c0 5.5-7.5 10-7.5 10z"/>',
    }
)

# Arrows that mean "onwards" or "back": mirrored where the writing runs from right to left.
DIRECTIONAL: Final = frozenset({"next", "back", "logout"})


def symbol(name: str) -> Markup:
    """Return the `<symbol>` of one icon, with the id `i-name`.  Raises KeyError for an unknown name."""
    # ICONS holds only literals of this module.
    return Markup(f'<symbol id="i-{name}" viewBox="0 0 24 24">{ICONS[name]}</symbol>')  # noqa: S704


def sprite(names: Iterable[str]) -> Markup:
    """Return the hidden svg that holds the named icons once each, in a stable order.  Raises KeyError."""
    symbols = Markup("").join(symbol(name) for name in sorted(set(names)))
    return Markup('<svg class="sprite" aria-hidden="true">{}</svg>').format(symbols)


def use(name: str, small: bool = False) -> Markup:
    """Return a reference to an icon of the page's sprite, hidden from screen readers.  Raises KeyError."""
    if name not in ICONS:
        raise KeyError(name)
    classes = "icon" + (" s" if small else "") + (" flip" if name in DIRECTIONAL else "")
    return Markup('<svg class="{}" aria-hidden="true"><use href="#i-{}"/></svg>').format(classes, name)
