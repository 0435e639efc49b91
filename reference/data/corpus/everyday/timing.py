"""시각을 두 언어로 적어요: '오전 일곱 시 반', '3시 20분', '아홉 시부터 여섯 시까지'."""

from __future__ import annotations

from reference.data.corpus import english as en
from reference.data.corpus.draw import Draw
from reference.data.corpus.hangul import native_number, sino_number

MINUTES = (0, 0, 0, 0, 10, 15, 20, 30, 40, 45, 50, 5, 25, 30)
PARTS = (
    ("", "", 1, 12),
    ("", "", 1, 12),
    ("", "", 1, 12),
    ("오전 ", " in the morning", 1, 11),
    ("오후 ", " in the afternoon", 1, 6),
    ("아침 ", " in the morning", 6, 10),
    ("저녁 ", " in the evening", 6, 10),
)  # (한국어, 영어, 어울리는 첫 시와 끝 시)


def clock(draw: Draw) -> tuple[str, str]:
    """시각의 (한국어, 영어)."""
    hour, minute = 1 + int(draw.random() * 12), draw.pick(MINUTES)
    part, part_en, first, last = draw.pick(PARTS)
    if not first <= hour <= last:
        part, part_en = "", ""
    digits = draw.chance(0.4)
    ko = f"{hour}시" if digits else f"{native_number(hour)} 시"
    english = en.number(hour)
    if minute == 30 and draw.chance(0.5):
        return f"{part}{ko} 반", f"{english} thirty{part_en}"
    if minute:
        said = f"{minute}분" if digits else sino_number(minute) + " 분"
        return f"{part}{ko} {said}", f"{english} {'oh five' if minute == 5 else en.number(minute)}{part_en}"
    return part + ko, f"{english} o'clock{part_en}"


def span(draw: Draw) -> tuple[str, str]:
    """'아홉 시부터 여섯 시까지'."""
    one, two = 1 + int(draw.random() * 12), 1 + int(draw.random() * 12)
    if one == two:
        return span(draw)
    first, second = (f"{n}시" if draw.chance(0.3) else f"{native_number(n)} 시" for n in (one, two))
    return f"{first}부터 {second}까지", f"from {en.number(one)} to {en.number(two)}"
