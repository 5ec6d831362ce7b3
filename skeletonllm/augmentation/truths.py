"""What the words of a clip say that a change would make false: times, lengths, the line of sight.

All that is asked here is whether such words stand there. Amounts are not rewritten: a change that
touches them is not made.
"""

from __future__ import annotations

import re

_TIMES = re.compile(
    r"\d\s*(?:ms|msecs?|s|secs?|seconds?|minutes?|mins?|fps|hz|bpm|frames?)\b"
    r"|\b(?:milli)?seconds\b|\bsecond long\b|\bminutes\b"
    r"|\b(?:a|one|half a|each|every|per|another) (?:second|minute)\b(?! (?:person|time|hand|foot))"
    r"|\b(?:quick|slow|swift|rapid|brisk|fast|gradual|gentl|calm|sudden|hurr|unhurr|leisure|sprint"
    r"|jog|rush|haste|hast[iy]|abrupt)\w*|\b(?:at|with) speed\b|\b(?:speed|pace|tempo)s?\b",
    re.IGNORECASE,
)
_LENGTHS = re.compile(
    r"\d\s*(?:mm|cm|dm|m|km|in|ft|feet|foot|yards?|inch(?:es)?)\b"
    r"|\b(?:milli|centi|deci|kilo)?met(?:re|er)s?\b|\binch(?:es)?\b|\byards?\b"
    r"|\b(?:tall|short|small|large|big|tiny|giant)(?:er|est)? "
    r"(?:person|man|woman|child|boy|girl|adult|figure|body)\b",
    re.IGNORECASE,
)
_VIEWS = re.compile(
    r"\b(?:camera|viewer|lens|observer|audience|onlooker|spectator|photographer|sensor|kinect)s?\b"
    r"|\b(?:us|we|viewpoint|perspective|left-?most|right-?most)\b"
    r"|\b(?:of|in|on|across|into|to|toward|towards|from|out of|facing|faces|leaves|enters|at) "
    r"(?:the |our )?(?:\w+ )?(?:picture|image|screen|photo|photograph|frame|view|profile|scene)\b"
    r"|\b(?:front|side|back|rear|profile)[- ]?view\b",
    re.IGNORECASE,
)


def tells_time(text: str) -> bool:
    """Whether a text says how long or how fast something is.

    Example:
        >>> tells_time("It is held for 1.2 s."), tells_time("The second person waves.")
        (True, False)
    """
    return bool(_TIMES.search(text))


def tells_length(text: str) -> bool:
    """Whether a text says how far something goes, or how large a person is.

    Example:
        >>> tells_length("It rises by 62 cm."), tells_length("Both feet leave the floor.")
        (True, False)
    """
    return bool(_LENGTHS.search(text))


def tells_view(text: str) -> bool:
    """Whether a text says how something lies to the camera or in the picture.

    Example:
        >>> tells_view("She faces the camera."), tells_view("She turns to the left.")
        (True, False)
    """
    return bool(_VIEWS.search(text))
