"""논문의 그림, 표, 본문의 숫자마다 여기서 재현했는지, 작은 크기로 재현했는지, 닿지 않는지와 그 까닭이에요.

근거는 이 저장소의 시험 파일이거나 그대로 칠 수 있는 명령이에요. 여기 없는 것을 재현했다고 적지 않아요.
"""

from __future__ import annotations

from dataclasses import dataclass

from reference.tools.table import Table

SAME, SMALL, OUT = "재현", "작은 크기로 재현", "닿지 않음"


@dataclass(frozen=True)
class Claim:
    """논문의 한 자리예요. verdict는 SAME, SMALL, OUT 가운데 하나이고, evidence는 시험 파일이나 명령(없으면 빈 글)이에요."""

    place: str
    what: str
    verdict: str
    evidence: str
    why: str


CLAIMS = (
    Claim(
        "그림 1",
        "인코더와 디코더의 구조",
        SAME,
        "tests/reference/model/test_transformer.py",
        "같은 가중치에서 torch.nn.Transformer, HF Marian과 값과 기울기가 같아요.",
    ),
    Claim(
        "그림 2, 식 (1)",
        "스케일드 닷 프로덕트와 멀티 헤드 어텐션",
        SAME,
        "tests/reference/model/test_multi_head.py",
        "PyTorch의 어텐션과 값이 같아요.",
    ),
    Claim(
        "그림 3~5",
        "영독 6층 모델의 5층 헤드가 보는 곳",
        SMALL,
        "python3 course.py demo",
        "논문의 모델과 문장은 없어요. 한영 3층 모델의 모든 층과 헤드를 실행 카드에 그려요.",
    ),
    Claim(
        "표 1",
        "층의 복잡도와 경로 길이",
        SAME,
        "tests/reference/model/test_rnn.py",
        "크기를 넣으면 식대로 세어요. 진짜 층에서 센 수와 걸린 시간은 `course experiment table1`이 재요.",
    ),
    Claim(
        "식 (2)",
        "피드포워드",
        SAME,
        "tests/reference/model/test_feed_forward.py",
        "PyTorch의 층과 값이 같아요.",
    ),
    Claim(
        "각주 4",
        "q·k의 분산은 d_k, √d_k로 나누면 1",
        SAME,
        "tests/reference/model/test_attention.py",
        "표본으로 재요.",
    ),
    Claim(
        "§3.5",
        "PE(pos + k)는 PE(pos)의 선형 변환",
        SAME,
        "tests/reference/model/test_positional.py",
        "회전 행렬을 만들어 확인해요.",
    ),
    Claim(
        "식 (3)",
        "워밍업이 있는 학습률",
        SAME,
        "tests/reference/model/test_schedule.py",
        "식대로예요. 워밍업이 정말 필요한지는 `course experiment warmup`이 작게 봐요.",
    ),
    Claim(
        "§5.1",
        "영독 450만 쌍, 영불 3,600만 쌍, 어휘 37,000과 32,000",
        OUT,
        "",
        "데이터를 저장소에 담지 않아요. `course train --preset base --data 파일.tsv`로 같은 설정을 돌릴 수는 있어요.",
    ),
    Claim(
        "§5.2",
        "스텝 0.4초와 1.0초, 12시간과 3.5일",
        OUT,
        "",
        "P100 8장이 없어요. 스텝 수와 곱이 맞는지만 `course experiment table2`가 확인해요.",
    ),
    Claim(
        "§6.1",
        "빔 4, α 0.6, 최대 길이 소스 + 50, 체크포인트 평균",
        SAME,
        "tests/reference/model/test_decoding.py",
        "빔은 완전 탐색과 견줘요. 평균은 tests/reference/training/test_trainer.py가 봐요.",
    ),
    Claim(
        "표 2, 학습 비용",
        "3.3e18과 2.3e19 FLOPs",
        SAME,
        "python3 course.py experiment table2",
        "논문의 방법으로 두 자리까지 같아요. 정말로 한 계산을 세면 그 절반보다 적어요.",
    ),
    Claim(
        "표 2, BLEU",
        "영독 27.3과 28.4, 영불 38.1과 41.8",
        OUT,
        "",
        "WMT14의 데이터와 P100 8장의 반나절에서 사흘 반이 들어요. 가까운 것은 Multi30k 영독 37.21(reference/README.md)이에요.",
    ),
    Claim(
        "표 3, 파라미터",
        "28M에서 213M까지 열한 칸",
        SAME,
        "python3 course.py experiment table3",
        "어휘를 41,000개쯤으로 보면 열 칸이 반올림까지 같고, big만 달라요.",
    ),
    Claim(
        "표 3 (A)",
        "같은 너비에서 헤드의 수와 BLEU",
        SMALL,
        "python3 course.py experiment heads",
        "이론값이 있는 과제와 작은 번역으로 봐요. 논문의 BLEU는 줄마다 base 하나를 처음부터 배워야 해요.",
    ),
    Claim(
        "표 3 (B)(C)",
        "d_k와 크기의 PPL과 BLEU",
        OUT,
        "",
        "줄마다 base 하나를 처음부터 배워야 해요. 크기와 손실의 모양만 `course experiment scaling`이 작게 봐요.",
    ),
    Claim(
        "표 3 (D)",
        "드롭아웃과 레이블 스무딩의 PPL과 BLEU",
        SMALL,
        "python3 course.py experiment label-smoothing",
        "작은 모델의 퍼플렉시티와 BLEU로 봐요. 드롭아웃의 과적합은 `course experiment dropout`이 봐요.",
    ),
    Claim(
        "표 3 (E)",
        "배우는 위치와 사인의 BLEU",
        SMALL,
        "python3 course.py experiment positions",
        "위치가 꼭 필요한 과제와 작은 번역, 배운 길이를 넘는 문장으로 봐요.",
    ),
    Claim(
        "표 4",
        "구문 분석 F1 91.3과 92.7",
        SMALL,
        "python3 course.py experiment beyond-translation",
        "WSJ 구문 말뭉치는 유료라 담을 수 없어요. 우리 문법의 식을 괄호로 묶는 과제를 똑같이 점수 매겨요.",
    ),
)


class ClaimTable(Table):
    """까닭이 긴 표예요. 화면에는 판정끼리 모아 한 자리를 두세 줄로 보여 줘요."""

    def __str__(self) -> str:
        lines = ["", self.title]
        for verdict in (SAME, SMALL, OUT):
            lines += ["", f"[{verdict}]"]
            for claim in CLAIMS:
                if claim.verdict == verdict:
                    lines += [f"{claim.place}: {claim.what}", f"    {claim.why}"]
                    lines += [f"    근거: {claim.evidence}"] if claim.evidence else []
        return "\n".join(lines)


def paper() -> Table:
    """논문의 자리마다의 판정을 표로 만들어요."""
    counts = {verdict: sum(claim.verdict == verdict for claim in CLAIMS) for verdict in (SAME, SMALL, OUT)}
    summary = ", ".join(f"{verdict} {count}" for verdict, count in counts.items())
    rows = [[claim.place, claim.what, claim.verdict, claim.evidence, claim.why] for claim in CLAIMS]
    return ClaimTable("paper", f"논문의 그림과 표 ({summary})", ["자리", "무엇", "판정", "근거", "까닭"], rows)
