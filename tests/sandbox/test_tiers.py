"""모래상자의 단계: 되는 가장 높은 것을 고르고, 안 되면 까닭과 고치는 법을 말해요."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from support.tiny_lesson import needs

from autograder.layout import PACKAGE
from autograder.sandbox import SandboxRefused, Tier, choose_tier, launch, probe, probe_tier, worker_process

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="모래상자는 Linux에만 있어요.")


def choose(monkeypatch: pytest.MonkeyPatch, bwrap: bool, outcomes: dict[str, tuple[list[str] | None, str]]) -> Tier:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(probe.shutil, "which", lambda name, path=None: "/usr/bin/bwrap" if bwrap else None)
    monkeypatch.setattr(probe, "_try", lambda name: outcomes[name])
    return probe.probe_tier.__wrapped__()


def test_full_when_nothing_escapes(monkeypatch: pytest.MonkeyPatch) -> None:
    assert choose(monkeypatch, True, {"full": ([], "")}) == Tier("full")


def test_reduced_when_only_harmless_things_escape(monkeypatch: pytest.MonkeyPatch) -> None:
    tier = choose(monkeypatch, True, {"full": (["write", "processes"], "")})
    assert tier.name == "reduced" and "Landlock" in tier.missing[0]
    assert not tier.tolerates(["root"]) and not Tier("full").tolerates(["write"])


@pytest.mark.parametrize("escape", ["root", "read /repo", "memory", "host-socket"])
def test_serious_escapes_fall_through(monkeypatch: pytest.MonkeyPatch, escape: str) -> None:
    tier = choose(monkeypatch, True, {"full": ([escape], ""), "landlock": ([], "")})
    assert tier.name == "landlock" and escape in tier.missing[0]


def test_landlock_needs_everything_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    tier = choose(monkeypatch, False, {"landlock": (["network"], "")})
    assert tier.name == "none"
    told = "\n".join(tier.missing)
    assert "apt install bubblewrap" in told and "libseccomp2" in told


def test_refusal_names_the_probe_and_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    denied = "bwrap: setting up uid map: Permission denied"
    tier = choose(monkeypatch, True, {"full": (None, denied), "landlock": (None, "죽었어요")})
    monkeypatch.setattr(probe, "probe_tier", lambda: tier)
    with pytest.raises(SandboxRefused) as refusal:
        choose_tier()
    told = str(refusal.value)
    assert denied in told and "apparmor_restrict_unprivileged_userns" in told and "--unsafe-no-sandbox" in told
    assert choose_tier(unsafe=True).name == "none"


def test_windows_is_told_about_wsl2(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    for unsafe in (False, True):
        with pytest.raises(SandboxRefused, match="WSL2"):
            choose_tier(unsafe)


def test_mac_is_refused_with_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert probe.probe_tier.__wrapped__().name == "none"


@linux
def test_every_possible_tier_really_closes_the_doors() -> None:
    """이 기계에서 뜨는 단계마다 가벼운 작업자를 띄워 정말로 갇히는지 봐요."""
    best = probe_tier()
    if best.name == "none":
        pytest.skip(" ".join(best.missing))
    found, why = probe._try("landlock")
    if found is None or not Tier("landlock").tolerates(found):
        pytest.skip(f"Landlock만으로는 가둘 수 없는 기계예요: {why or found}")
    if best.name == "full":
        assert probe._try("full") == ([], "")


@linux
def test_missing_landlock_or_seccomp_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    needs("full")
    monkeypatch.setattr(launch, "call_filter", lambda: b"")
    found, _ = probe._try("full")
    assert found and {"network", "fork"} <= set(found)


@linux
def test_unsafe_worker_still_leaves_root() -> None:
    if os.getuid() != 0:
        pytest.skip("root로 돌 때에만 볼 수 있어요.")
    found, _ = probe._try("none")
    assert found is not None and "root" not in found


@linux
def test_repository_inside_an_open_folder_is_masked(monkeypatch: pytest.MonkeyPatch) -> None:
    """저장소가 /usr/src에 있거나 패키지가 site-packages에 설치된 기계를 흉내 내요."""
    needs("full")
    usual = launch._readable()
    for opened in (PACKAGE.parents[1], PACKAGE.parents[0]):
        monkeypatch.setattr(launch, "_readable", lambda opened=opened: sorted([*usual, str(opened)]))
        assert probe._try("full") == ([], ""), opened
    found, _ = probe._try("landlock")  # Landlock은 가린 곳을 만들 수 없으므로, 알아차리고 물러나야 해요.
    assert found and {name.split()[0] for name in found} == {"shared-space", "read"}


@linux
def test_without_landlock_the_namespaces_still_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    needs("full")
    prepare = launch.prepare

    def without(*args: object, **kwargs: object) -> launch.Launch:
        prepared = prepare(*args, **kwargs)
        prepared.settings["confined"] = False
        return prepared

    monkeypatch.setattr(probe, "prepare", without)
    found, _ = probe._try("full")
    assert found and "unwalled" in found and Tier("reduced").tolerates(found)


@linux
def test_without_process_spaces_submissions_are_taken_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """apparmor가 이름 공간을 다시 나누지 못하게 하는 기계: 줄임 단계가 되고, 함께 맡지 않아요."""
    needs("full")
    prepare = launch.prepare

    def without(*args: object, **kwargs: object) -> launch.Launch:
        prepared = prepare(*args, **kwargs)
        lesser = tuple("CAP_SYSLOG" if word == "CAP_SYS_ADMIN" else word for word in prepared.command)
        return replace(prepared, command=lesser)

    monkeypatch.setattr(probe, "prepare", without)
    found, _ = probe._try("full")
    assert found == ["shared-space"] and Tier("reduced").tolerates(found)
    assert [Tier(name).side_by_side for name in ("full", "reduced", "landlock", "none")] == [True, False, False, False]


@linux
def test_a_broken_launch_says_why(tmp_path: Path) -> None:
    prepared = launch.prepare(Tier("none"), tmp_path, light=True)
    command = (sys.executable, "-c", "import sys; sys.exit('까닭이에요')")
    broken = launch.Launch(command, prepared.environment, prepared.settings)
    with pytest.raises(worker_process.WorkerLost, match="까닭이에요"):
        worker_process.start_worker(broken)
    with pytest.raises(worker_process.WorkerLost):
        worker_process.start_worker(launch.Launch(("/no/such/program",), {}, {}))


@linux
def test_repository_is_not_among_the_readable_places() -> None:
    root = PACKAGE.parent
    for path in launch._readable():
        assert path != "/" and Path(path) not in (root, *root.parents), path


def test_probing_needs_no_torch() -> None:
    """`course doctor`가 단계를 물을 때 무거운 것을 불러오지 않아요."""
    code = "import sys; from autograder.sandbox import probe_tier; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=PACKAGE.parent)
