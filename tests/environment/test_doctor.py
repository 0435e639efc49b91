"""`course doctor`: 빠진 것의 이름과 고치는 법."""

from __future__ import annotations

import json
import os
import sys
from collections import namedtuple
from importlib import metadata
from pathlib import Path

import pytest

from autograder import cli
from autograder.environment import doctor, java, jupyter


def test_a_broken_check_does_not_stop_the_others(monkeypatch):
    def fails(name):
        raise ZeroDivisionError("고장")

    monkeypatch.setattr(doctor, "CHECKS", {"하나": fails, "둘": lambda name: doctor.Finding(name, "ok", "좋아요")})
    first, second = doctor.examine()
    assert (first.status, second.status) == ("error", "ok") and "고장" in first.detail and first.remedy


@pytest.mark.parametrize(("status", "code"), [("ok", 0), ("warn", 0), ("error", 1)])
def test_exit_code_follows_what_is_required(monkeypatch, capsys, status, code):
    finding = doctor.Finding("이름", status, "상태", "고치는 법")
    monkeypatch.setattr(doctor, "CHECKS", {"이름": lambda name: finding})
    assert cli.run(["doctor"]) == code
    assert "고치는 법" in capsys.readouterr().out
    assert cli.run(["doctor", "--json"]) == code
    assert json.loads(capsys.readouterr().out) == [
        {"name": "이름", "status": status, "detail": "상태", "remedy": "고치는 법"}
    ]


@pytest.mark.parametrize("name", [name for name in doctor.CHECKS if name not in ("Java", "채점 모래상자")])
def test_this_environment_has_no_error(name):
    finding = doctor.CHECKS[name](name)
    assert finding.status != "error", finding


def test_old_python(monkeypatch):
    monkeypatch.setattr(sys, "version_info", namedtuple("V", "major minor micro")(3, 14, 0))
    finding = doctor.check_python("Python")
    assert finding.status == "error" and "3.10에서 3.13" in finding.remedy


def test_small_disk(monkeypatch):
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda path: namedtuple("U", "total used free")(1, 1, 3e8))
    finding = doctor.check_disk("디스크")
    assert finding.status == "warn" and "0.3 GB" in finding.detail


def test_missing_and_different_packages_are_named(monkeypatch):
    real = metadata.version

    def version(name):
        if name == "nbgrader":
            raise metadata.PackageNotFoundError(name)
        return "0.1" if name == "rich" else real(name)

    monkeypatch.setattr(doctor.metadata, "version", version)
    finding = doctor.check_packages("패키지")
    assert finding.status == "error" and "nbgrader" in finding.detail and "setup" in finding.remedy
    monkeypatch.setattr(doctor.metadata, "version", lambda name: "0.1" if name == "rich" else real(name))
    finding = doctor.check_packages("패키지")
    assert finding.status == "warn" and "rich 0.1" in finding.detail


def test_pins_cover_every_package_that_is_needed():
    unpinned = doctor.needed() - set(doctor.pinned())
    assert unpinned == set()


def test_missing_font_and_settings(monkeypatch, tmp_path):
    monkeypatch.setattr(doctor, "find_spec", lambda name: None)
    assert doctor.check_font("글꼴").status == "error"
    assert doctor.check_lab("JupyterLab").status == "error"
    monkeypatch.undo()
    monkeypatch.setattr(jupyter, "lab_settings_path", lambda: tmp_path / "없는.json")
    assert "한국어 설정" in doctor.check_lab("JupyterLab").detail


# -- Java와 로캘 --


def fake_java(home: Path, version: str = "21.0.8") -> Path:
    (home / "lib/server").mkdir(parents=True)
    (home / "lib/server/libjvm.so").touch()
    (home / "release").write_text(f'JAVA_VERSION="{version}"\n')
    return home


def test_working_java_home_is_respected(monkeypatch, tmp_path):
    chosen = fake_java(tmp_path / "jdk")
    monkeypatch.setenv("JAVA_HOME", str(chosen))
    assert java.home() == chosen and "JAVA_HOME" not in java.environment()


@pytest.mark.parametrize("kind", ["none", "missing", "old"])
def test_bad_java_home_gives_way_to_ours(monkeypatch, tmp_path, kind):
    ours = fake_java(tmp_path / "ours")
    monkeypatch.setattr(java, "bundled_home", lambda: ours)
    old = fake_java(tmp_path / "old", "1.8.0_402")
    values = {"none": "", "missing": str(tmp_path / "없음"), "old": str(old)}
    monkeypatch.setenv("JAVA_HOME", values[kind])
    assert java.home() == ours and java.environment()["JAVA_HOME"] == str(ours)


def test_no_java_at_all_is_an_error(monkeypatch):
    monkeypatch.setattr(java, "home", lambda: None)
    finding = doctor.check_java("Java")
    assert finding.status == "error" and finding.remedy


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="로캘이 문제가 되는 곳은 Linux뿐이에요.")
def test_posix_locale_is_replaced_and_reported(monkeypatch):
    monkeypatch.setattr(os, "environ", dict(os.environ, LC_ALL="POSIX"))
    monkeypatch.setattr(java, "LOCALE_AT_START", "")
    java.prepare()
    assert os.environ["LC_ALL"] == "C.UTF-8"
    finding = doctor.check_locale("로캘")
    assert finding.status == "warn" and "POSIX" in finding.detail


def test_hangul_user_name_on_windows(monkeypatch):
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(doctor.Path, "home", lambda: Path("C:/Users/홍길동"))
    finding = doctor.check_hangul_path("한글 경로")
    assert finding.status == "warn" and "홍길동" in finding.detail and "영문 폴더" in finding.remedy
    assert "WSL2" in doctor.check_sandbox("채점 모래상자").remedy
