"""모래상자: 학습자의 코드를 가두어 실행하고 값만 받아 와요."""

from autograder.limits import Limits
from autograder.sandbox.pool import Pool
from autograder.sandbox.probe import choose_tier, probe_tier
from autograder.sandbox.protocol import CellText, Job, Task
from autograder.sandbox.tier import SandboxRefused, Tier
from autograder.sandbox.worker_process import Child, JobResult, WorkerLost

__all__ = [
    "CellText",
    "Child",
    "Job",
    "JobResult",
    "Limits",
    "Pool",
    "SandboxRefused",
    "Task",
    "Tier",
    "WorkerLost",
    "choose_tier",
    "probe_tier",
]
