"""찾은 자리와 그 자리를 알리는 문장. 어떻게 고쳤는지는 담지 않아요."""

from __future__ import annotations

from dataclasses import dataclass

from autograder.wording import josa


@dataclass(frozen=True)
class Finding:
    """고치면 모든 확인을 통과하는 줄.

    `lines`와 `texts`는 셀의 줄 번호(1부터)와 그 글, `kind`는 다시 생각할 것(빈 글이면 말하지 않아요)이에요.
    `edits`가 1이면 `lines`의 어느 줄 하나만 고쳐도 되고, 2 이상이면 모두 함께 고쳐야 해요.
    `added`면 그 줄을 바꾸는 것이 아니라 곁에 줄을 더하는 것이에요.
    """

    lines: tuple[int, ...]
    texts: tuple[str, ...]
    kind: str
    edits: int = 1
    added: bool = False

    def sentence(self) -> str:
        """확인에서 증명된 것만 말하는 문장."""
        places = ", ".join(f"{line}번째 줄 `{text}`" for line, text in zip(self.lines, self.texts, strict=True))
        if self.edits > 1:
            head = "이 줄들을 함께 고치면 모든 확인을 통과해요"
        elif len(self.lines) > 1:
            head = "이 가운데 한 줄만 고쳐도 모든 확인을 통과해요"
        elif self.added:
            head = "이 줄 곁에 한 단계만 더하면 모든 확인을 통과해요"
        else:
            head = "이 줄 하나만 고치면 모든 확인을 통과해요"
        return f"{head}: {places}." + (f" {josa(self.kind, '을/를')} 다시 생각해 봐요." if self.kind else "")
