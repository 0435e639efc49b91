"""모든 레슨의 첫 코드 셀: 코스를 찾지 못하는 곳(구글 콜랩, 다른 주피터)에서 찾아보고, 받아 오고, 안 되면 무엇을 할지 말해요.

강사가 정하는 것은 `ADDRESS` 하나예요. 학습자 묶음이나 저장소의 zip을 올린 주소를 적고 `python3 course.py build`를 하면 여덟 노트북에 들어가요.
빈 글이면 콜랩에서도 받지 않고, 묶음을 어디에 둘지 알려 줘요. 없는 라이브러리는 `kit/elsewhere.py`가 봐요.
"""

from __future__ import annotations

from typing import Any

ADDRESS = ""  # 예: "https://github.com/이름/저장소/archive/refs/heads/main.zip"

_CELL = """\
# 코스가 설치되어 있으면 지나가는 셀이에요. 아니면 가까운 폴더에서 찾고, 구글 콜랩에서는 ADDRESS의 zip을 받아 와요.
try:
    import autograder
except ModuleNotFoundError:
    import contextlib, pathlib, sys, urllib.request, zipfile
    ADDRESS, here = {address!r}, pathlib.Path.cwd()
    with contextlib.suppress(OSError, ValueError, zipfile.BadZipFile):
        if "google.colab" in sys.modules: zipfile.ZipFile(urllib.request.urlretrieve(ADDRESS)[0]).extractall()
    near = [*here.glob("*/autograder/kit"), *(folder / "autograder/kit" for folder in (here, *here.parents))]
    found = [kit.parents[1] for kit in near if kit.is_dir()]
    if not found:
        raise SystemExit(f"코스를 찾지 못했어요. 강사에게 받은 묶음(zip)을 {{here}}에 풀고 이 셀을 다시 실행해 주세요.")
    sys.path.insert(0, str(found[0]))
    from autograder.kit.elsewhere import prepare
    prepare()"""


def add_first_cell(notebook: Any, address: str | None = None) -> None:
    """첫 코드 셀 바로 앞에 넣어요. `address`를 주지 않으면 `ADDRESS`예요."""
    from nbformat.v4 import new_code_cell

    text = _CELL.format(address=ADDRESS if address is None else address)
    place = next(number for number, cell in enumerate(notebook.cells) if cell.cell_type == "code")
    # 배울 것이 없는 셀이라 접어 둬요. 콜랩은 `cellView`를, 다른 주피터는 `source_hidden`을 봐요.
    folded = {"tags": ["given"], "jupyter": {"source_hidden": True}, "cellView": "form"}
    notebook.cells.insert(place, new_code_cell(text, metadata=folded))
