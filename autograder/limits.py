"""제출물 하나에서 받아들이는 것의 상한 전부. 한 곳에만 있고, 모래상자의 안팎과 채점하는 쪽이 함께 봐요. 표준 라이브러리만 불러요."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """제출물 하나가 쓸 수 있는 것들의 상한. 시간의 단위는 초, 크기의 단위는 바이트예요.

    판정을 정하는 시간은 CPU 초와 잠든 초로 재요. 바쁜 기계에서 차례를 기다린 시간은 어느 쪽도 아니라서, 같은 제출물은 언제나 같은 점수예요.
    """

    # 학습자의 코드: 단위는 셀 하나 또는 실습 하나
    unit_cpu: float = 5.0
    unit_asleep: float = 10.0  # 계산도 차례 기다리기도 하지 않고 지난 시간
    total_cpu: float = 60.0  # 자식을 모두 더해서
    total_asleep: float = 20.0
    wall: float = 1800.0  # 자식 하나의 벽시계. 점수가 되지 않고, 여기까지 오면 우리 쪽의 일로 봐요.
    memory: int = 1024**3
    threads: int = 64
    files: int = 64

    # 자식이 보내는 것
    answer_bytes: int = 8 * 1024**2
    answer_items: int = 50_000  # JSON의 값, 목록, 사전의 칸 수
    answer_keys: int = 5_000  # 사전의 열쇠 수
    answer_tensors: int = 4096
    total_answer_bytes: int = 32 * 1024**2
    report_bytes: int = 4096  # 셀 하나의 결과

    # 노트북
    notebook_bytes: int = 32 * 1024**2
    notebook_items: int = 300_000  # JSON의 쉼표와 여는 괄호의 수
    cells: int = 2000
    cell_chars: int = 200_000
    code_chars: int = 400_000  # 코드 셀을 모두 더해서
    source_chars: int = 1_000_000  # 모든 셀을 더해서
    problems: int = 20  # 한 제출물에 대해 말하는 문제의 수

    # 읽고 판정하는 우리 프로세스가 제출물 하나에 쓰는 것
    judge_cpu: int = 30
    judge_memory: int = 1024**3
    message_chars: int = 1500
    result_bytes: int = 16 * 1024**2


LIMITS = Limits()
