"""LMS의 이름을 명단의 사람과 이어요. 하나로 정해지지 않으면 잇지 않고, 그 까닭을 말해요."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

from autograder.classroom.roster import Person, find_by_email, find_by_id, name_keys
from autograder.collecting.layouts import Owner
from autograder.grading.names import student_name, tagged

STRANGER = "명단에 없어요"
NAMESAKE = "명단에 같은 이름이 여럿이라 누구인지 몰라요"
CONTRADICTION = "적힌 학번과 이름이 명단에서 서로 다른 사람이에요"
SHARED = "명단의 한 사람과 LMS의 여러 사람이 이어져요"

Key = tuple[str, str, bytes]  # `Owner.key`


def match(owner: Owner, people: Sequence[Person]) -> tuple[Person | None, str]:
    """명단의 사람과, 잇지 못했을 때의 까닭. 학번, 이메일, 이름의 차례로 봐요."""
    if owner.id and (person := find_by_id(people, owner.id)):
        return person, ""
    words = [word for word in re.split(r"[\s_()\[\],/+]+|(?<!\w)-|-(?!\w)", owner.name) if word]
    found = {person.id: person for word in words if (person := find_by_id(people, word) or find_by_email(people, word))}
    named = _by_name(owner.name, words, found, people)
    if len(found) > 1:
        return None, CONTRADICTION
    if found:
        person = next(iter(found.values()))
        if named and person not in named:
            return None, CONTRADICTION
        return person, ""
    if len(named) > 1:
        return None, NAMESAKE
    return (named[0], "") if named else (None, STRANGER)


def _by_name(name: str, words: Sequence[str], ids: Iterable[str], people: Sequence[Person]) -> list[Person]:
    """이름이 같은 사람들. 학번과 함께 적혔으면 학번을 빼고, `모둠-이름`이면 뒤의 것도 봐요."""
    known = {id.casefold() for id in ids}
    rest = " ".join(word for word in words if word.casefold() not in known and "@" not in word and not word.isdigit())
    wanted = name_keys(name) | name_keys(rest) | name_keys(name.rpartition("-")[2])
    return [person for person in people if person.name and wanted & name_keys(person.name)]


def name_people(owners: Iterable[tuple[str, Owner]], people: Sequence[Person]) -> tuple[dict[Key, str], dict[Key, str]]:
    """(사람에서 학생의 이름으로, 명단에 잇지 못한 사람에서 까닭으로). 다른 두 사람은 언제나 다른 이름이에요.

    `owners`는 (어느 압축 파일, 사람)이에요.
    """
    listed = list(owners)
    unique = {owner.key: owner for _, owner in listed}
    matched = {key: match(owner, people) for key, owner in unique.items()} if people else {}
    # LMS의 번호가 다르면 다른 사람이에요. Moodle의 번호는 과제마다 달라서 한 압축 파일 안에서만 견줘요.
    takers: dict[tuple[str, str], set[Key]] = defaultdict(set)
    for archive, owner in listed:
        if people and (person := matched[owner.key][0]) is not None:
            takers[archive, person.id].add(owner.key)
    shared = {id for (_, id), keys in takers.items() if len(keys) > 1}
    names: dict[Key, str] = {}
    strangers: dict[Key, str] = {}
    for key, (person, why) in matched.items():
        if person is not None and person.id not in shared:
            names[key] = student_name(person.id)
        else:
            strangers[key] = why or SHARED
    reserved = {student_name(person.id) for person in people}
    groups: dict[str, list[Key]] = defaultdict(list)
    for key in sorted(unique.keys() - names.keys()):
        groups[unique[key].label].append(key)
    for label, keys in groups.items():
        # 같은 글자를 다르게 적은 이름(NFC와 NFD, UTF-8과 cp949)이 함께 있으면 다른 사람이에요.
        first = next((key for key in keys if key[2] == label.encode()), keys[0])
        for key in keys:
            own = key == first and student_name(label) not in reserved
            names[key] = student_name(label) if own else tagged(label, key[2] + key[1].encode())
    return names, strangers
