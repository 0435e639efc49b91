"""nbgrader 설정: 학급 폴더는 classroom/, 채점은 우리 것.

저장소의 맨 위에서 `nbgrader autograde 05_attention_math`나 JupyterLab의 formgrader를 쓰면 이 파일이 읽혀요.
다른 학급은 `--CourseDirectory.root=폴더`로 골라요.
학급만의 설정(마감 감점, 데이터베이스 주소)은 그 폴더의 nbgrader_config.py에 적어요.
"""

import os
import sys
from pathlib import Path

here = Path(__file__).resolve().parent
# nbgrader는 이름만으로 `alembic`을 부르고, 단계는 `autograder` 패키지에서 찾아요.
os.environ["PATH"] = str(Path(sys.executable).parent) + os.pathsep + os.environ.get("PATH", "")
sys.path.insert(0, str(here))

formgrader = sys.modules.get("nbgrader.server_extensions.formgrader.formgrader")
if formgrader is not None:  # JupyterLab이 formgrader를 켜는 중이에요.
    from nbgrader.server_extensions.formgrader import base

    from autograder.marking.formgrader import dress

    dress(formgrader, base)

c = get_config()  # noqa: F821  (설정을 읽는 쪽이 넣어 주는 이름이에요)
c.CourseDirectory.course_id = "transformer"
# `course lab --classroom 폴더`가 고른 학급. 없으면 classroom/이에요.
chosen = os.environ.get("COURSE_CLASSROOM")
c.CourseDirectory.root = chosen or str(here / "classroom")
c.CourseDirectory.source_directory = str(here / "build" / "solutions")

c.Autograde.exporter_class = "autograder.classroom.nbgrader_plugin.RobustExporter"
c.Autograde.sanitize_preprocessors = [
    "autograder.classroom.nbgrader_plugin.Rebuild",
    "nbgrader.preprocessors.CheckCellMetadata",
]
c.Autograde.autograde_preprocessors = [
    "autograder.classroom.nbgrader_plugin.Judge",
    "autograder.classroom.nbgrader_plugin.SaveMarks",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]

# 학습자의 글은 강사의 화면에서 글자로만 보여요.
c.GenerateFeedback.exporter_class = "autograder.classroom.dead_paper.DeadPaperExporter"

if formgrader is not None:
    from autograder.marking.formgrader import local_zone
    from autograder.reporting.commands import remake_after_marks

    remake_after_marks()  # 손으로 준 점수가 보고서에도 닿아요.

    c.ExchangeFactory.list = "autograder.marking.formgrader.NoExchange"
    c.NbGraderAPI.timezone = local_zone()
    c.FormgradeExtension.debug = False  # 설정을 통째로 펼쳐 보이지 않아요.
    if chosen and (Path(chosen) / "nbgrader_config.py").is_file():
        load_subconfig(str(Path(chosen) / "nbgrader_config.py"))  # noqa: F821  (설정을 읽는 쪽이 넣어 주는 이름이에요)
