"""단어 표. 동사마다 함께 쓸 수 있는 목적어와 장소를 적어 말이 되는 문장만 나오게 해요."""

from __future__ import annotations

from typing import NamedTuple

from reference.data.corpus.hangul import Stem


class Noun(NamedTuple):
    """사물. plural이 비면 셀 수 없는 명사, en과 plural이 같으면 늘 복수로 쓰는 명사."""

    ko: str
    en: str
    plural: str
    counter: str  # "세는 말" 또는 "세는 말:영어 단위(UNITS의 열쇠)". 비면 세지 않아요.
    adjectives: str  # ADJECTIVES의 열쇠


class Person(NamedTuple):
    """사람. pronoun은 다시 가리킬 때 쓰는 대명사(없으면 되받지 않아요)."""

    ko: str
    en: str
    pronoun: str
    role: str  # "name" | "kin" | "friend" | "teacher" | "we"
    respect: bool = False


class Place(NamedTuple):
    """장소. at은 '~에서/에 있다', to는 '~에 가다'의 영어."""

    ko: str
    at: str
    to: str
    group: str


class Verb(NamedTuple):
    """동사. objects는 목적어 이름, places는 장소 무리, polite는 높임말 어간."""

    stem: Stem
    en: str
    past: str
    objects: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    polite: str = ""
    split: bool = False  # '공부|하다'처럼 '안'이 가운데 끼는 동사
    progressive: bool = True


def _nouns() -> dict[str, Noun]:
    rows = """
    빵 bread - 개:piece food; 사과 apple apples 개 fruit; 딸기 strawberries strawberries - fruit
    귤 tangerine tangerines 개 fruit
    수박 watermelon watermelons 통 fruit; 김밥 gimbap - 줄:roll food; 국수 noodles noodles 그릇:bowl food
    라면 ramen - 그릇:bowl food; 케이크 cake cakes 개 food; 과자 cookies cookies - food; 고기 meat - - food
    생선 fish - - food; 비빔밥 bibimbap - 그릇:bowl food; 불고기 bulgogi - - food; 만두 dumplings dumplings - food
    고구마 sweet_potato sweet_potatoes 개 fruit; 아이스크림 ice_cream - - food
    커피 coffee - 잔:cup drink; 녹차 green_tea - 잔:cup drink; 우유 milk - 잔:glass drink; 물 water - 병:bottle drink
    주스 juice - 병:bottle drink; 맥주 beer - 병:bottle drink
    책 book books 권 text; 소설 novel novels 권 text; 잡지 magazine magazines 권 text; 신문 newspaper newspapers - text
    편지 letter letters 통 text; 일기 diary_entry diary_entries - text; 시 poem poems 편 text; 영화 movie movies 편 show
    드라마 drama dramas 편 show; 연극 play plays 편 show; 노래 song songs 곡 show; 음악 music - - show
    라디오 the_radio - - -; 그림 picture pictures 장 picture; 사진 photo photos 장 picture
    한국어 Korean - - -; 영어 English - - -; 수학 math - - -; 역사 history - - -; 중국어 Chinese - - -
    피아노 the_piano - - -; 기타 the_guitar - - -
    치마 skirt skirts 벌 wear; 코트 coat coats 벌 wear; 바지 pants pants 벌:pair wear; 한복 hanbok - - wear
    모자 hat hats 개 wear; 구두 shoes shoes 켤레:pair wear; 양말 socks socks 켤레:pair wear; 장갑 gloves gloves 켤레:pair wear
    가방 bag bags 개 thing; 우산 umbrella umbrellas 개 thing; 시계 clock clocks 개 thing; 지갑 wallet wallets 개 thing
    열쇠 key keys 개 small; 연필 pencil pencils 자루 small; 공책 notebook notebooks 권 small; 컵 cup cups 개 thing
    의자 chair chairs 개 thing; 책상 desk desks 개 thing; 상자 box boxes 개 thing; 인형 doll dolls 개 thing
    컴퓨터 computer computers 대 machine; 자전거 bicycle bicycles 대 machine; 카메라 camera cameras 대 machine
    꽃 flower flowers 송이 flower; 장미 rose roses 송이 flower; 나무 tree trees 그루 flower; 선물 gift gifts 개 thing
    고양이 cat cats 마리 animal; 강아지 puppy puppies 마리 animal; 새 bird birds 마리 animal
    토끼 rabbit rabbits 마리 animal; 오리 duck ducks 마리 animal; 말 horse horses 마리 animal
    버스 bus buses - -; 기차 train trains - -; 택시 taxi taxis - -; 지하철 subway subways - -; 비행기 plane planes - -
    배 boat boats - -
    창문 window windows - -; 문 door doors - -; 그릇 dish dishes 개 thing; 방 room rooms - room
    교실 classroom classrooms - room; 거실 living_room living_rooms - -; 부엌 kitchen kitchens - -; 접시 plate plates 개 thing
    동전 coins coins - small; 조개껍데기 seashells seashells - small; 나뭇잎 leaves leaves - small; 쓰레기 trash - - -
    다리 bridge bridges 개 building; 탑 tower towers 개 building; 호텔 hotel hotels 개 building; 집 house houses - building
    새집 birdhouse birdhouses 개 thing; 개집 doghouse doghouses 개 thing
    돈 money - - -; 종이 paper - 장:sheet -; 문제 problem problems 개 text
    """
    table = {}
    for row in rows.replace("\n", ";").split(";"):
        if row.strip():
            ko, en, plural, counter, adjectives = row.split()
            clear = [("" if x == "-" else x.replace("_", " ")) for x in (en, plural, counter, adjectives)]
            table[ko] = Noun(ko, *clear)
    return table


def word_list(text: str) -> list[str]:
    """빈칸으로 나눈 단어들. 표를 한눈에 보이게 적을 때 써요. 단어 안의 빈칸은 밑줄로 적어요."""
    return [word.replace("_", " ") for word in text.split()]


NOUNS = _nouns()
DEFINITE = {"창문", "문", "방", "교실", "거실", "부엌", "지하철"}  # 꾸밈이 없으면 the를 붙이는 명사
# 세는 말의 영어 단위. 표에 없으면 단위 없이 'three books'처럼 세요.
UNITS = {
    "piece": ("piece of", "pieces of"),
    "roll": ("roll of", "rolls of"),
    "bowl": ("bowl of", "bowls of"),
    "cup": ("cup of", "cups of"),
    "glass": ("glass of", "glasses of"),
    "bottle": ("bottle of", "bottles of"),
    "pair": ("pair of", "pairs of"),
    "sheet": ("sheet of", "sheets of"),
}

FOOD = word_list("빵 사과 딸기 귤 수박 김밥 국수 라면 케이크 과자 고기 생선 비빔밥 불고기 만두 고구마 아이스크림")
FRUIT = word_list("사과 딸기 귤 수박 고구마")
DRINK = word_list("커피 녹차 우유 물 주스 맥주")
TEXT = word_list("책 소설 잡지 신문 편지 시")
WEAR = word_list("치마 코트 바지 한복 모자 구두 양말 장갑")
THING = word_list("가방 우산 시계 지갑 연필 공책 컵 의자 인형 카메라")
FLOWER = word_list("꽃 장미")
ANIMAL = word_list("고양이 강아지 새 토끼 오리 말")
STUDY = word_list("한국어 영어 수학 역사 중국어")
GIFT = word_list("꽃 장미 책 가방 시계 모자 인형 지갑 그림 선물 사진 편지 케이크 공책")

PLACES = [
    Place(*row.split("|"))
    for row in """학교|at school|to school|school
회사|at the office|to the office|work
도서관|at the library|to the library|read
집|at home|home|home
카페|at the cafe|to the cafe|eat
식당|at the restaurant|to the restaurant|eat
시장|at the market|to the market|shop
백화점|at the department store|to the department store|shop
가게|at the shop|to the shop|shop
서점|at the bookstore|to the bookstore|books
공원|in the park|to the park|park
바닷가|at the beach|to the beach|park
극장|at the theater|to the theater|show
박물관|at the museum|to the museum|show
병원|at the hospital|to the hospital|office
은행|at the bank|to the bank|bank
우체국|at the post office|to the post office|office
수영장|at the swimming pool|to the swimming pool|pool
역|at the station|to the station|stop
정류장|at the bus stop|to the bus stop|stop
서울|in Seoul|to Seoul|city
부산|in Busan|to Busan|city
제주도|on Jeju Island|to Jeju Island|city
경주|in Gyeongju|to Gyeongju|city
대전|in Daejeon|to Daejeon|city
인천|in Incheon|to Incheon|city
전주|in Jeonju|to Jeonju|city
강릉|in Gangneung|to Gangneung|city
파리|in Paris|to Paris|abroad
런던|in London|to London|abroad
뉴욕|in New York|to New York|abroad""".splitlines()
]

PEOPLE = [
    Person(*row)
    for row in (
        ("민수", "Minsu", "he", "name"),
        ("지훈", "Jihun", "he", "name"),
        ("현우", "Hyeonu", "he", "name"),
        ("준호", "Junho", "he", "name"),
        ("도윤", "Doyun", "he", "name"),
        ("성민", "Seongmin", "he", "name"),
        ("지영", "Jiyeong", "she", "name"),
        ("서연", "Seoyeon", "she", "name"),
        ("수진", "Sujin", "she", "name"),
        ("유나", "Yuna", "she", "name"),
        ("하은", "Haeun", "she", "name"),
        ("은지", "Eunji", "she", "name"),
        ("남동생", "younger brother", "he", "kin"),
        ("여동생", "younger sister", "she", "kin"),
        ("어머니", "mother", "she", "kin", True),
        ("아버지", "father", "he", "kin", True),
        ("할머니", "grandmother", "she", "kin", True),
        ("할아버지", "grandfather", "he", "kin", True),
        ("친구", "friend", "", "friend"),
        ("선생님", "the teacher", "", "teacher", True),
    )
]
WE = Person("우리", "we", "we", "we")

HOME, EAT, CITY = ("home",), ("home", "eat", "park", "city"), ("city",)
SHOP = ("shop", "city", "abroad")


def _v(
    stem: str,
    irregular: str,
    en: str,
    past: str,
    objects: list[str] | str = "",
    places: tuple[str, ...] = (),
    polite: str = "",
    progressive: bool = True,
) -> Verb:
    """동사 한 줄. stem의 "|"는 '안'이 끼는 곳이에요."""
    names = tuple(word_list(objects)) if isinstance(objects, str) else tuple(objects)
    return Verb(Stem(stem.replace("|", ""), irregular), en, past, names, places, polite, "|" in stem, progressive)


TRANSITIVE = [
    _v("먹", "", "eat", "ate", FOOD, EAT, polite="드시"),
    _v("마시", "", "drink", "drank", DRINK, EAT, polite="드시"),
    _v("사", "", "buy", "bought", FRUIT + ["빵", "커피", "우유"] + WEAR + THING + FLOWER, SHOP),
    _v("팔", "", "sell", "sold", FRUIT + ["빵", "만두", "꽃"] + WEAR + ["가방", "우산", "시계", "인형"], SHOP),
    _v("읽", "", "read", "read", TEXT, ("home", "read", "eat", "park", "school", "work")),
    _v("쓰", "", "write", "wrote", "편지 소설 시 일기", ("home", "read", "eat")),
    _v("보", "", "watch", "watched", "영화 드라마 연극", ("home", "show", "city")),
    _v("보", "", "see", "saw", ANIMAL, ("park", "city"), progressive=False),
    _v("듣", "ㄷ", "listen to", "listened to", "음악 노래 라디오", ("home", "eat", "park")),
    _v("부르", "르", "sing", "sang", "노래", ("home", "park", "school")),
    _v("만들", "", "make", "made", "빵 김밥 케이크 만두 비빔밥 인형 의자 가방 상자 과자", ("home", "school")),
    _v("굽", "ㅂ", "bake", "baked", "빵 케이크 과자 고구마", HOME),
    _v("그리", "", "draw", "drew", "그림 꽃 나무 고양이 새 말 토끼", ("home", "park", "school")),
    _v("찍", "", "take", "took", "사진", ("park", "city", "show", "abroad")),
    _v("배우", "", "learn", "learned", STUDY + ["피아노", "기타"], ("school",)),
    _v("가르치", "", "teach", "taught", STUDY + ["피아노", "기타"], ("school",)),
    _v("공부|하", "", "study", "studied", STUDY, ("home", "read", "school", "eat")),
    _v("씻", "", "wash", "washed", "사과 딸기 컵 그릇 접시", HOME),
    _v("닦", "", "wipe", "wiped", "창문 책상 의자 접시 문", ("home", "school", "work")),
    _v("열", "", "open", "opened", "창문 문 가방 상자", ("home", "school", "work")),
    _v("닫", "", "close", "closed", "창문 문 상자", ("home", "school", "work")),
    _v("입", "", "wear", "wore", "치마 코트 바지 한복", ("school", "work", "city")),
    _v("타", "", "take", "took", "버스 기차 택시 지하철", ("stop", "city")),
    _v("빌리", "", "borrow", "borrowed", "책 소설 우산 자전거 잡지 카메라", ("read", "school"), progressive=False),
    _v(
        "잃어버리",
        "",
        "lose",
        "lost",
        "지갑 열쇠 우산 가방 모자 카메라",
        ("park", "stop", "shop", "city"),
        progressive=False,
    ),
    _v("고르", "르", "choose", "chose", WEAR + ["가방", "시계", "선물", "꽃", "책", "인형"], ("shop",)),
    _v("줍", "ㅂ", "pick up", "picked up", "동전 조개껍데기 나뭇잎 쓰레기", ("park",)),
    _v("심", "", "plant", "planted", "꽃 장미 나무", ("home", "park", "school")),
    _v("자르", "르", "cut", "cut", "케이크 사과 수박 종이", HOME),
    _v("요리|하", "", "cook", "cooked", "고기 생선 국수 라면 불고기", ("home", "eat")),
    _v("짓", "ㅅ", "build", "built", "집 새집 개집 다리", ()),
    _v("고치", "", "fix", "fixed", "자전거 시계 컴퓨터 의자 문 카메라", ("home", "school", "work", "shop")),
    _v("풀", "", "solve", "solved", "문제", ("home", "read", "school", "work")),
    _v("찾", "", "withdraw", "withdrew", "돈", ("bank",), progressive=False),
    _v("청소|하", "", "clean", "cleaned", "방 교실 거실 부엌", ()),
]
STATIVE = [
    _v(
        "좋아하",
        "",
        "like",
        "liked",
        FOOD + DRINK + ANIMAL + ["영화", "음악", "꽃", "수학", "역사", "책", "소설", "드라마"],
    ),
    _v("싫어하", "", "dislike", "disliked", FOOD + DRINK + ["고양이", "말", "수학", "역사", "영어"]),
    _v("키우", "", "raise", "raised", "고양이 강아지 새 토끼 오리 꽃 장미"),
]
WITH_PERSON = [
    _v("만나", "", "meet", "met", places=("eat", "park", "stop", "city", "read", "shop")),
    _v("기다리", "", "wait for", "waited for", places=("eat", "park", "stop", "read", "school", "work")),
    _v("돕", "ㅂ", "help", "helped", places=("home", "school", "work", "read", "shop")),
]
CALL = _v("전화|하", "", "call", "called")
INTRANSITIVE = [
    _v("자", "", "sleep", "slept", places=("home", "city"), polite="주무시"),
    _v("쉬", "", "rest", "rested", places=("home", "park", "eat", "city")),
    _v("일|하", "", "work", "worked", places=("work", "office", "bank", "abroad", "shop", "eat", "city")),
    _v("운동|하", "", "exercise", "exercised", places=("park", "home", "school")),
    _v("수영|하", "", "swim", "swam", places=("pool", "city")),
    _v("산책|하", "", "take a walk", "took a walk", places=("park", "city")),
    _v("놀", "", "play", "played", places=("park", "home", "city", "school")),
    _v("걷", "ㄷ", "walk", "walked", places=("park", "city")),
    _v("뛰", "", "run", "ran", places=("park",)),
    _v("울", "", "cry", "cried", places=("home", "park")),
    _v("춤을 추", "", "dance", "danced", places=("park", "school", "home")),
]
GOING = [
    (_v("가", "", "go", "went"), "에", "to"),
    (_v("오", "", "come", "came"), "에", "to"),
    (_v("돌아오", "", "come back", "came back"), "에", "to"),
    (_v("도착|하", "", "arrive", "arrived"), "에", "at"),
    (_v("떠나", "", "leave for", "left for"), "으로/로", "for"),
    (_v("이사|하", "", "move", "moved"), "으로/로", "to"),
]
GIVING = [  # (동사, 윗사람에게 할 때의 어간)
    (_v("주", "", "give", "gave", GIFT), "드리"),
    (_v("보내", "", "send", "sent", "편지 선물 사진 꽃 책 그림"), "보내 드리"),
    (_v("보여 주", "", "show", "showed", "사진 그림 편지 고양이 가방 시계 공책 강아지"), "보여 드리"),
    (_v("빌려주", "", "lend", "lent", "책 우산 카메라 자전거 소설 연필"), "빌려드리"),
]
MEANS = {
    "버스": "by bus",
    "기차": "by train",
    "지하철": "by subway",
    "택시": "by taxi",
    "비행기": "by plane",
    "배": "by boat",
    "자전거": "by bicycle",
}
FAR_MEANS = ("기차", "버스", "비행기", "배")
NEAR_MEANS = ("버스", "지하철", "택시", "자전거")


def _adjectives(rows: str) -> list[tuple[Stem, str]]:
    found = []
    for row in rows.split(";"):
        ko, irregular, en = row.split()
        kind = "exist" if ko.endswith("있") else "adjective"
        found.append((Stem(ko, "" if irregular == "-" else irregular, kind), en))
    return found


ADJECTIVES = {
    "food": _adjectives("맛있 - delicious; 비싸 - expensive; 싸 - cheap; 뜨겁 ㅂ hot; 차갑 ㅂ cold"),
    "fruit": _adjectives(
        "맛있 - delicious; 달 - sweet; 크 - big; 작 - small; 싸 - cheap; 비싸 - expensive; 신선하 - fresh"
    ),
    "drink": _adjectives("뜨겁 ㅂ hot; 차갑 ㅂ cold; 맛있 - delicious; 비싸 - expensive; 싸 - cheap"),
    "text": _adjectives("재미있 - interesting; 어렵 ㅂ difficult; 쉽 ㅂ easy; 길 - long; 짧 - short"),
    "show": _adjectives(
        "재미있 - interesting; 길 - long; 짧 - short; 유명하 - famous; 슬프 - sad; 아름답 ㅂ beautiful"
    ),
    "picture": _adjectives("예쁘 - pretty; 아름답 ㅂ beautiful; 크 - big; 작 - small; 유명하 - famous"),
    "wear": _adjectives("예쁘 - pretty; 비싸 - expensive; 싸 - cheap; 따뜻하 - warm; 크 - big; 작 - small"),
    "thing": _adjectives(
        "예쁘 - pretty; 비싸 - expensive; 싸 - cheap; 크 - big; 작 - small; 가볍 ㅂ light; 무겁 ㅂ heavy"
    ),
    "small": _adjectives("예쁘 - pretty; 작 - small; 가볍 ㅂ light"),
    "machine": _adjectives("비싸 - expensive; 싸 - cheap; 가볍 ㅂ light; 무겁 ㅂ heavy; 빠르 르 fast"),
    "flower": _adjectives("예쁘 - pretty; 아름답 ㅂ beautiful; 크 - big; 작 - small"),
    "animal": _adjectives("귀엽 ㅂ cute; 크 - big; 작 - small; 빠르 르 fast"),
    "room": _adjectives("넓 - spacious; 조용하 - quiet; 깨끗하 - clean; 작 - small; 따뜻하 - warm"),
    "building": _adjectives("크 - big; 작 - small; 아름답 ㅂ beautiful; 유명하 - famous; 높 - high"),
    "place": _adjectives("넓 - spacious; 조용하 - quiet; 깨끗하 - clean; 멀 - far; 가깝 ㅂ close; 아름답 ㅂ beautiful"),
    "person": _adjectives(
        "바쁘 - busy; 피곤하 - tired; 친절하 - kind; 아프 - sick; 건강하 - healthy; 행복하 - happy; 슬프 - sad"
    ),
}
COLORS = {"빨간": "red", "파란": "blue", "하얀": "white", "까만": "black", "노란": "yellow"}
COLORED = set(WEAR + ["가방", "우산", "지갑", "자전거", "꽃", "장미", "컵", "의자", "상자", "연필"]) - {"장미"}
DEGREES = {"": "", "아주": "very ", "정말": "really ", "너무": "too ", "조금": "a little "}
# '너무'와 '조금'은 지나치면 곤란한 성질에만 써요('조금 아름답다'는 어색해요).
GRADED = {
    "expensive",
    "big",
    "small",
    "far",
    "long",
    "short",
    "heavy",
    "difficult",
    "cold",
    "hot",
    "tired",
    "busy",
    "sick",
    "sad",
}

JOBS = {
    "의사": "doctor",
    "학생": "student",
    "가수": "singer",
    "요리사": "cook",
    "간호사": "nurse",
    "기자": "reporter",
    "화가": "painter",
    "회사원": "office worker",
    "변호사": "lawyer",
    "소방관": "firefighter",
    "배우": "actor",
    "대학생": "college student",
}

# 날마다 하는 일과, 먼 때('작년에', '유월 육 일에')와 어울리는 일
HABITUAL = {
    "eat",
    "drink",
    "read",
    "write",
    "watch",
    "listen to",
    "sing",
    "make",
    "bake",
    "draw",
    "learn",
    "teach",
    "study",
    "cook",
    "clean",
    "sleep",
    "rest",
    "work",
    "exercise",
    "swim",
    "take a walk",
    "play",
    "walk",
    "run",
    "dance",
    "take",
    "meet",
    "help",
    "call",
    "go",
    "come",
}
BOUND = {"lose", "cry", "see"}  # 바라거나 미리 말하지 않는 일: 과거로만 써요.
UNTIMED = {"build", "move"}  # 몇 시에 했다고 말하지 않는 일
DISTANT = {
    "learn",
    "teach",
    "study",
    "buy",
    "sell",
    "build",
    "plant",
    "write",
    "meet",
    "give",
    "send",
    "go",
    "come",
    "come back",
    "leave for",
    "arrive",
    "move",
    "work",
    "draw",
    "make",
    "lose",
}
TIMES = {
    "past": {
        "어제": "yesterday",
        "그저께": "the day before yesterday",
        "오늘 아침에": "this morning",
        "어젯밤에": "last night",
        "지난 주말에": "last weekend",
    },
    "future": {
        "내일": "tomorrow",
        "모레": "the day after tomorrow",
        "오늘 저녁에": "this evening",
        "이번 주말에": "this weekend",
    },
    "far past": {
        "지난주에": "last week",
        "지난달에": "last month",
        "작년에": "last year",
        "작년 여름에": "last summer",
    },
    "far future": {
        "다음 주에": "next week",
        "다음 달에": "next month",
        "내년에": "next year",
        "내년 봄에": "next spring",
    },
    "habit": {
        "매일": "every day",
        "주말마다": "every weekend",
        "요즘": "these days",
        "매일 아침": "every morning",
        "매일 저녁": "every evening",
        "일요일마다": "every Sunday",
        "토요일마다": "every Saturday",
    },
    "often": {"자주": "often", "가끔": "sometimes", "항상": "always", "보통": "usually"},
    "now": {"지금": "now"},
}
DAYS = {
    "월요일": "Monday",
    "화요일": "Tuesday",
    "수요일": "Wednesday",
    "목요일": "Thursday",
    "금요일": "Friday",
    "토요일": "Saturday",
    "일요일": "Sunday",
}
MONTHS = word_list("January February March April May June July August September October November December")
MONTH_NAMES = word_list("일 이 삼 사 오 유 칠 팔 구 시 십일 십이")  # 유월과 시월은 소리가 바뀌어요.


class Condition(NamedTuple):
    """앞 절이 되는 조건. about이 비면 날씨, "person"이면 주어의 상태. leads는 이어질 만한 일, blocks는 못 하게 되는 일."""

    stem: Stem
    en: str  # 영어 동사구. "be tired", "rain"
    past: str
    about: str
    leads: tuple[str, ...]
    blocks: tuple[str, ...] = ()


OUTDOOR = ("exercise", "take a walk", "walk", "run")
INDOOR = ("rest", "sleep", "read", "watch", "listen to")
FUN = ("watch", "read", "listen to", "sing", "draw", "dance", "play", "take a walk", "make")


def _feeling(stem: str, en: str, leads: tuple[str, ...], blocks: tuple[str, ...] = (), past: str = "") -> Condition:
    """주어의 상태를 말하는 조건."""
    return Condition(Stem(stem, "", "adjective"), en, past, "person", leads, blocks)


def _sky(stem: str, irregular: str, en: str, leads: tuple[str, ...], blocks: tuple[str, ...] = ()) -> Condition:
    """날씨를 말하는 조건."""
    return Condition(Stem(stem, irregular, "adjective"), en, "", "weather", leads, blocks)


CONDITIONS = [
    Condition(Stem("비가 오"), "rain", "rained", "", INDOOR, OUTDOOR),
    Condition(Stem("눈이 오"), "snow", "snowed", "", INDOOR, OUTDOOR),
    _sky("날씨가 좋", "", "be good", (*OUTDOOR, "play", "swim")),
    _sky("날씨가 춥", "ㅂ", "be cold", INDOOR, (*OUTDOOR, "swim")),
    _sky("날씨가 덥", "ㅂ", "be hot", ("swim", "rest", "read", "watch"), OUTDOOR),
    _feeling("피곤하", "be tired", ("sleep", "rest"), (*OUTDOOR, "study", "read", "swim", "cook")),
    _feeling("바쁘", "be busy", ("work", "study"), (*FUN, "sleep", "rest", "exercise", "clean")),
    _feeling("배가 고프", "be hungry", ("eat", "cook"), ("sleep", "run", "exercise", "work")),
    _feeling("심심하", "be bored", FUN),
    _feeling("시간이 많", "have a lot of time", (*FUN, "cook", "learn", "exercise"), past="had a lot of time"),
]
