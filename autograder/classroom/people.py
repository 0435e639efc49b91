"""제출 폴더의 이름이 누구인지: 명단(`roster.csv`)과 받은 기록(`receipts/`)에서 이름, 학번, 분반을 찾아요."""

from __future__ import annotations

from collections.abc import Iterable

from autograder.classroom.folder import Classroom
from autograder.classroom.receipts import Receipt, read_receipts
from autograder.classroom.roster import Person, read_roster
from autograder.exercises import LESSONS
from autograder.grading.names import student_name


class People:
    """반의 사람들. 명단도 받은 기록도 없으면 폴더의 이름이 곧 이름이에요."""

    def __init__(self, roster: Iterable[Person] = (), receipts: Iterable[Receipt] = ()) -> None:
        self._persons = {student_name(person.id): person for person in roster}
        self._received = {receipt.student: receipt for receipt in receipts}

    @property
    def known(self) -> bool:
        """명단이 있는지. 있어야 누가 내지 않았는지 말할 수 있어요."""
        return bool(self._persons)

    def person(self, student: str) -> Person | None:
        """명단에 있는 그 사람. 명단의 학번이 제출 폴더의 이름이에요."""
        return self._persons.get(student)

    def name(self, student: str) -> str:
        """사람에게 보일 이름."""
        person, receipt = self._persons.get(student), self._received.get(student)
        return (person.name if person else receipt.name if receipt else "") or student

    def id(self, student: str) -> str:
        """학번. 명단에 없으면 LMS의 번호예요. Moodle의 번호는 과제마다 달라서 적지 않아요. 모르면 빈 글이에요."""
        person, receipt = self._persons.get(student), self._received.get(student)
        return person.id if person else receipt.lms_id if receipt and receipt.lms != "moodle" else ""

    def section(self, student: str) -> str:
        """분반. 모르면 빈 글이에요."""
        person = self._persons.get(student)
        return person.section if person else ""

    def also(self, student: str) -> str:
        """이름 곁에 적을 것: 이름과 다른 학번, 분반, 명단에 없다는 것."""
        person = self._persons.get(student)
        if person is None:
            shown = student if self.name(student) != student else ""
            return " · ".join(part for part in (shown, "명단에 없음" if self.known else "") if part)
        return " · ".join(part for part in (person.id if person.name else "", person.section) if part)

    def everyone(self, students: Iterable[str]) -> tuple[str, ...]:
        """명단의 차례대로 모두, 그다음에 명단에 없는 사람들. 명단이 없으면 이름의 차례예요."""
        listed = tuple(self._persons)
        return (*listed, *sorted(set(students) - set(listed)))


def read_people(classroom: Classroom) -> People:
    """학급의 명단과 모든 레슨의 받은 기록을 읽어요. 둘 다 없어도 돼요."""
    receipts = (receipt for lesson in LESSONS for receipt in read_receipts(classroom, lesson).values())
    return People(read_roster(classroom), receipts)
