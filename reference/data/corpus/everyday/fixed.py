"""정해진 말: 인사와 표현(phrases.txt), 단어만 바뀌는 틀(patterns.txt)."""

from __future__ import annotations

import re
from collections.abc import Callable

from reference.data.corpus import english as en
from reference.data.corpus.draw import Draw
from reference.data.corpus.everyday.clause import ELDERS, SINGLE_KIN
from reference.data.corpus.everyday.english import determined
from reference.data.corpus.everyday.noun_phrases import FOREIGN
from reference.data.corpus.everyday.sentences import contracted
from reference.data.corpus.everyday.tables import EVERY_NOUN, NOUNS, PEOPLE, PLACES, Noun, lines, nouns, places, plural
from reference.data.corpus.everyday.timing import clock
from reference.data.corpus.hangul import josa, native_number, sino_number
from reference.data.corpus.lexicon import word_list
from reference.data.corpus.nominal import Sentence

COLORS = (
    "빨간색=red 파란색=blue 노란색=yellow 초록색=green 검은색=black 흰색=white 하얀색=white 분홍색=pink "
    "보라색=purple 주황색=orange 회색=gray 갈색=brown 하늘색=sky_blue 남색=navy 금색=gold 은색=silver"
)
DAYS = "월요일=Monday 화요일=Tuesday 수요일=Wednesday 목요일=Thursday 금요일=Friday 토요일=Saturday 일요일=Sunday"
SEASONS = "봄=spring 여름=summer 가을=fall 겨울=winter"
MONTHS = "일=January 이=February 삼=March 사=April 오=May 유=June 칠=July 팔=August 구=September 시=October 십일=November 십이=December"
SKILLS = (
    "수영=swim 운전=drive 요리=cook 피아노=play_the_piano 기타=play_the_guitar 스키=ski "
    "태권도=do_taekwondo 춤=dance 테니스=play_tennis 축구=play_soccer 골프=play_golf "
    "자전거=ride_a_bicycle 바둑=play_Go 체스=play_chess 낚시=fish 코딩=code"
)
BILLS = "저녁=dinner 점심=lunch 커피=coffee 아이스크림=ice_cream 맥주=beer 피자=pizza 빵=bread 케이크=cake 치킨=fried_chicken 술=drinks"
BILLS += " 햄버거=hamburgers 떡볶이=tteokbokki 음료수=drinks"
MEALTIMES = "아침=breakfast 점심=lunch 저녁=dinner"
GOOD = (
    "축구=soccer 야구=baseball 농구=basketball 배구=volleyball 테니스=tennis 골프=golf 탁구=table_tennis 스키=skiing 수영=swimming 노래=singing 요리=cooking "
    "운전=driving 공부=studying 춤=dancing 수학=math 게임=games 운동=sports 태권도=taekwondo 바둑=Go 체스=chess 낚시=fishing 컴퓨터=computers 청소=cleaning 농담=jokes"
)
KINDS = (
    "음식=food 과일=fruit 영화=movies 음악=music 책=books 운동=exercise 노래=songs 동물=animals 옷=clothes 드라마=dramas 꽃=flowers 색=colors "
    "게임=games 차=tea 술=alcohol 빵=bread 고기=meat 커피=coffee 그림=paintings 날씨=weather 사람=people 음료수=drinks 채소=vegetables"
)
RIDES = "버스=bus 기차=train 지하철=subway 택시=taxi 비행기=plane 배=ship 고속버스=express_bus 전철=train"
_GROUPS = """
gift: accessory snack
order: dish meal drink
food: dish meal snack
goods: fruit top shoes belonging stationery household kitchenware appliance accessory
owned: belonging appliance top text pet
thing: belonging stationery kitchenware furniture text fruit animal appliance household plant
thing2: top shoes hat accessory belonging
like: dish meal snack fruit vegetable drink animal music ballgame game martial show
taste: dish meal fruit
sport: ballgame game
hobby: martial
give: accessory snack
carry: stationery belonging text
need: belonging household
gadget: appliance
bowl: dish
cup: drink
fruit2: fruit
show: show
"""  # 틀의 자리 이름: 들어갈 명사의 무리들
SPEECH = {row.partition(": ")[0]: tuple(row.partition(": ")[2].split()) for row in _GROUPS.strip().splitlines()}
BODY = word_list(
    "head stomach leg arm hand foot eye ear nose tooth throat back shoulder knee ankle wrist finger chest chin"
)


def _table(text: str) -> list[Noun]:
    return [Noun(*_pair(entry), "", "mass", "fixed") for entry in text.split()]


def _pair(entry: str) -> tuple[str, str]:
    ko, _, english = entry.partition("=")
    return ko.replace("_", " "), english.replace("_", " ")


def _named(ko: str, english: str) -> Noun:
    return Noun(ko, english, plural(english), "count", "person")


FIXED = {
    "color": _table(COLORS),
    "day": _table(DAYS),
    "season": _table(SEASONS),
    "skill": _table(SKILLS),
    "language": NOUNS["language"],
    "bill": _table(BILLS),
    "mealtime": _table(MEALTIMES),
    "ride": _table(RIDES),
    "good": _table(GOOD),
    "kind": _table(KINDS),
    "crowd": _table(
        "학생=students 사람=people 손님=customers 남자=men 여자=women 직원=employees 외국인=foreigners 승객=passengers"
    ),
    "soonfrom": _table(
        "내일부터=from_tomorrow 다음_주부터=from_next_week 다음_달부터=from_next_month 내년부터=from_next_year 월요일부터=from_Monday 이제부터=from_now_on"
    ),
    "since": _table(
        "일_년=a_year 이_년=two_years 삼_년=three_years 한_달=a_month 두_달=two_months 세_달=three_months 일주일=a_week 육_개월=six_months"
    ),
    "word": _table("단어=word 말=word 문장=sentence 표현=expression 글자=letter 노래=song 글=text"),
    "pay": _table("카드=by_card 현금=in_cash 신용카드=by_credit_card 핸드폰=by_phone"),
    "mine": _table(
        "꿈=dream 주소=address 전공=major 취미=hobby 직업=job 이메일_주소=email_address 목표=goal 계획=plan 고향=hometown 별명=nickname 의견=opinion"
    ),
    "fact": _table(
        "메뉴=menu 이유=reason 뜻=meaning 문제=problem 제목=title 방법=way 주제=topic 규칙=rule 결과=result 비밀=secret 숙제=homework 날짜=date"
    ),
    "load": _table(
        "일=work 숙제=homework 시험=exams 약속=appointments 회의=meetings 걱정=worries 수업=classes 스트레스=stress 할_일=things_to_do"
    ),
    "school": [Noun(place.ko, place.name, "", "mass", "fixed") for place in PLACES["school"][:7]],
}
TIMED_LESSONS = [EVERY_NOUN[ko] for ko in word_list("시험 시험 수업 수업")]  # 시작하는 때가 있는 것
LESSONS = [*TIMED_LESSONS, EVERY_NOUN["숙제"], EVERY_NOUN["책"]]
GIFTS = [EVERY_NOUN[ko] for ko in word_list("선물 선물 선물 꽃 책 편지 돈 꽃다발 반지 장갑 커피 사진 카드")] + [
    EVERY_NOUN["생일 선물"]
]
BOTTLED = [EVERY_NOUN[ko] for ko in word_list("맥주 소주 물 와인 콜라 사이다 막걸리 주스 생수 우유")]


def slot(draw: Draw, name: str) -> Noun:
    """틀의 자리에 들어갈 단어. 모르는 자리면 KeyError예요."""
    if name in FIXED:
        return draw.pick(FIXED[name])
    if name in SPEECH:
        return draw.pick(nouns(*SPEECH[name]))
    if name == "name":
        person = draw.pick(PEOPLE["name"])
        return _named(person.ko, person.en)
    if name in ("kin", "elder"):
        kin = draw.pick(SINGLE_KIN if name == "kin" else [p for p in ELDERS if p.en != "parents"])
        return _named(kin.ko, kin.en)
    if name == "place":
        place = draw.pick(
            [
                p
                for p in places("school", "read", "work", "eat", "shop", "health", "outdoor", "fun", "travel", "home")
                if p.name != p.en
            ]
        )
        return _named(place.ko, place.en)
    if name in ("city", "country", "nation"):
        found = draw.pick(PLACES[name])
        return _named(found.ko, found.en)
    if name == "body":
        return draw.pick([part for part in NOUNS["body"] if part.en in BODY])
    if name == "bottle":
        return draw.pick(BOTTLED)
    if name == "eat":
        place = draw.pick(PLACES["eat"])
        return _named(place.ko, place.en)
    if name == "elders":
        person = draw.pick(ELDERS)
        return _named(person.ko, person.en)
    if name == "gift":
        return draw.pick([*nouns(*SPEECH["gift"]), *GIFTS])
    if name in ("exam", "lesson"):
        lesson = draw.pick(LESSONS if name == "exam" else TIMED_LESSONS)
        subject = draw.pick(nouns("subject", "language"))
        return Noun(f"{subject.ko} {lesson.ko}", f"{subject.en} {lesson.en}", "", lesson.kind, "fixed")
    if name == "tinted":
        color, noun = draw.pick(FIXED["color"]), draw.pick(nouns("top", "shoes", "hat", "accessory", "belonging"))
        return noun._replace(ko=f"{color.ko} {noun.ko}", en=f"{color.en} {noun.en}", plural=f"{color.en} {noun.plural}")
    if name in ("minute", "number", "floor"):
        n = draw.pick((5, 10, 15, 20, 30, 40, 50)) if name == "minute" else 1 + int(draw.random() * 12)
        number = str(n) if draw.chance(0.4) else sino_number(n)
        return Noun(number, en.ordinal(n) if name == "floor" else en.number(n), "", "mass", "fixed")
    if name == "count":
        n = 2 + int(draw.random() ** 2 * 9)
        return Noun(native_number(n), en.number(n), "", "mass", "fixed")
    if name == "age":
        n = 1 + int(draw.random() * 60)
        return Noun(str(n) if draw.chance(0.4) else native_number(n), en.number(n), "", "mass", "fixed")
    if name == "price":
        n = draw.pick((1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 18, 20, 25, 30, 35, 40, 45, 50, 60, 70, 80, 90)) * 1000
        return Noun(str(n) if draw.chance(0.3) else sino_number(n), en.number(n), "", "mass", "fixed")
    if name == "clock":
        return Noun(*clock(draw), "", "mass", "fixed")
    if name == "date":
        month, day = int(draw.random() * 12), 1 + int(draw.random() * 31)
        ko, english = _pair(MONTHS.split()[month])
        day = min(day, 28)
        said = f"{month + 1}월 {day}일" if draw.chance(0.4) else f"{ko}월 {sino_number(day)} 일"
        return Noun(said, f"{english} {en.ordinal(day)}", "", "mass", "fixed")
    return draw.pick(nouns(name))


_HOLE = re.compile(r"{(\w+?)(?::([^}]+))?}")
_THIS = {
    "These_are": ("This is", "These are"),
    "Those_are": ("That is", "Those are"),
    "Are_these": ("Is this", "Are these"),
}


def korean_of(noun: Noun, mark: str | None) -> str:
    """자리에 들어간 단어와 조사. '톰이는'처럼 되지 않게 외국 이름은 따로 봐요."""
    if noun.ko in FOREIGN and mark in ("이는/는", "이가/가"):
        mark = {"이는/는": "은/는", "이가/가": "이/가"}[mark]
    return josa(noun.ko, mark) if mark and "/" in mark else noun.ko + (mark or "")


def english_of(noun: Noun, mark: str | None) -> str:
    """자리에 들어간 단어의 영어. mark는 한정이나 수예요."""
    many = noun.kind == "plural"
    if mark in _THIS:
        return _THIS[mark][many]
    forms: dict[str | None, Callable[[], str]] = {
        None: lambda: noun.en,
        "0": lambda: noun.en,
        "1": lambda: (
            noun.en
            if noun.kind != "plural"
            else noun.plural.rstrip("s")
            if not noun.plural.endswith("ies")
            else noun.plural[:-3] + "y"
        ),
        "n": lambda: noun.plural if noun.kind == "count" else noun.en,
        "is": lambda: "are" if many else "is",
        "dont": lambda: "don't" if many else "doesn't",
        "hurt": lambda: "hurts",
        "verb": lambda: noun.en,
        "This": lambda: (
            determined(noun, "this").capitalize() if noun.en.islower() else capital(determined(noun, "this"))
        ),
        "That": lambda: capital(determined(noun, "that")),
        "Taste": lambda: capital(determined(noun, "the")),
        "the": lambda: determined(noun, "the"),
    }
    if mark in forms:
        return forms[mark]()
    return determined(noun, mark or "0")


def capital(text: str) -> str:
    """첫 글자를 크게 써요."""
    return text[0].upper() + text[1:]


Row = tuple[list[str], str]  # (한국어의 꼴들, 영어)


def read(name: str) -> list[Row]:
    """틀의 표 하나를 읽어요."""
    found = []
    for line in lines(name):
        ko, _, english = line.rpartition("=")
        found.append(([part for part in ko.split("|") if part], english))
    return found


WHOLE = ("set", "phrase")  # 통째로 외우는 말이라 결합이 없어요. 이 짝은 시험에 두지 않아요.
PHRASES, PATTERNS = read("phrases.txt"), read("patterns.txt")
FLAT = [(ko, english) for variants, english in PHRASES for ko in variants]
SAID = dict(FLAT)  # 정해진 말의 번역. 다른 문법이 같은 말을 다르게 옮기지 않게 해요.


def phrase(draw: Draw) -> Sentence:
    """'안녕하세요.' '화장실이 어디예요?' 앞에 부르는 말이 붙기도 해요."""
    ko, english = draw.pick(FLAT)
    roll = draw.random()
    name = ""
    if roll < 0.25 and english[-1] in ".?!":
        who = draw.pick(PEOPLE["name"])
        called = draw.pick((f"{who.ko} 씨, ", f"{josa(who.ko, '아/야')}, "))
        casual = not ko.rstrip(".?!").endswith(("요", "다", "까", "오"))
        called = f"{josa(who.ko, '아/야')}, " if casual else f"{who.ko} 씨, "
        ko, english, name = called + ko, f"{who.en}, {uncapital(english)}", who.en
    elif roll < 0.4:
        if ko.startswith(("네", "아니", "응", "예.")):
            return phrase(draw)
        answers = () if ko.endswith("?") else (("네, ", "Yes, "), ("아니요, ", "No, "))
        first, first_en = draw.pick(
            (
                *answers,
                ("저기요, ", "Excuse me, "),
                ("죄송하지만 ", "I'm sorry, but "),
                ("선생님, ", "Teacher, "),
                ("와, ", "Wow, "),
                ("음, ", "Um, "),
                ("아, ", "Oh, "),
                ("그런데 ", "By the way, "),
                ("그래서 ", "So "),
                ("그리고 ", "And "),
                ("하지만 ", "But "),
                ("그럼 ", "Then "),
            )
        )
        ko, english, name = first + ko, first_en + uncapital(english), first_en
    words = (english, name) if name else WHOLE
    return Sentence(ko, english, "phrase", words, False)


# 언제나 크게 쓰는 첫 단어: 사람과 나라, 말, 요일의 이름
NAMES = {person.en for person in PEOPLE["name"]} | {
    word for group in PLACES.values() for place in group for word in place.en.split() if word[0].isupper()
}
NAMES |= {word for group in NOUNS.values() for noun in group for word in noun.en.split() if word[0].isupper()}


def uncapital(text: str) -> str:
    """문장의 첫 글자를 작게 써요. 이름과 I는 그대로예요."""
    word = text.split()[0].rstrip(",.?!")
    keep = word in (
        "I",
        "I'm",
        "I'll",
        "I've",
        "I'd",
        "Minsu",
        "Korean",
        "Korea",
        "Teacher",
        "Merry",
        "Happy",
    ) or word.startswith("I'")
    keep = keep or word in NAMES
    return text if keep else text[0].lower() + text[1:]


def pattern(draw: Draw) -> Sentence:
    """단어만 바뀌는 틀: '저는 독일 사람이에요.' '여기 비빔밥 두 그릇 주세요.'"""
    variants, english = draw.pick(PATTERNS)
    ko, filled = draw.pick(variants), {}
    english = english.replace("[name]", "{name}")
    for name, _ in [match.groups() for match in _HOLE.finditer(ko + english)]:
        key = name.lower()
        if key not in filled:
            filled[key] = slot(draw, key if key in ("fruit2", "thing2") else key.rstrip("12"))

    def korean(match: re.Match[str]) -> str:
        return korean_of(filled[match[1].lower()], match[2])

    def translated(match: re.Match[str]) -> str:
        text = english_of(filled[match[1].lower()], match[2])
        return capital(text) if match[1][0].isupper() else text

    text, said = _HOLE.sub(korean, ko), contracted(_HOLE.sub(translated, english))
    words = [noun.en for noun in filled.values()]
    # 틀은 구조가 하나뿐이라 단어와의 결합만 시험에 둬요.
    return Sentence(text, said, f"pattern/{english}", (english, words[0] if words else ""))
