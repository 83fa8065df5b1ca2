"""Names of time zones: people and this product use IANA's, Azure's schedules use those of Windows.

Source: Unicode CLDR, `common/supplemental/windowsZones.xml`, with the other names of the same zones
from IANA's `backward`; as tzlocal collects them, github.com/regebro/tzlocal, `windows_tz.py`.
"""

from __future__ import annotations

from typing import Final

from tzlocal.windows_tz import tz_win

from components.contracts import Unsupported

_NAMES: Final = {zone: name for zone, name in tz_win.items() if zone} | {"GMT": tz_win["Etc/GMT"]}
"""`GMT` alone is missing there; the empty name is Mexico City's, by mistake."""


def windows_name(zone: str) -> str:
    """The Windows name of a time zone, `Romance Standard Time` for `Europe/Copenhagen`.

    Raises:
        Unsupported: it has none.
    """
    try:
        return _NAMES[zone]
    except KeyError:
        raise Unsupported(
            f"mllab:notebook.time_zone is {zone!r}, for which Azure's schedules have no name;"
            " name a city with the same time, like Europe/Copenhagen"
        ) from None
