"""책 전체를 함께 걷는 한국어 예문이에요."""

from __future__ import annotations

SCHOOL = "나는 학교에 간다"
BANK = "나는 은행에 가서 돈을 찾았다"
BREAD = "10년 전 파리에서 샀던 빵"
