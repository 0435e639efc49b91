"""틀의 자리에 들어갈 단어: {color}, {kin}, {clock}. 두 언어의 꼴을 함께 정해요."""

from __future__ import annotations

from collections.abc import Callable

from reference.data.corpus import english as en
from reference.data.corpus.draw import Draw
from reference.data.corpus.everyday.clause import ELDERS, SINGLE_KIN
from reference.data.corpus.everyday.english import determined
from reference.data.corpus.everyday.noun_phrases import FOREIGN
from reference.data.corpus.everyday.tables import EVERY_NOUN, NOUNS, PEOPLE, PLACES, Noun, nouns, places, plural
from reference.data.corpus.everyday.timing import clock
from reference.data.corpus.hangul import josa, native_number, sino_number
from reference.data.corpus.lexicon import word_list

COLORS = (
    "빨간색=red 파란색=blue 노란색=yellow 초록색=green 검은색=black 흰색=white 하얀색=white 분홍색=pink "
    "보라색=purple 주황색=orange 회색=gray 갈색=brown 하늘색=sky_blue 남색=navy 금색=gold 은색=silver"
)
DAYS = "월요일=Monday 화요일=Tuesday 수요일=Wednesday 목요일=Thursday 금요일=Friday 토요일=Saturday 일요일=Sunday"
UPCOMING = (
    "내일=tomorrow 모레=the_day_after_tomorrow 다음_주=next_week 다음_달=next_month 이번_주말=this_weekend 다음_주말=next_weekend 이번_주_토요일=this_Saturday "
    "다음_주_월요일=next_Monday 다음_주_화요일=next_Tuesday 다음_주_수요일=next_Wednesday 다음_주_목요일=next_Thursday 다음_주_금요일=next_Friday 다음주=next_week"
)
SURNAMES = "김=Kim 김=Kim 이=Lee 박=Park 최=Choi 정=Jung 강=Kang 조=Cho 윤=Yoon 장=Jang 임=Lim 한=Han 오=Oh 서=Seo 신=Shin 권=Kwon 황=Hwang 송=Song"
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
    "tint": _table("빨간=red 파란=blue 노란=yellow 하얀=white 까만=black 검은=black"),  # 이름 앞에만 와요.
    "day": _table(DAYS),
    "season": _table(SEASONS),
    "upcoming": _table(UPCOMING),
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
    "sent": _table(
        "메일=email 이메일=email 문자=text_message 메시지=message 파일=file 사진=picture 선물=gift 편지=letter 택배=package 자료=materials 카드=card 동영상=video 보고서=report"
    ),
    "task": _table(
        "프로젝트=project 발표=presentation 회의=meeting 보고서=report 행사=event 과제=assignment 일=work 숙제=homework 작업=work 업무=task"
    ),
    "transit": _table("버스=bus 지하철=subway 기차=train 전철=train 고속버스=express_bus"),
    "soonfrom": _table(
        "내일부터=from_tomorrow 다음_주부터=from_next_week 다음_달부터=from_next_month 내년부터=from_next_year 월요일부터=from_Monday 이제부터=from_now_on"
    ),
    "since": _table(
        "일_년=a_year 이_년=two_years 삼_년=three_years 한_달=a_month 두_달=two_months 세_달=three_months 일주일=a_week 육_개월=six_months"
        " 2년=two_years 3년=three_years 5년=five_years 6개월=six_months"
    ),
    "word": _table("단어=word 말=word 문장=sentence 표현=expression 글자=letter 노래=song 글=text"),
    "pay": _table("카드=by_card 현금=in_cash 신용카드=by_credit_card 핸드폰=by_phone"),
    "mine": _table(
        "꿈=dream 주소=address 전공=major 취미=hobby 직업=job 이메일_주소=email_address 전화번호=phone_number 목표=goal 계획=plan 고향=hometown 별명=nickname 의견=opinion"
    ),
    "corner": _table("사거리=intersection 신호등=traffic_light 모퉁이=corner 횡단보도=crosswalk 골목=alley"),
    "hot": _table("차=tea 커피=coffee 녹차=green_tea 우유=milk 물=water 홍차=black_tea 보리차=barley_tea 코코아=cocoa"),
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
    if name == "fullname":
        person = draw.pick([person for person in PEOPLE["name"] if person.ko not in FOREIGN])
        family, family_en = _pair(draw.pick(SURNAMES.split()))
        return _named(family + person.ko, f"{family_en} {person.en}")
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
        color, noun = (
            draw.pick(FIXED[draw.pick(("color", "tint"))]),
            draw.pick(nouns("top", "shoes", "hat", "accessory", "belonging")),
        )
        return noun._replace(ko=f"{color.ko} {noun.ko}", en=f"{color.en} {noun.en}", plural=f"{color.en} {noun.plural}")
    if name in ("minute", "number", "floor"):
        n = draw.pick((5, 10, 15, 20, 30, 40, 50)) if name == "minute" else 1 + int(draw.random() * 12)
        number = str(n) if n == 2 or draw.chance(0.4) else sino_number(n)  # '이번 버스'는 this bus예요.
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
