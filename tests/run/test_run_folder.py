import pytest

from prism_eval import evaluate
from prism_eval.errors import RunError
from prism_eval.files.seen import SeenDigests
from prism_eval.files.whole import write_whole
from prism_eval.run.counts import BenchmarkCount
from prism_eval.run.folder import RunFolder
from prism_eval.run.reading import Table, read_manifest
from prism_eval.run.tables import COLUMNS, TableWriter
from tests.builders import chart_folder, short_item


@pytest.fixture
def folder(tmp_path):
    data = chart_folder(tmp_path / "data")
    places = {"data": data, "store": tmp_path / "store.sqlite", "out": tmp_path / "run"}
    return evaluate(["blind", "oracle"], benchmarks="chartqa", **places).folder


def test_it_holds_everything_and_nothing_half_written(folder):
    names = {path.name for path in folder.path.iterdir()}
    tables = {f"{name}.parquet" for name in COLUMNS}
    assert names == tables | {"plan.toml", "manifest.json", "leaderboard.html", "thumbnails"}


def test_a_failed_caption_is_a_row_with_its_reason(folder):
    verdicts = Table(folder.path, "verdicts").rows(list(COLUMNS["verdicts"]))
    rows = [row for row in verdicts if row["captioner"] == "oracle"]
    assert {(row["outcome"], row["score"]) for row in rows} == {("failed", None)}
    assert all("facts" in row["note"] for row in rows)


def test_the_manifest_says_what_was_met(folder):
    manifest = read_manifest(folder.path)
    (benchmark,) = manifest["benchmarks"]
    assert (benchmark["items"], benchmark["images"], len(benchmark["fingerprint"])) == (8, 4, 64)
    assert manifest["counts"]["outcomes"] == {"abstained": 8, "failed": 8}
    assert [captioner["label"] for captioner in manifest["captioners"]] == ["blind", "oracle"]
    assert {"version", "python", "packages", "git_commit", "protocol", "reasoner"} <= set(manifest)


def test_the_plan_does_the_run_again(folder):
    assert folder.read_plan().captioners == ("blind", "oracle")
    assert folder.read_plan().data.endswith("data")


def test_no_secret_is_written(tmp_path, monkeypatch, serve):
    monkeypatch.setenv("MY_KEY", "sk-very-secret")
    server = serve(key="sk-very-secret")
    data = chart_folder(tmp_path / "data", images=1, questions=1)
    spec = f"openai:model?base_url={server.url}&api_key_env=MY_KEY"
    places = {"data": data, "store": tmp_path / "store.sqlite", "out": tmp_path / "run"}
    result = evaluate(spec, reasoner=spec, benchmarks="chartqa", **places)
    assert result.failed == 0
    written = b"".join(path.read_bytes() for path in [*result.folder.path.rglob("*.*"), tmp_path / "store.sqlite"])
    assert b"sk-very-secret" not in written


def test_a_fingerprint_is_of_the_rows_and_not_of_their_order():
    def fingerprint(*numbers):
        count = BenchmarkCount()
        for number in numbers:
            count.add(short_item(number), (f"d{number}",))
        return count.fingerprint

    assert fingerprint(1, 2, 3) == fingerprint(3, 1, 2)
    assert len({fingerprint(), fingerprint(1), fingerprint(2), fingerprint(1, 2), fingerprint(1, 1)}) == 5


def test_a_fingerprint_changes_with_any_gold_or_image():
    def fingerprint(item, images):
        count = BenchmarkCount()
        count.add(item, images)
        return count.fingerprint

    base = fingerprint(short_item(1), ("d1",))
    assert base == fingerprint(short_item(1), ("d1",))
    assert base != fingerprint(short_item(1, gold="43"), ("d1",))
    assert base != fingerprint(short_item(1), ("d2",))


def test_seen_digests_tell_new_from_old():
    seen = SeenDigests()
    assert [seen.add("a", "b"), seen.add("a", "b"), seen.add("ab", "")] == [True, False, True]
    assert len(seen) == 2


def test_a_table_keeps_its_old_rows_until_the_new_ones_are_whole(tmp_path):
    path = tmp_path / "captions.parquet"
    first = TableWriter("captions", path, plan_digest="d")
    first.add({"captioner": "old"})
    first.finish()
    second = TableWriter("captions", path, plan_digest="d")
    second.add({"captioner": "new"})
    second.discard()
    assert [row["captioner"] for row in Table(tmp_path, "captions").rows(["captioner"])] == ["old"]
    assert list(tmp_path.iterdir()) == [path]


def test_what_cannot_be_written_or_read_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="cannot write the run folder"):
        RunFolder.create(tmp_path / "file" / "run")
    with pytest.raises(RunError, match="no run folder"):
        RunFolder.open(tmp_path)
    with pytest.raises(RunError, match="cannot write"):
        write_whole(tmp_path / "no" / "file.txt", "x")
    with pytest.raises(RunError, match=r"captions\.parquet does not exist; make them again"):
        list(Table(tmp_path, "captions").rows(["key"]))
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(RunError, match="cannot read"):
        read_manifest(tmp_path)


def test_links_that_lie_in_a_folder_lead_nothing_out_of_it(tmp_path):
    # A run folder may be a stranger's: whatever is written there replaces a link and never what it points to.
    data, run, precious = chart_folder(tmp_path / "data", images=1), tmp_path / "run", tmp_path / "precious"
    run.mkdir()
    precious.write_text("kept")
    names = ["manifest.json", "leaderboard.html", *(f"{name}.parquet" for name in COLUMNS)]
    for name in [*names, *(f"{name}.partial" for name in ["plan.toml", *names])]:
        (run / name).symlink_to(precious)
    evaluate("blind", benchmarks="chartqa", data=data, store=tmp_path / "store.sqlite", out=run)
    assert precious.read_text() == "kept"
    assert not any((run / name).is_symlink() for name in names)
