"""`python -m autograder.cli`로도 `course`를 시작할 수 있어요."""

from autograder.cli import main

main()
