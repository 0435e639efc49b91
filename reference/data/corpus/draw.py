"""시드에서 단어를 뽑아요. 파이썬 판이 달라도 같은 시드는 같은 문장을 내요."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

from reference.data.corpus import english as en
from reference.data.corpus.clause import ME, Relative
from reference.data.corpus.hangul import native_number, sino_number
from reference.data.corpus.lexicon import (
    DAYS,
    DEGREES,
    DISTANT,
    GRADED,
    MONTH_NAMES,
    MONTHS,
    NOUNS,
    PEOPLE,
    PLACES,
    TIMES,
    TRANSITIVE,
    UNTIMED,
    WE,
    Noun,
    Person,
    Verb,
)

T = TypeVar("T")
LEVELS = ("해라", "해요", "해요", "합쇼")
# 관계절('민수가 산 빵')에 쓸 수 있고, 한 번 한 뒤에도 물건이 남는 동사
RELATIVE = [verb for verb in TRANSITIVE if verb.en in ("buy", "make", "bake", "draw", "choose", "write", "borrow")]


class Draw:
    """문법이 쓰는 난수. random.Random의 random()만 써서 판 사이에 달라지지 않아요."""

    def __init__(self, seed: int | str) -> None:
        self.random = random.Random(seed).random

    def pick(self, items: Sequence[T]) -> T:
        """고르게 하나를 뽑아요."""
        return items[int(self.random() * len(items))]

    def chance(self, probability: float) -> bool:
        """주어진 확률로 참."""
        return self.random() < probability

    def level(self) -> str:
        """높임의 정도."""
        return self.pick(LEVELS)

    def degree(self, meaning: str) -> str:
        """형용사에 어울리는 정도 부사. 없기도 해요."""
        return self.pick(tuple(DEGREES) if meaning in GRADED else ("", "아주", "정말"))

    def count(self, most: int = 20) -> int:
        """세는 수. 작은 수가 자주 나와요."""
        return 2 + int(self.random() ** 2 * (most - 1))

    def subject(self, question: bool, teacher: bool = True, we: bool = True) -> Person | None:
        """주어. None은 생략된 주어예요."""
        if self.chance(0.35):
            return None
        if not question and self.chance(0.3):
            return WE if we and self.chance(0.35) else ME
        return self.pick([person for person in PEOPLE if teacher or person.role != "teacher"])

    def date(self) -> tuple[int, int]:
        """(달의 차례, 날). 짧은 시연에서도 수를 모두 배우도록 날의 가짓수를 줄였어요."""
        return int(self.random() * 12), self.pick((1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 15, 20, 25))

    def day(self) -> tuple[str, tuple[str, str]]:
        """(시제, 날씨를 말할 날)."""
        return self.pick(
            (
                ("past", ("어제", "yesterday")),
                ("future", ("내일", "tomorrow")),
                ("present", ("오늘", "today")),
                ("past", ("그저께", "the day before yesterday")),
                ("future", ("모레", "the day after tomorrow")),
            )
        )

    def time(self, tense: str, verb: str = "") -> tuple[str, str]:
        """과거나 미래의 때: '어제', '월요일에', '어제 세 시에', '유월 십오 일에'. 먼 때는 어울리는 동사에만 써요."""
        roll = self.random() * (0.5 if verb in UNTIMED else 1)
        if verb in DISTANT and roll < 0.2:
            return self.pick(tuple(TIMES[f"far {tense}"].items()))
        if verb in DISTANT and roll < 0.3:
            return self.distance(tense)
        if verb in DISTANT and roll < 0.5:
            month, date = self.date()
            return f"{MONTH_NAMES[month]}월 {sino_number(date)} 일에", f"on {MONTHS[month]} {en.ordinal(date)}"
        if roll < 0.75:
            return self.near(tense)
        if roll < 0.87:
            day = self.pick(tuple(DAYS))
            return f"{day}에", f"on {DAYS[day]}"
        day, day_en = ("어제", "yesterday") if tense == "past" else ("내일", "tomorrow")
        hour, minute = 1 + int(self.random() * 12), self.pick((0, 0, 10, 20, 30, 40, 50))
        if not minute:
            return f"{day} {native_number(hour)} 시에", f"at {en.number(hour)} o'clock {day_en}"
        return (
            f"{day} {native_number(hour)} 시 {sino_number(minute)} 분에",
            f"at {en.number(hour)} {en.number(minute)} {day_en}",
        )

    def distance(self, tense: str) -> tuple[str, str]:
        """지금부터의 거리: '십 년 전에', '세 달 후에', '오 일 전에'."""
        ago, ago_en = ("전에", "{} ago") if tense == "past" else ("후에", "in {}")
        amount = 2 + int(self.random() * 9)
        unit, unit_en, spell = self.pick(
            (("년", "years", sino_number), ("달", "months", native_number), ("일", "days", sino_number))
        )
        return f"{spell(amount)} {unit} {ago}", ago_en.format(f"{en.number(amount)} {unit_en}")

    def near(self, tense: str) -> tuple[str, str]:
        """가까운 때: '어제', '오늘 저녁에'."""
        return self.pick(tuple(TIMES[tense].items()))

    def relative(self, verb: Verb, person: Person | None, timed: bool) -> Relative:
        """'민수가 어제 산', '파리에서 샀던'. 주어도 때도 없으면 장소를 붙이기도 해요."""
        places = [p for p in PLACES if p.group in verb.places]
        place = None
        if places and not timed and self.chance(0.3):
            found = self.pick(places)
            place = f"{found.ko}에서", found.at
        return Relative(verb, "past", person, self.near("past") if timed else None, place, self.chance(0.25))

    def relative_about(self, question: bool) -> tuple[Relative, Noun]:
        """주어 자리에 오는 '민수가 어제 산 빵'."""
        verb: Verb = self.pick(RELATIVE)
        noun = NOUNS[self.pick([name for name in verb.objects if NOUNS[name].adjectives])]
        if verb.en == "draw":  # 그린 토끼는 그림이므로 그림처럼 꾸며요.
            noun = noun._replace(adjectives="picture")
        people = [p for p in PEOPLE if p.role != "friend"]
        person = ME if not question and self.chance(0.3) else self.pick(people)
        return self.relative(verb, person, self.chance(0.3)), noun
