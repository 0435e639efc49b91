"""밖에서 본 갈라 내는 서버: 소켓을 표준 입력으로 주어 띄우고, 첫말을 기다리고, 끝난 까닭을 듣고, 끝내요.

모래상자의 작업자와 심사원의 서버가 함께 써요. 띄우는 것과 기다리는 것이 따로라, 데워지는 동안 다른 일을 할 수 있어요.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence

START_SECONDS = 180


class ServerProcess:
    """떠 있는 서버 하나. `control`로 부탁해요. 띄울 수 없는 명령이면 OSError예요."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], cwd: str, settings: bytes) -> None:
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 서버가 끝날 때 `close`가 닫아요.
        try:
            self.process = subprocess.Popen(
                command,
                stdin=theirs.fileno(),
                stdout=self._log,
                stderr=self._log,
                cwd=cwd,
                env=environment,
                start_new_session=True,
            )
        except OSError:
            self.control.close()
            self._log.close()
            raise
        finally:
            theirs.close()
        with contextlib.suppress(OSError):  # 벌써 끝났으면 첫말을 기다릴 때 알게 돼요.
            self.control.send(settings)

    def first_words(self) -> bytes:
        """데우기를 마친 서버의 첫말. 뜨지 못했으면 빈 바이트예요. 안을 꾸미던 bubblewrap이 죽으면 안의 것은 영영 답하지 않아서, 살아 있는지도 봐요."""
        deadline = time.monotonic() + START_SECONDS
        self.control.settimeout(1.0)
        while True:
            try:
                said = self.control.recv(4096)
                self.control.settimeout(None)
                return said
            except TimeoutError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    return b""
            except OSError:
                return b""

    def killed(self) -> bool:
        """밖에서 신호로 끝냈는지. bubblewrap은 안의 프로세스가 그렇게 끝나면 128을 더한 코드로 끝나요."""
        code = self.process.poll()
        return code is not None and (code < 0 or code > 128)

    def last_words(self) -> str:
        """끝나기 전에 마지막으로 남긴 줄."""
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            return "제때 답하지 않았어요"
        self._log.seek(0)
        lines = self._log.read().decode("utf-8", "replace").strip().splitlines()
        return lines[-1][:300] if lines else f"코드 {self.process.returncode}번으로 끝났어요"

    def close(self) -> None:
        """서버를 끝내요. 다른 프로세스가 줄을 아직 쥐고 있어도 끝나고, 자식들도 함께 끝나요."""
        with contextlib.suppress(OSError):
            self.control.shutdown(socket.SHUT_RDWR)
        self.control.close()
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.killed():
            # bubblewrap만 죽으면 그 안의 것이 남아요. 둘은 한 묶음이에요.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
        self._log.close()
