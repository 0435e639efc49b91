"""움직임을 말하는 문장을 뽑아요: 누가 언제 어디서 누구와 무엇을 하다."""

from __future__ import annotations

from dataclasses import replace

from reference.data.corpus import english as en
from reference.data.corpus.clause import ME, Clause, NounPhrase, to_english, to_korean
from reference.data.corpus.draw import RELATIVE, Draw
from reference.data.corpus.hangul import josa, native_number, sino_number
from reference.data.corpus.lexicon import (
    ADJECTIVES,
    BOUND,
    CALL,
    COLORED,
    COLORS,
    CONDITIONS,
    FAR_MEANS,
    GIVING,
    GOING,
    HABITUAL,
    INTRANSITIVE,
    MEANS,
    NEAR_MEANS,
    NOUNS,
    PEOPLE,
    PLACES,
    STATIVE,
    TIMES,
    TRANSITIVE,
    WITH_PERSON,
    Person,
    Verb,
)
from reference.data.corpus.nominal import NOMINAL, Sentence

MAKING = ("make", "bake", "build", "write", "draw", "plant")  # 아직 없는 것을 만드니 '이 빵'이라고 하지 않아요.
UNADORNED = ("make", "bake", "build", "write", "clean", "open", "close", "cook")  # 목적어를 형용사로 꾸미면 어색해요.
IMPERSONAL = ("lose", "wear", "open", "close", "withdraw")  # 장소나 함께하는 사람을 붙이면 어색한 동사
LASTING = ("read", "watch", "listen to", "study", "learn", "teach", "draw", "clean", "write")
ABROAD = [place.ko for place in PLACES if place.group == "abroad"]
TRAVEL = [place for place in PLACES if place.ko != "집"]


def _people(clause: Clause) -> list[Person]:
    """주어가 아닌 자리에 올 수 있는 사람. 누구의 가족인지 헷갈리는 조합을 빼요."""
    subject = clause.subject
    role = subject.role if subject else ""
    allowed = {"kin": ("name", "teacher", "kin"), "friend": ("name", "teacher"), "teacher": ("name",)}.get(
        role, ("name", "kin", "friend", "teacher")
    )
    if clause.ask == "who":
        allowed = ("name", "teacher")
    return [person for person in PEOPLE if person is not subject and person.role in allowed]


def _mood(draw: Draw) -> tuple[str, bool]:
    return draw.level(), draw.chance(0.28)


def _manner(draw: Draw, clause: Clause) -> Clause:
    """시제, 부정, 진행, 바람·가능·의무와 그에 어울리는 때를 정해요."""
    verb, roll = clause.verb, draw.random()
    if roll < 0.3 or verb.en in BOUND:
        clause = replace(clause, tense="past", time=draw.time("past", verb.en) if draw.chance(0.75) else None)
    elif roll < 0.5:
        clause = replace(clause, tense="future", time=draw.time("future", verb.en) if draw.chance(0.75) else None)
    elif roll < 0.62 and verb.progressive:
        now = ("지금", "now") if draw.chance(0.6) else None
        return replace(
            clause,
            tense="present" if now or draw.chance(0.6) else "past",
            progressive=True,
            time=now,
            negation="지 않" if draw.chance(0.15) else "",
        )
    elif roll < 0.8 and verb.en in HABITUAL:
        clause = replace(clause, tense="present")
        if draw.chance(0.15):
            return replace(clause, time=("요즘", "these days"), negation=draw.pick(("안", "지 않")))
        habit = draw.random()
        if habit < 0.4:
            return replace(clause, often=draw.pick(tuple(TIMES["often"].items())))
        return replace(clause, time=draw.pick(tuple(TIMES["habit"].items()))) if habit < 0.8 else clause
    else:
        modal = draw.pick(("want", "can", "must") if verb.en != "arrive" else ("can", "must"))
        tense = "present"
        time = draw.time("future", verb.en) if modal != "can" and draw.chance(0.4) else None
        if time is None and modal == "must" and draw.chance(0.5):
            tense, time = "past", draw.time("past", verb.en)
        negative = modal == "want" and draw.chance(0.2)
        return replace(clause, modal=modal, tense=tense, time=time, negation="지 않" if negative else "")
    if draw.chance(0.3):
        negation = draw.pick(("안", "안", "지 않", "못", "지 못하"))
        if negation in ("못", "지 못하") and clause.question:
            negation = "안"
        clause = replace(clause, negation=negation)
    return clause


def _place(draw: Draw, groups: tuple[str, ...]) -> tuple[str, str]:
    place = draw.pick([p for p in PLACES if p.group in groups])
    return f"{place.ko}에서", place.at


def _duration(draw: Draw) -> tuple[str, str]:
    if draw.chance(0.5):
        minutes = draw.pick((10, 15, 20, 25, 30, 40, 45, 50))
        return f"{sino_number(minutes)} 분 동안", f"for {en.number(minutes)} minutes"
    hours = 1 + int(draw.random() * 5)
    return f"{native_number(hours)} 시간 동안", f"for {en.number(hours)} hour{'s' if hours > 1 else ''}"


def _setting(draw: Draw, clause: Clause, lasting: bool) -> Clause:
    """장소, 함께하는 사람, 동안 가운데 많아야 둘을 붙여요."""
    verb = clause.verb
    if verb.places and draw.chance(0.4):
        clause = replace(clause, place=_place(draw, verb.places))
    if verb.en not in IMPERSONAL and draw.chance(0.2):
        clause = replace(clause, companion=draw.pick(_people(clause)))
    plain_time = not (clause.modal or clause.progressive or clause.negation)
    if lasting and plain_time and draw.chance(0.3):
        clause = replace(clause, duration=_duration(draw))
    return clause


def _habit(clause: Clause) -> bool:
    """되풀이하는 일인가: 목적어를 복수로 말해요('watch movies')."""
    return clause.tense == "present" and not clause.progressive and not clause.modal


def _thing(draw: Draw, clause: Clause) -> NounPhrase:
    """목적어: 수, 꾸미는 말, 관계절 가운데 하나를 붙이기도 해요."""
    verb = clause.verb
    noun = NOUNS[draw.pick(verb.objects)]
    roll = draw.random()
    if _habit(clause):
        return NounPhrase(noun, generic=noun.ko not in MEANS)
    countable = noun.counter and verb.en != "wear" and not (clause.negation or clause.progressive or clause.duration)
    if roll < 0.22 and countable:
        return NounPhrase(noun, count=1 + int(draw.random() ** 2 * 12), counter_first=draw.chance(0.3))
    if roll < 0.36 and noun.adjectives and verb.en not in UNADORNED:
        return NounPhrase(noun, adjective=draw.pick(ADJECTIVES[noun.adjectives]))
    if roll < 0.46 and noun.ko in COLORED and verb.en not in MAKING:
        return NounPhrase(noun, color=draw.pick(tuple(COLORS.items())))
    if roll < 0.52 and noun.plural and verb.en not in MAKING:
        return NounPhrase(noun, pointer=draw.pick(("이", "그")))
    return NounPhrase(noun)


def act(draw: Draw) -> Clause:
    """목적어가 있는 문장: '어제 시장에서 사과를 세 개 샀어요.'"""
    level, question = _mood(draw)
    verb = draw.pick(TRANSITIVE)
    clause = Clause("act", verb, subject=draw.subject(question), level=level, question=question)
    clause = _setting(draw, _manner(draw, clause), verb.en in LASTING)
    return replace(clause, thing=_thing(draw, clause))


def move(draw: Draw) -> Clause:
    """'내일 기차로 부산에 갈 거예요.'"""
    level, question = _mood(draw)
    verb, particle, preposition = draw.pick(GOING)
    home = [place for place in PLACES if place.ko == "집"]
    city = preposition == "for" or verb.en == "move" or draw.chance(0.4)
    places = [p for p in TRAVEL if (p.group in ("city", "abroad")) == city]
    if verb.en in ("go", "come", "come back") and draw.chance(0.15):
        places = home
    place = draw.pick(places)
    where = {"for": place.to.removeprefix("to "), "at": place.at.replace("in the", "at the"), "to": place.to}[
        preposition
    ]
    ko = josa(place.ko, particle) if "/" in particle else place.ko + particle
    clause = _manner(draw, Clause("go", verb, subject=draw.subject(question), level=level, question=question))
    if verb.en in ("move", "arrive", "leave for") and (clause.often or clause.tense == "present" and not clause.modal):
        clause = replace(clause, tense="past", often=None, progressive=False, time=draw.time("past"), negation="")
    clause = replace(clause, place=(ko, where))
    if verb.en != "move" and place.group != "stop" and draw.chance(0.35):
        means = draw.pick({"city": FAR_MEANS, "abroad": ("비행기",)}.get(place.group, NEAR_MEANS))
        if not (means == "배" and place.ko != "제주도") and not (
            means == "비행기" and place.ko not in ("제주도", "부산", *ABROAD)
        ):
            clause = replace(clause, means=(josa(means, "으로/로"), MEANS[means]))
    if verb.en != "arrive" and draw.chance(0.2):
        clause = replace(clause, companion=draw.pick(_people(clause)))
    return clause


def do(draw: Draw) -> Clause:
    """목적어가 없는 문장: '어제 공원에서 두 시간 동안 걸었어요.'"""
    level, question = _mood(draw)
    verb = draw.pick(INTRANSITIVE)
    subject = draw.subject(question)
    if verb.en == "play" and subject and subject.respect:
        subject = None
    clause = Clause("do", verb, subject=subject, level=level, question=question)
    clause = _setting(draw, _manner(draw, clause), verb.en != "cry")
    return replace(clause, companion=None) if verb.en in ("sleep", "cry") else clause


def give(draw: Draw) -> Clause:
    """'어제 선생님께 꽃을 드렸어요.'"""
    level, question = _mood(draw)
    verb, humble = draw.pick(GIVING)
    clause = _manner(draw, Clause("give", verb, subject=draw.subject(question), level=level, question=question))
    if clause.progressive or _habit(clause):
        clause = replace(clause, progressive=False, tense="past", time=None, often=None, negation="")
    recipient = draw.pick(_people(clause))
    thing = _thing(draw, clause)
    return replace(
        clause,
        recipient=recipient,
        humble=humble if recipient.respect else "",
        thing=replace(thing, count=min(thing.count, 3)),
    )


def meet(draw: Draw) -> Clause:
    """사람이 목적어인 문장: '역에서 친구를 기다리고 있어요.'"""
    level, question = _mood(draw)
    verb = draw.pick((*WITH_PERSON, CALL))
    clause = _manner(draw, Clause("meet", verb, subject=draw.subject(question), level=level, question=question))
    if verb.places and draw.chance(0.45):
        clause = replace(clause, place=_place(draw, verb.places))
    return replace(clause, person=draw.pick(_people(clause)), particle="에게" if verb is CALL else "을/를")


def like(draw: Draw) -> Clause:
    """'저는 고양이를 좋아해요.'"""
    level, question = _mood(draw)
    verb = draw.pick(STATIVE)
    negation = draw.pick(("", "", "", "지 않")) if verb.en == "like" else ""
    return Clause(
        "like",
        verb,
        "present",
        subject=draw.subject(question),
        level=level,
        question=question,
        negation=negation,
        thing=NounPhrase(NOUNS[draw.pick(verb.objects)], generic=True),
    )


def relative(draw: Draw) -> Clause:
    """관계절: '어제 산 빵을 먹었어요.' '민수 씨가 그린 그림을 봤어요.'"""
    level, question = _mood(draw)
    inner = draw.pick(RELATIVE)
    clause = Clause("relative", inner, subject=draw.subject(question), level=level, question=question)
    outer, names = _follow_up(draw, inner)
    clause = replace(clause, verb=outer)
    role = clause.subject.role if clause.subject else "me"
    own = role in ("me", "we") or (role in ("name", "kin") and draw.chance(0.3))
    tense = "past" if outer.en in BOUND else draw.pick(("past", "future"))
    clause = replace(clause, tense=tense, negation=draw.pick(("", "", "", "", "안", "지 않")))
    if own and draw.chance(0.5):
        rel = draw.relative(inner, None, draw.chance(0.6))
    else:
        people = [p for p in _people(clause) if p.role != "friend"]
        others = [*people, ME] if clause.subject and role not in ("me", "we") and not question else people
        rel = draw.relative(inner, draw.pick(others), draw.chance(0.4))
        if rel.time is None and draw.chance(0.5):
            clause = replace(clause, time=draw.near(tense))
    if tense == "future":
        rel = replace(rel, retold=False)
    if outer in [verb for verb, _ in GIVING]:
        receiver = draw.pick([p for p in _people(clause) if p is not rel.person])
        clause = replace(clause, recipient=receiver, humble=dict(GIVING)[outer] if receiver.respect else "")
    return replace(clause, thing=NounPhrase(NOUNS[draw.pick(names)], relative=rel))


_AFTER = {  # 앞 동사로 생긴 물건을 두고 뒤에 할 만한 일
    "buy": ("eat", "drink", "wear", "read", "lose"),
    "make": ("eat",),
    "bake": ("eat",),
    "draw": (),
    "choose": ("wear", "buy"),
    "write": ("read",),
    "borrow": ("read", "lose"),
}


def _follow_up(draw: Draw, inner: Verb) -> tuple[Verb, list[str]]:
    options = []
    for verb in TRANSITIVE:
        if verb.en in _AFTER[inner.en]:
            names = [name for name in verb.objects if name in inner.objects]
            if names:
                options.append((verb, names))
    for verb, _ in GIVING:
        names = [name for name in verb.objects if name in inner.objects]
        if names and verb.en in ("give", "show") and inner.en != "borrow":
            options.append((verb, names))
    return draw.pick(options)


def wh_question(draw: Draw) -> Clause:
    """'어제 무엇을 먹었어요?' '누가 빵을 샀어요?' '책을 몇 권 읽었어요?'"""
    level = draw.level()
    ask = draw.pick(("who", "what", "where", "when", "why", "how many"))
    tense = draw.pick(("past", "past", "future"))
    if ask in ("where", "when") and draw.chance(0.4):
        clause = move(draw)
        clause = replace(
            clause,
            subject=draw.subject(True),
            level=level,
            question=True,
            ask=ask,
            tense=tense,
            often=None,
            negation="",
            modal="",
            progressive=False,
            companion=None,
        )
        clause = replace(clause, time=None if ask == "when" else draw.time(tense, clause.verb.en))
        if ask == "where":
            verb = draw.pick([verb for verb, _, _ in GOING[:2]])
            clause = replace(clause, verb=verb, place=None)
        return clause
    verb = draw.pick([verb for verb in TRANSITIVE if _askable(verb, ask)])
    subject = None if ask == "who" else draw.subject(True)
    tense = "past" if verb.en in BOUND else tense
    clause = Clause("ask", verb, tense, subject=subject, level=level, question=True, ask=ask)
    if ask != "when" and draw.chance(0.7):
        clause = replace(clause, time=draw.time(tense, verb.en))
    if ask not in ("where", "when", "why") and verb.places and draw.chance(0.4):
        clause = replace(clause, place=_place(draw, verb.places))
    if ask == "why" and verb.en not in BOUND and draw.chance(0.5):
        clause = replace(clause, negation=draw.pick(("안", "지 않")))
    if ask == "what":
        return clause
    noun = NOUNS[draw.pick(verb.objects)]
    if ask == "how many" and not noun.counter:
        return wh_question(draw)
    return replace(clause, thing=NounPhrase(noun))


def _askable(verb: Verb, ask: str) -> bool:
    """물음에 어울리는 동사인가. '무엇을 드셨어요?', '무엇을 보셨어요?'는 영어가 둘이라 하나만 써요."""
    if ask == "what":
        return verb.en not in ("drink", "see", "wear", "solve", "sing", "take")
    if ask == "where":
        return len(verb.places) > 1
    return ask != "how many" or verb.en not in ("listen to", "wear")


def linked(draw: Draw) -> Clause:
    """이어진 문장: '비가 와서 집에서 쉬었어요.' '시간이 많으면 영화를 볼 거예요.'"""
    level = draw.level()
    condition = draw.pick(CONDITIONS)
    blocked = condition.blocks and draw.chance(0.35)
    names = condition.blocks if blocked else condition.leads
    verb = draw.pick([verb for verb in (*TRANSITIVE, *INTRANSITIVE) if verb.en in names])
    link = "어서" if blocked else draw.pick(("어서", "어서", "면", "ㄹ 때"))
    if not blocked and condition.blocks and draw.chance(0.25):  # 막히는 일을 그래도 한 경우
        link = "지만"
        verb = draw.pick([verb for verb in (*TRANSITIVE, *INTRANSITIVE) if verb.en in condition.blocks])
    tense = {"어서": "past", "지만": "past", "면": "future", "ㄹ 때": "present"}[link]
    question = link != "지만" and not blocked and draw.chance(0.15)
    subject = draw.subject(question, teacher=False)
    while subject and (not subject.pronoun or verb.en == "play" and subject.respect):
        subject = draw.subject(question, teacher=False)
    clause = Clause(
        "linked",
        verb,
        tense,
        subject=subject,
        level=level,
        question=question,
        condition=condition,
        link=link,
        negation=draw.pick(("못", "안")) if blocked else "",
    )
    if link == "어서" and not blocked and condition.stem.kind == "adjective" and draw.chance(0.25) and verb.progressive:
        clause = replace(clause, tense="present", progressive=True)
    if verb in INTRANSITIVE:
        return clause
    noun = NOUNS[draw.pick(verb.objects)]
    return replace(clause, thing=NounPhrase(noun, generic=link == "ㄹ 때"))


_FIRST = ("eat", "drink", "read", "wash", "clean", "listen to", "study", "solve", "cook")
_SECOND = ("read", "watch", "sleep", "rest", "take a walk", "drink", "listen to", "study", "work", "exercise", "draw")


def sequence(draw: Draw) -> Clause:
    """차례로 하는 일: '밥을 먹고 영화를 봤어요.' '자기 전에 책을 읽어요.'"""
    level, question = _mood(draw)
    order = draw.pick(("고", "가서", "ㄴ 후에", "기 전에"))
    if order == "가서":
        return _go_and(draw, level, question)
    transitive = [verb for verb in TRANSITIVE if verb.objects and verb.en in _FIRST]
    first_verb = draw.pick(transitive)
    verb = draw.pick([v for v in (*TRANSITIVE, *INTRANSITIVE) if v.en in _SECOND and v is not first_verb])
    tense = draw.pick(("past", "past", "future"))
    first = Clause("act", first_verb, level=level, thing=NounPhrase(NOUNS[draw.pick(first_verb.objects)]))
    clause = Clause(
        "sequence",
        verb,
        tense,
        subject=draw.subject(question),
        level=level,
        question=question,
        first=first,
        order=order,
    )
    if draw.chance(0.6):
        clause = replace(clause, time=draw.near(tense))
    return clause if verb in INTRANSITIVE else replace(clause, thing=NounPhrase(NOUNS[draw.pick(verb.objects)]))


def _go_and(draw: Draw, level: str, question: bool) -> Clause:
    """가서 하는 일: '은행에 가서 돈을 찾았다.'"""
    verb = draw.pick([v for v in (*TRANSITIVE, *INTRANSITIVE) if v.places and v.en not in (*BOUND, "cook", "wear")])
    place = draw.pick([p for p in PLACES if p.group in verb.places])
    tense = draw.pick(("past", "past", "future"))
    first = Clause("go", GOING[0][0], level=level, place=(place.ko + "에", place.to))
    clause = Clause(
        "sequence",
        verb,
        tense,
        subject=draw.subject(question),
        level=level,
        question=question,
        first=first,
        order="가서",
    )
    if draw.chance(0.6):
        clause = replace(clause, time=draw.near(tense))
    return clause if verb in INTRANSITIVE else replace(clause, thing=NounPhrase(NOUNS[draw.pick(verb.objects)]))


VERBAL = (
    (act, 30),
    (move, 10),
    (do, 7),
    (give, 7),
    (meet, 6),
    (like, 3),
    (relative, 10),
    (wh_question, 9),
    (linked, 8),
    (sequence, 7),
)
# 틀마다 무게만큼 되풀이해 두면 고르게 뽑는 것이 곧 무게대로 뽑는 것이에요.
FRAMES = tuple(build for build, weight in (*VERBAL, *NOMINAL) for _ in range(weight))


def structure_of(clause: Clause) -> str:
    """문장 구조의 이름: 단어를 뺀 나머지."""
    phrase = clause.thing
    shape = (
        ""
        if phrase is None
        else (
            "count"
            if phrase.count
            else "relative"
            if phrase.relative
            else "adjective"
            if phrase.adjective or phrase.color
            else "bare"
        )
    )
    marks = (clause.progressive, clause.question)
    return "/".join(
        (
            clause.frame,
            clause.tense,
            clause.negation,
            clause.modal,
            *map(str, marks),
            clause.ask,
            shape,
            clause.link,
            clause.order,
        )
    )


def _argument(clause: Clause) -> str:
    if clause.thing:
        return clause.thing.noun.en
    if clause.person:
        return clause.person.en
    return clause.place[1] if clause.place else ""


def sentence(draw: Draw) -> Sentence:
    """문장 하나를 뽑아요."""
    made = draw.pick(FRAMES)(draw)
    if isinstance(made, Sentence):
        return made
    return Sentence(
        to_korean(made),
        to_english(made),
        structure_of(made),
        (made.verb.en, _argument(made)),
        bool(made.negation or made.modal or made.question or made.progressive or made.link or made.order),
    )
