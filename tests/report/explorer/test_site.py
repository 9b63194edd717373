"""A leaderboard as a site: every item, in parts, in a folder of its own."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from prism_eval.cli import main
from prism_eval.errors import PrismError, UsageError
from prism_eval.leaderboard import build
from prism_eval.plan import make_plan
from prism_eval.report.explorer.parts import items_in_a_part
from prism_eval.report.site import write_site
from prism_eval.run.execute import run_plan
from tests.builders import chart_folder
from tests.runfolder import verdict, write_page, write_run

LONG = "word " * 20_000


def piece(site: Path, name: str):
    text = (site / "explorer" / f"{name}.js").read_text(encoding="utf-8")
    head = f'explorerPiece("{name}",'
    assert text.startswith(head)
    return json.loads(text[len(head) :].removesuffix(");\n"))


def files(folder: Path):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    folder = tmp_path_factory.mktemp("real")
    data = chart_folder(folder / "data", images=5, questions=3)
    plan = make_plan({"captioners": ["oracle"], "benchmarks": ["chartqa"], "data": str(data)})
    return run_plan(plan, out=folder / "run", store=folder / "store.sqlite").folder.path


def test_every_item_is_there_and_every_text_whole(tmp_path):
    rows = [verdict(name, str(item), caption=f"{name} {item} {LONG}") for item in range(230) for name in "ab"]
    board = build(write_run(tmp_path / "run", rows))
    site = write_site(tmp_path / "site", board).folder
    listed = piece(site, "0")
    assert [item[0] for item in listed] == [str(item) for item in range(230)]
    size = items_in_a_part(board)
    parts = [piece(site, f"0/{number}") for number in range(-(-230 // size))]
    assert [len(part["items"]) for part in parts] == [100, 100, 30]
    last = parts[2]["items"][29]
    assert parts[2]["texts"][last["replies"][1][0]] == f"b 229 {LONG}"


def test_pictures_are_files_by_digest(real, tmp_path):
    site = write_site(tmp_path / "site", build(real))
    pictures = {path.stem for path in (site.folder / "thumbnails").rglob("*.webp")}
    assert len(pictures) == 5
    assert {item[3] for item in piece(site.folder, "0")} == pictures
    assert site.files == len(files(site.folder))
    assert site.size == sum(map(len, files(site.folder).values()))
    without = write_site(tmp_path / "without", build(real), images=False).folder
    assert not (without / "thumbnails").exists()
    assert "--no-images" in (without / "index.html").read_text(encoding="utf-8")


def test_the_same_run_gives_the_same_site_and_the_old_one_goes(real, tmp_path):
    site = write_site(tmp_path / "site", build(real)).folder
    before = files(site)
    (site / "explorer" / "9").mkdir()
    (site / "explorer" / "9" / "0.js").write_text("old")
    (site / "CNAME").write_text("example.org")
    write_site(site, build(real))
    assert files(site) == before | {Path("CNAME"): b"example.org"}


@pytest.mark.parametrize("name", ["index.html", "notes.txt", "explorer", ".nojekyll"])
def test_what_is_not_its_own_stays(real, tmp_path, name):
    site = tmp_path / "site"
    site.mkdir()
    (site / name).write_text("mine")
    with pytest.raises(UsageError, match="holds what is no site of prism-eval"):
        write_site(site, build(real))
    assert files(site) == {Path(name): b"mine"}


def test_a_checkout_of_the_published_branch_will_do(real, tmp_path):
    (tmp_path / "site" / ".git").mkdir(parents=True)
    (tmp_path / "site" / ".git" / "HEAD").write_text("ref: refs/heads/gh-pages")
    write_site(tmp_path / "site", build(real))
    assert (tmp_path / "site" / ".git" / "HEAD").exists()
    assert (tmp_path / "site" / ".nojekyll").exists()


def test_a_link_is_replaced_and_not_followed(real, tmp_path):
    site = write_site(tmp_path / "site", build(real)).folder
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "mine").write_text("mine")
    (site / "explorer").rename(tmp_path / "moved")
    (site / "explorer").symlink_to(tmp_path / "elsewhere")
    write_site(site, build(real))
    assert files(tmp_path / "elsewhere") == {Path("mine"): b"mine"}


def full(*_):
    raise OSError(28, "No space left on device")


def test_a_site_cut_short_has_no_page_and_can_be_written_again(real, tmp_path, monkeypatch):
    site = tmp_path / "site"
    with monkeypatch.context() as patch:
        patch.setattr("prism_eval.report.explorer.parts._write_piece", full)
        with pytest.raises(PrismError, match="cannot write the site"):
            write_site(site, build(real))
    assert not (site / "index.html").exists()
    assert (write_site(site, build(real)).folder / "index.html").exists()


def test_images_that_are_no_digests_name_no_file(tmp_path):
    rows = [verdict("a", "one", images=["../../outside", "/etc/passwd", "x" * 64, None])]
    site = write_site(tmp_path / "site", build(write_run(tmp_path / "run", rows))).folder
    assert piece(site, "0/0")["items"][0]["pictures"] == [0, 0, 0, 0]
    assert write_page(tmp_path / "run").exists()


def test_the_policy_lets_in_the_site_and_nothing_else(real, tmp_path):
    page = (write_site(tmp_path / "site", build(real)).folder / "index.html").read_text(encoding="utf-8")
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy is not None
    allowed = policy[1].replace("&#39;", "'")
    assert allowed.startswith("default-src 'none';")
    assert "unsafe" not in allowed
    assert "http" not in allowed
    assert "img-src data: 'self'" in allowed


def test_the_command_says_its_size_and_takes_no_format(real, tmp_path):
    def report(*words):
        command = [sys.executable, "-m", "prism_eval", "report", str(real), *words]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)

    done = report("--bundle", "out/site")
    assert re.search(r"Site: out/site/index.html \(\d+ files, [\d.]+ MB\)", done.stdout), done.stderr
    assert not (real / "leaderboard.html").exists()
    for words in (("--bundle", str(real)), ("--bundle", "x", "--format", "csv")):
        refused = report(*words)
        assert refused.returncode == 2
        assert len(refused.stderr.strip().splitlines()) == 1


def test_runs_stand_side_by_side_and_share_their_pictures(tmp_path):
    data = chart_folder(tmp_path / "data", images=3, questions=2)
    folders = []
    for name in ("oracle?label=one", "oracle?recall=0.2&label=two", "blind"):
        values = {"captioners": [name], "benchmarks": ["chartqa"], "data": str(data), "thumbnails": name == "blind"}
        run = run_plan(make_plan(values), out=tmp_path / name, store=tmp_path / "store.sqlite")
        folders.append(run.folder.path)
    site = write_site(tmp_path / "site", build(folders)).folder
    item = piece(site, "0/0")["items"][0]
    assert len(piece(site, "0")) == 6
    assert sum(reply is not None for reply in item["replies"]) == 3
    assert len(list((site / "thumbnails").rglob("*.webp"))) == 3


def test_a_folder_is_refused_before_the_page_is_made(real, tmp_path, monkeypatch):
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "mine.txt").write_text("mine", encoding="utf-8")
    board = build(real)
    monkeypatch.setattr("prism_eval.report.site.render", lambda *_, **__: pytest.fail("minutes of work for nothing"))
    with pytest.raises(UsageError, match="no site of prism-eval"):
        write_site(tmp_path / "site", board)


def test_a_folder_of_something_else_is_refused_before_anything_is_said(real, tmp_path, monkeypatch, capsys):
    (tmp_path / "mine.txt").write_text("mine")
    monkeypatch.setattr("sys.argv", ["prism-eval", "report", str(real), "--bundle", str(tmp_path)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert capsys.readouterr().out == ""
