"""모은 결과를 사람의 말로. `collect`와 `week`가 함께 써요."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from autograder.classroom.deadlines import SHOWN
from autograder.collecting.collect import Collected, Late
from autograder.wording import josa

NAMES = 3  # 까닭마다 보일 이름의 수


def summary(collected: Collected, here: Path) -> Iterator[str]:
    """모은 결과의 줄들. `here`는 적은 그대로의 학급 폴더예요."""
    shapes = ", ".join(f"{source}({layout})" for source, layout in collected.layouts)
    if shapes:
        yield f"읽은 모양: {shapes}"
    if collected.taken:
        yield f"제출물 {len(collected.taken)}개를 {here / 'submitted'}에 넣었어요: {_lessons(collected.taken)}."
    if collected.same:
        yield f"이미 있던 것과 같은 제출물이 {len(collected.same)}개예요."
    if collected.replaced:
        yield f"새 제출로 바뀐 옛 파일 {len(collected.replaced)}개는 {here / 'replaced'}에 남겨 두었어요."
    if collected.late:
        yield f"늦은 제출 {len(collected.late)}개:"
        yield from (f"  {_late(one, collected)}" for one in collected.late)
    if collected.wrong_lesson:
        yield f"다른 레슨을 낸 사람 {len({student for student, _ in collected.wrong_lesson})}명({here / 'aside'}에 두었고 채점하지 않아요):"
        yield from _grouped([(collected.who(student), lesson) for student, lesson in collected.wrong_lesson])
    for student, lesson, named in collected.renamed:
        yield f"{collected.who(student)}: 파일 이름은 {named}인데 내용은 {josa(lesson, '이에요/예요')}."
    if collected.strangers:
        yield f"명단에 없음 {len(collected.strangers)}명(적힌 이름 그대로 넣었어요):"
        yield from _grouped([(student, why) for student, why in sorted(collected.strangers.items())])
    for lesson, people in collected.missing.items():
        if collected.people:
            names = [f"{person.id} {person.name}".strip() for person in people]
            who = f": {', '.join(names)}" if names else ""
            yield f"{josa(lesson, '을/를')} 아직 내지 않은 사람 {len(people)}명{who}"
    if collected.skipped:
        yield f"넣지 않은 파일 {sum(map(len, collected.skipped.values()))}개:"
        for why, names in sorted(collected.skipped.items(), key=lambda item: -len(item[1])):
            yield f"  {len(names)}개: {why} ({_some(names)})"
    yield from collected.notes


def _late(one: Late, collected: Collected) -> str:
    who = f"{collected.who(one.student)} {one.lesson[:2]}"
    if one.when is None:
        return f"{who}: LMS가 늦었다고 적었어요. 낸 때는 압축 파일에 없어요."
    return (
        f"{who}: {one.when:{SHOWN}}에 냈어요(마감 {one.until:{SHOWN}})." if one.until else f"{who}: {one.when:{SHOWN}}"
    )


def _lessons(pairs: Sequence[tuple[str, str]]) -> str:
    counts: dict[str, int] = defaultdict(int)
    for _, lesson in pairs:
        counts[lesson] += 1
    return ", ".join(f"{lesson} {count}개" for lesson, count in sorted(counts.items()))


def _grouped(pairs: Sequence[tuple[str, str]]) -> Iterator[str]:
    """(사람, 말)을 말마다 한 줄로."""
    groups: dict[str, list[str]] = defaultdict(list)
    for who, what in pairs:
        groups[what].append(who)
    yield from (f"  {what}: {', '.join(sorted(who))}" for what, who in sorted(groups.items()))


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:NAMES]) + (f" 외 {len(names) - NAMES}개" if len(names) > NAMES else "")
