"""What markers of motion capture are called, and near which joint each of them lies.

The labels are those of Vicon's Plug-in Gait and Conventional Gait Model, Qualisys (sports,
animation, PAF), OptiTrack (Baseline, Core, Biomech), Helen Hayes, BTS (Davis), CMU, Rizzoli (IOR),
CAST, ISB landmarks (Van Sint Jan, Color Atlas of Skeletal Landmark Definitions, 2007), SOMA and
MoSh, and of joint centres that modelling software adds. Where a set has words (``LKneeOut``,
``r knee 1``, ``L.Knee.Medial``), the word says it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from skeletonllm.corpora.rigs.joint_words import joint_of_word

LONGEST = 64
"""Characters of a label that are looked at."""

SKIN = {
    "ear": "FHD BHD HDF HDB HEAD CHEECK CHEEK TMJ AH PH",
    "collar": "BAK BAC SCA SCAP CLAV CLA SCJ BUST OFFSET",
    "shoulder": "SHO ACR AC ACJ SAE SAJ CAJ SHLD SH ASH PSH FSH BSH SHOULD HGT HUME UPA UPB UPC "
    "HUM DELT",
    "elbow": "ELB ELBM MELB LELB ELL EL HLE LHE LEE ELM HME MHE MEE ELBIN IEL LEL MEL UOA EPL EPM "
    "FASUPERIOR FRM FRA FRB FRC",
    "wrist": "WRA WRB WRI WRL WRM WRE WR OWR IWR LW MW RSP USP UHE FARADIUS FAULNA ULN RAD",
    "hand": "FIN HND MC2 MC5 HM2 HM5 HM1 OHAND IHAND THMB HAN",
    "hip": "ASI ASIS IAS FWT FTC GTR GTRO TRO GT ICT ILC MWT NWST PSI PSIS IPS BWT BUM THI THIA "
    "THIB THIP THID THAP THAD TH FTHI FTHIIN BAR1 T1 T2 T3 T4",
    "knee": "KNE KNL KNELAT LATKNE KN FLE LFE LFC LE LEK KL KNEM KNM KNEMED MEDKNE MKNE MKN KNI "
    "KNEIN FME MFE MFC ME MEK KM HF FAX TT TTC PAT PAS ATI SHN TIB TIBA TIBB TIBP TIBD TIAP TIAD "
    "TB SK BAR2 S1 S2 S3 S4 SH1 SH2 SH3 SH4",
    "ankle": "ANK ANKLAT AN FAL LM AL LMAL LATMAL ANE MALL MAL ANKM ANM ANKMED MANK ANKIN ANI MED "
    "TAM MM AM MMAL MEDMAL MMA HEE HEL CAL CA FCC CALC LCAL MCAL",
    "foot": "TOE MT2 FM2 SM SMH MH2 MT1 FM1 FM FMH MH1 MT5 FM5 VM VMH MH5 FL MET TAR TARI MT3 D1M "
    "D5M DP1 P1M P5M HLX P1MT RSTBEEF",
}
"""Labels without their side by word; the first is the one that a bone is drawn to."""

CENTRES = {
    "shoulder": "SJC GJC CLO",
    "elbow": "EJC HUO",
    "wrist": "WJC RAO",
    "hand": "HNO",
    "hip": "HJC FEP",
    "knee": "KJC FEO",
    "ankle": "AJC TIO",
    "foot": "TOO",
}
MIDDLE = {
    "head": "HEDO",
    "head.": "ARIEL GLAB",
    "neck.": "C7 CV7",
    "upper_spine": "TRXO",
    "upper_spine.": "CLAV IJ JN SJN SNJ T1 T2 T3 T4 TV1 TV2 TV3 TV4",
    "spine.": "STRN STER XP PX XIPH XYPH SXS MAI T5 T6 T7 T8 T9 T10 T11 T12 "
    "TV5 TV6 TV7 TV8 TV10 TV12",
    "lower_spine.": "L1 L2 L3 L4 L5 LV1 LV3 LV4 LV5 MBLLY NAVE",
    "pelvis": "PELO MIDPEL",
    "pelvis.": "SACR SAC SACRUM S1 S2 MBWT MFWT MPSIS MIDASIS MIDPSIS",
}
"""Labels of the middle of the body; behind a dot they are markers, else joint centres."""

_SIDED_WORDS = (
    ("ankle", "ANKLE MALLEOL HEEL CALC"),
    ("foot", "FOREFOOT TOE METAT 1META 5META MTP HALLUX FOOT"),
    ("knee", "KNEE PATELL SHANK SHIN TIBIA FIBUL CALF LOWERLEG LOLEG LOWLEG"),
    ("hip", "THIGH FEMUR UPPERLEG UPLEG TROCH ASIS PSIS ILIAC HIP WAIST PELV"),
    ("hand", "HAND FINGER THUMB INDEX KNUCK PINKY METACAR"),
    ("wrist", "WRIST STYL RADIUS ULNA"),
    ("elbow", "ELBOW OLECR FOREARM FARM LOWERARM LOARM LOWARM LARM EPIC"),
    ("collar", "CLAV COLLAR SCAP BREAST"),
    ("shoulder", "SHOULD ACRO UPPERARM UPARM UARM HUMER DELT BICEP TRICEP ARM"),
    ("ear", "HEAD TEMPLE"),
    ("collar", "BACK CHEST"),
)
_MIDDLE_WORDS = (
    ("head", "HEAD"),
    ("neck", "NECK CERVICAL"),
    ("pelvis", "SACR WAIST PELV HIPS"),
    ("upper_spine", "SPINETHORACIC2 SPINETOP BACKTOP CLAV CHEST MANUBR JUGUL"),
    ("lower_spine", "SPINELUMBAR LUMBAR ABDOM BELLY NAVEL"),
    ("spine", "XIPH STERN SPINE BACK THOR"),
)

_IOR = "IAS IPS GT FLE FME LE ME HF TT LM MM CA FAL FCC FM1 FM5 LHE MHE HLE USP RSP".split()
IOR = frozenset(f"{side}{own}" for side in "LR" for own in _IOR) | {"IJ", "PX", "MAI"}
"""Labels of the Rizzoli set. It calls the acromia LA and RA, which in other sets are ankles."""

LEAST_IOR = 4

_LONG_WORDS = tuple(start for _, row in _SIDED_WORDS for start in row.split() if len(start) > 3)
_LONG = re.compile(r"^(?P<s>left|right)(?P<n>.+)$|^(?P<m>.+)(?P<t>left|right)$", re.IGNORECASE)
_AFTER = re.compile(r"^[a-z]{1,2}(?P<s>Left|Right)(?P<n>[A-Z].*)$")
_VERTEBRA = re.compile(r"([CTL]\d{1,2})(?=Spin)")
_WHERE = ("MED", "LAT", "INNER", "OUTER", "ANT", "POST", "MID", "UP", "LOW", "FRONT", "BACK")
_INSIDE = re.compile(r"^(?P<n>[A-Z][a-z]+)(?P<s>[LR])(?P<m>([A-Z].*)?)$")
_LAST = re.compile(r"(.+)[ _.\-]+[A-Za-z]\w*")
_PARTS = re.compile(r"[^A-Za-z0-9]+")
SIDES = {"l": "left", "r": "right", "left": "left", "right": "right"}


@dataclass(frozen=True)
class Marker:
    """What a label says.

    Args:
        word: Of the vocabulary, with its side.
        own: What tells the marker from others near that joint; empty for the joint itself.
    """

    word: str
    own: str

    @property
    def name(self) -> str:
        """The joint's name: ``left_knee.KNE``."""
        return f"{self.word}.{self.own}" if self.own else self.word


def _tabulate() -> tuple[dict[str, Marker], dict[str, Marker]]:
    """Markers by label without side (their word without side, too), and those of the middle."""
    sided = {own: Marker(word, own) for word, row in SKIN.items() for own in row.split()}
    sided |= {own: Marker(word, "") for word, row in CENTRES.items() for own in row.split()}
    middle = {
        own: Marker(word.rstrip("."), own if word.endswith(".") else "")
        for word, row in MIDDLE.items()
        for own in row.split()
    }
    return sided, middle


SIDED, UNSIDED = _tabulate()


def read_marker(label: str, others: frozenset[str] = frozenset()) -> Marker | None:
    """The marker that a label means, or None.

    Args:
        label: As in the file, without the name of the person.
        others: All labels, in upper case: ``ASISr`` has a side where there is ``ASISl``.

    Example:
        >>> [read_marker(x).name for x in ("LKNE", "R.Knee.Medial", "WaistLFront", "CV7")]
        ['left_knee.KNE', 'right_knee.KneeMedial', 'left_hip.WaistFront', 'neck.CV7']
    """
    label = label[:LONGEST].strip()
    found = _acromion(label, others) or _read(label, others)
    while found is None and (match := _LAST.fullmatch(label)):
        label = match[1]  # C7_study, RKJC_static
        found = _read(label, others)
    return found


def _acromion(label: str, others: frozenset[str]) -> Marker | None:
    """Rizzoli's LA and RA, where enough other labels are of that set."""
    plain = "".join(_PARTS.split(label)).upper()
    if plain not in ("LA", "RA"):
        return None
    if len(IOR.intersection("".join(_PARTS.split(other)) for other in others)) < LEAST_IOR:
        return None
    return Marker(f"{SIDES[plain[0].lower()]}_shoulder", "ACR")


@lru_cache(4096)
def _read(label: str, others: frozenset[str]) -> Marker | None:
    """The marker that a label means as it is."""
    plain = "".join(_PARTS.split(label))
    vertebra = _VERTEBRA.search(plain)
    for own in (plain, plain[1:] if plain[:1] == "p" else "", vertebra[1] if vertebra else ""):
        if own.upper() in UNSIDED:
            return UNSIDED[own.upper()]
    for side, own in _take_apart(label, plain, others):
        found = _look_up(own)
        if found is not None:
            return Marker(f"{side}_{found.word}", found.own)
    for word, starts in _MIDDLE_WORDS:
        if any(start in plain.upper() for start in starts.split()):
            return Marker(word, "" if plain.lower() == word.replace("_", "") else plain)
    joint = joint_of_word(label)
    if joint is None:
        return None
    word, _, own = joint.partition(".")
    return Marker(word, own)


def _take_apart(label: str, plain: str, others: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Sides and what is left of the label without them, the surest first."""
    parts = [part for part in _PARTS.split(label) if part]
    for i, part in enumerate(parts[:8]):
        side = SIDES.get(part.lower())
        if side and len(parts) > 1:
            yield side, "".join(parts[:i] + parts[i + 1 :])
    if match := _LONG.match(plain):
        yield SIDES[(match["s"] or match["t"]).lower()], match["n"] or match["m"]
    if match := _AFTER.match(plain):
        yield SIDES[match["s"].lower()], match["n"]
    if match := _INSIDE.match(plain):
        yield SIDES[match["s"].lower()], match["n"] + match["m"]
    for first, rest, other in ((plain[:1], plain[1:], "{}{}"), (plain[-1:], plain[:-1], "{1}{0}")):
        side = SIDES.get(first.lower())
        if side and rest:
            counterpart = other.format("R" if side == "left" else "L", rest).upper()
            is_prefix = other == "{}{}"
            if (is_prefix and _is_sure(first, rest)) or counterpart in others:
                yield side, rest


def _is_sure(first: str, rest: str) -> bool:
    """Whether an L or R in front is a side: before a label, a long word, or a capital."""
    upper = rest.upper()
    if first.isupper() and rest[0].isupper() and rest[1:2].islower():
        return True
    short = next((upper[len(where) :] for where in _WHERE if upper.startswith(where)), upper)
    return upper in SIDED or _without_number(upper) in SIDED or short.startswith(_LONG_WORDS)


def _look_up(own: str) -> Marker | None:
    """The marker of a label without its side, with a word without its side."""
    upper = own.upper()
    if upper in SIDED:
        return SIDED[upper]
    short = _without_number(upper)
    if short in SIDED and len(short) > 1:
        return Marker(SIDED[short].word, upper)
    for word, starts in _SIDED_WORDS:
        if any(start in upper for start in starts.split()):
            return Marker(word, "" if upper == word.upper() else own)
    return None


def stands_for(name: str) -> bool:
    """Whether a joint's name is that of a marker which is known to lie there, or of the joint.

    Args:
        name: As :attr:`Marker.name` gives it; what only hangs there has a word and any other name.
    """
    word, _, own = name.partition(".")
    base, upper = word.removeprefix("left_").removeprefix("right_"), own.upper()
    if not own:
        return True
    found = _look_up(own) if word != base else UNSIDED.get(upper)
    if found is not None:
        return found.word == base
    rows = (row for middle, row in _MIDDLE_WORDS if middle == word)
    return any(start in upper for row in rows for start in row.split())


def _without_number(own: str) -> str:
    return own.rstrip("0123456789")
