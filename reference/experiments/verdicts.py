"""여러 조건에서 얻은 판정을 하나로 모으는 규칙이에요."""

from __future__ import annotations

from reference.experiments.experiment import Verdict


def under_conditions(verdicts: dict[str, Verdict]) -> tuple[Verdict, str]:
    """조건마다의 판정(맞아요, 달라요, 말할 수 없어요)을 모아 판정 하나와 조건을 말하는 문장을 돌려줘요.

    모두 같으면 그 판정이고, 맞는 조건과 다른 조건이 함께 있으면 "조건에 따라요"예요. 한쪽이 갈리기만 하면 말할 수 없어요.
    """
    names = {verdict: [name for name, each in verdicts.items() if each is verdict] for verdict in Verdict}
    holds, fails, unclear = (", ".join(names[v]) for v in (Verdict.HOLDS, Verdict.FAILS, Verdict.UNCLEAR))
    parts = [f"{holds}에서는 맞아요" if holds else "", f"{fails}에서는 달라요" if fails else ""]
    parts.append(f"{unclear}에서는 시드마다 갈려요" if unclear else "")
    said = ", ".join(part for part in parts if part).replace("맞아요, ", "맞고, ").replace("달라요, ", "다르고, ") + "."
    if len(set(verdicts.values())) == 1:
        return next(iter(verdicts.values())), said
    return (Verdict.DEPENDS if holds and fails else Verdict.UNCLEAR), said
