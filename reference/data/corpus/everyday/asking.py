"""의문사로 묻는 문장: '오늘 뭐 먹을래요?' '어디에서 살 수 있어요?' '누가 만들었어요?' '무슨 책을 읽었어요?'"""

from __future__ import annotations

from dataclasses import dataclass

from reference.data.corpus.draw import Draw
from reference.data.corpus.everyday.clause import Subject, Words, act, ending, solo, subject, verb_stem, when
from reference.data.corpus.everyday.english import inflect, predicate
from reference.data.corpus.everyday.noun_phrases import polite
from reference.data.corpus.everyday.sentences import ACTIONS, goes, head, joined, write
from reference.data.corpus.everyday.tables import EVERY_NOUN, Verb, one_meaning
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
ADVERBS = {"when": "언제", "why": "왜", "what time": "몇 시에", "how often": "얼마나 자주"}
UNTIMED = ("when", "what time", "how often")  # 때를 따로 말하지 않아요.
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


@dataclass
class Interrogative:
    """의문사가 두 언어의 문장에서 차지하는 자리예요."""

    lead: str  # 영어 문장의 머리
    ko: list[str]  # 서술어 앞의 말
    en: list[str]  # 동사 뒤의 말
    adverb: str = ""  # 서술어 앞의 말보다 앞에 오는 의문사


def ask(draw: Draw) -> Sentence:
    """의문사 의문문. 주어를 말하지 않으면 상대(you)이고, 할 수 있는지와 해야 하는지는 말하는 사람(I)이에요."""
    while (made := _asked(draw)) is None:
        pass
    return made


def _asked(draw: Draw) -> Sentence | None:
    """의문문 하나. 고른 동사와 의문사가 어울리지 않으면 None이에요."""
    level = draw.pick(("해요", "해요", "해요", "합쇼", "해", "해"))
    word, verb = _word_and_verb(draw)
    tense, mood = _tense_and_mood(draw, word)
    who = _person(draw, word, mood, level)
    negation = draw.pick(("안", "안", "못")) if word == "why" and draw.chance(0.4) else ""
    words = act(draw, verb, level)
    timed = draw.chance(0.3) and word not in UNTIMED and (tense != "present" or bool(mood))
    time = when(draw, "future" if mood else tense) if timed else ("", "")
    found = _interrogative(draw, word, verb, words, level)
    if found is None:
        return None
    said = _mood(draw, verb_stem(verb, who.respect and not mood, negation), mood, level, tense)
    if not who.ko and word != "who" and len(found.ko) == 1 and draw.chance(0.15):
        found.ko, found.adverb = [joined(found.ko[0], found.adverb)], ""  # '표를 어디에서 샀어요?'
    ko = ("누가 " if word == "who" else who.ko) + joined(time[0], found.adverb, *found.ko, said)
    if word == "who":
        base = {"past": inflect(verb.en, "past"), "present": inflect(verb.en, "s"), "future": f"will {verb.en}"}[tense]
        english = joined("who", base, *found.en, time[1])
    else:
        aux, rest = _verb_en(verb, who, tense, mood, negation)
        english = joined(found.lead, aux, who.en, rest, *found.en, "with" if word == "whom" else "", time[1])
    text = write(ko, english, True, who.person)
    return Sentence(*text, f"ask/{word}/{tense}/{negation}/{mood}", head(verb, words, who), True)


def _word_and_verb(draw: Draw) -> tuple[str, Verb]:
    """의문사와 동사. 목적어나 장소를 물을 수 없는 동사이면 의문사를 바꿔요."""
    word = draw.pick(ASKS)
    verb = draw.pick({"which": CLASSED, "to whom": GIVING}.get(word, ACTIONS))
    if word == "what" and not _takes_thing(verb) or word == "where" and not (verb.places or goes(verb)):
        word = draw.pick(("when", "why", "who"))
    return word, verb


def _takes_thing(verb: Verb) -> bool:
    """'뭐'로 물을 수 있는 목적어가 있는지."""
    takes = verb.slot is not None and verb.slot.particle == "을" and verb.slot.groups != ("person",)
    return takes and not verb.dative and one_meaning(verb)


def _tense_and_mood(draw: Draw, word: str) -> tuple[str, str]:
    """시제와, 바람과 가능 같은 것. 때를 현재로 묻지 않고('언제 가요?'는 앞일), 얼마나 자주는 언제나 현재예요."""
    tense = draw.pick(("past", "past", "present", "future"))
    if word in ("when", "what time") and tense == "present":
        tense = "past"
    tense = "present" if word == "how often" else tense
    mood = draw.pick(MOODS) if word in ("what", "where", "when", "what time", "whom", "which") else ""
    if mood:
        tense = "present" if mood != "will" else "future"
    return tense, mood


def _person(draw: Draw, word: str, mood: str, level: str) -> Subject:
    """누구의 일인지. 바람과 제안에는 주어를 말하지 않아요."""
    if mood:
        who = {"can": "I", "must": "I", "shall": "we"}.get(mood, "you")
        return Subject("", who, who)
    if word == "who":
        return Subject("", "who", "he")
    return subject(draw, level, True, "" if draw.chance(0.3) else "2")


def _interrogative(draw: Draw, word: str, verb: Verb, words: Words, level: str) -> Interrogative | None:
    """의문사를 두 문장에 놓아요. `words.name`은 결합을 따질 이름으로 바꿔요. 어울리지 않으면 None이에요."""
    if word in ADVERBS:
        return Interrogative(word, words.ko, words.en, ADVERBS[word])
    if word == "what":
        words.name = "what"
        asked = draw.pick(("뭐를", "무엇을", "뭘", "뭐", "뭐", "뭐") if level != "합쇼" else ("무엇을",))
        return Interrogative("what", [asked], [])
    if word == "which":
        return _which(draw, verb, words)
    if word == "to whom":
        asked = draw.pick(("누구에게", "누구한테"))
        return Interrogative("who", [asked, *words.ko[1:]], [*words.en[:-1], words.en[-1].split()[0]])
    if word == "where" and goes(verb):
        words.name = "where"
        return Interrogative("where", [draw.pick(("어디에", "어디", "어디로"))], [])
    if word == "where":
        return Interrogative("where", words.ko, words.en, draw.pick(("어디에서", "어디서")))
    if word == "whom":
        asked = draw.pick(("누구와", "누구하고", "누구랑"))
        alone = solo(verb) or verb.slot is not None and verb.slot.groups == ("person",)
        return None if alone else Interrogative("who", words.ko, words.en, asked)
    return Interrogative("", words.ko, words.en)  # who


def _which(draw: Draw, verb: Verb, words: Words) -> Interrogative | None:
    noun = draw.pick(WHICH[verb.stem.text])
    if noun not in EVERY_NOUN:
        return None
    words.name = noun
    particle = "" if draw.chance(0.3) else "을/를"
    asked = f"{draw.pick(('무슨', '무슨', '어떤'))} {josa(noun, particle) if particle else noun}"
    return None if verb.dative else Interrogative(f"what {EVERY_NOUN[noun].en}", [asked], [])


def _verb_en(verb: Verb, who: Subject, tense: str, mood: str, negation: str) -> tuple[str, str]:
    """주어 앞의 조동사와 주어 뒤의 동사."""
    if mood == "shall":
        return "shall", verb.en
    modal = "can" if negation == "못" else {"want": "want to", "can": "can", "must": "have to"}.get(mood, "")
    return predicate(who.person, verb.en, tense, question=True, negative=bool(negation), modal=modal)
