"""의문사로 묻는 문장: '오늘 뭐 먹을래요?' '어디에서 살 수 있어요?' '누가 만들었어요?' '무슨 책을 읽었어요?'"""

from __future__ import annotations

from reference.data.corpus.draw import Draw
from reference.data.corpus.everyday.clause import Subject, act, ending, solo, subject, verb_stem, when
from reference.data.corpus.everyday.english import inflect, predicate
from reference.data.corpus.everyday.noun_phrases import polite
from reference.data.corpus.everyday.sentences import ACTIONS, goes, head, joined, write
from reference.data.corpus.everyday.tables import EVERY_NOUN, one_meaning
from reference.data.corpus.hangul import Stem, eu, infinitive, josa, plain
from reference.data.corpus.lexicon import word_list
from reference.data.corpus.nominal import Sentence

ASKS = (
    "what",
    "what",
    "what",
    "where",
    "where",
    "when",
    "what time",
    "why",
    "who",
    "whom",
    "which",
    "to whom",
    "how often",
)
CLASSES = {
    "먹": "음식 과일 빵 고기 생선 아이스크림", "마시": "차 커피 술 음료수 주스 맥주", "보": "영화 드라마 공연 뮤지컬 연극", "읽": "책 소설 잡지 신문",
    "듣": "음악 노래 수업 강의", "사": "옷 신발 가방 선물 책 과일 꽃 모자 자동차", "입": "옷", "배우": "운동 노래 춤", "만들": "음식 케이크", "타": "버스 기차",
    "부르": "노래", "하": "운동 게임 일 아르바이트", "키우": "동물 강아지", "받": "선물", "주": "선물", "고르": "색깔 메뉴 옷",
}  # fmt: skip
WHICH = {stem: word_list(words) for stem, words in CLASSES.items()}  # '무슨 책'처럼 묻는 목적어
CLASSED = [v for v in ACTIONS if v.stem.text in WHICH and v.slot and v.slot.particle == "을" and one_meaning(v)]
GIVING = [v for v in ACTIONS if v.dative]
MOODS = ("", "", "", "", "want", "want", "will", "can", "must", "shall")


def _mood(draw: Draw, stem: Stem, mood: str, level: str, tense: str) -> str:
    """바람, 제안, 가능, 의무까지 입힌 서술어."""
    yo = "요" if polite(level) else ""
    if mood == "want":
        if level != "합쇼" and draw.chance(0.45):
            return eu(stem, "ㄹ래") + yo
        return ending(Stem(plain(stem, "고 싶"), kind="adjective"), "present", level, True)
    if mood == "can":
        return ending(Stem(eu(stem, "ㄹ 수 있"), kind="exist"), "present", level, True)
    if mood == "must":
        return ending(Stem(f"{infinitive(stem)}야 {draw.pick(('하', '되'))}"), "present", level, True)
    if mood == "shall":
        return eu(stem, "ㄹ까") + yo
    return ending(stem, tense, level, True)


def ask(draw: Draw) -> Sentence:
    """의문사 의문문. 주어를 말하지 않으면 상대(you)이고, 할 수 있는지와 해야 하는지는 말하는 사람(I)이에요."""
    level = draw.pick(("해요", "해요", "해요", "합쇼", "해", "해"))
    word = draw.pick(ASKS)
    verb = draw.pick({"which": CLASSED, "to whom": GIVING}.get(word, ACTIONS))
    things = (
        verb.slot is not None and verb.slot.particle == "을" and not verb.dative and verb.slot.groups != ("person",)
    )
    things = things and one_meaning(verb)
    if word == "what" and not things or word == "where" and not (verb.places or goes(verb)):
        word = draw.pick(("when", "why", "who"))
    tense = draw.pick(("past", "past", "present", "future"))
    if word in ("when", "what time") and tense == "present":
        tense = "past"
    tense = "present" if word == "how often" else tense
    mood = draw.pick(MOODS) if word in ("what", "where", "when", "what time", "whom", "which") else ""
    if mood:
        who = Subject("", *{"can": ("I", "I"), "must": ("I", "I"), "shall": ("we", "we")}.get(mood, ("you", "you")))
        tense = "present" if mood != "will" else "future"
    elif word == "who":
        who = Subject("", "who", "he")
    else:
        who = subject(draw, level, True, "" if draw.chance(0.3) else "2")
    negation = draw.pick(("안", "안", "못")) if word == "why" and draw.chance(0.4) else ""
    words = act(draw, verb, level)
    timed = draw.chance(0.3) and word not in ("when", "what time", "how often") and (tense != "present" or bool(mood))
    time = when(draw, "future" if mood else tense) if timed else ("", "")
    asked, lead = "", {"whom": "who", "to whom": "who", "who": ""}.get(word, word)
    inside, rest_en = list(words.ko), list(words.en)
    if word == "what":
        inside, rest_en = (
            [draw.pick(("뭐를", "무엇을", "뭘", "뭐", "뭐", "뭐") if level != "합쇼" else ("무엇을",))],
            [],
        )
        words.name = "what"
    elif word == "which":
        noun = draw.pick(WHICH[verb.stem.text])
        if noun not in EVERY_NOUN:
            return ask(draw)
        particle = "" if draw.chance(0.3) else "을/를"
        inside = [f"{draw.pick(('무슨', '무슨', '어떤'))} {josa(noun, particle) if particle else noun}"]
        lead, rest_en, words.name = f"what {EVERY_NOUN[noun].en}", [], noun
        if verb.dative:
            return ask(draw)
    elif word == "to whom":
        inside = [draw.pick(("누구에게", "누구한테")), *words.ko[1:]]
        rest_en = [*words.en[:-1], words.en[-1].split()[0]]
    elif word == "where" and goes(verb):
        inside, rest_en, words.name = [draw.pick(("어디에", "어디", "어디로"))], [], "where"
    elif word == "where":
        asked = draw.pick(("어디에서", "어디서"))
    elif word in ("when", "why", "what time", "how often"):
        asked = {"when": "언제", "why": "왜", "what time": "몇 시에", "how often": "얼마나 자주"}[word]
    elif word == "whom":
        asked = draw.pick(("누구와", "누구하고", "누구랑"))
        if solo(verb) or verb.slot and verb.slot.groups == ("person",):
            return ask(draw)
    stem = verb_stem(verb, who.respect and not mood, negation)
    subject_ko = "누가 " if word == "who" else who.ko
    said = _mood(draw, stem, mood, level, tense)
    if not who.ko and word != "who" and inside and len(inside) == 1 and draw.chance(0.15):
        inside, asked = [joined(inside[0], asked)], ""  # '표를 어디에서 샀어요?'
    ko = subject_ko + joined(time[0], asked, *inside, said)
    if word == "who":
        base = {"past": inflect(verb.en, "past"), "present": inflect(verb.en, "s"), "future": f"will {verb.en}"}[tense]
        english = joined("who", base, *rest_en, time[1])
    else:
        modal = {"want": "want to", "can": "can", "must": "have to"}.get(mood, "")
        aux, rest = predicate(
            who.person,
            verb.en,
            tense,
            question=True,
            negative=bool(negation),
            modal="can" if negation == "못" else modal,
        )
        if mood == "shall":
            aux, rest = "shall", verb.en
        english = joined(lead, aux, who.en, rest, *rest_en, "with" if word == "whom" else "", time[1])
    text = write(ko, english, True, who.person)
    return Sentence(*text, f"ask/{word}/{tense}/{negation}/{mood}", head(verb, words, who), True)
