import asyncio
import sqlite3
import threading
import time
from dataclasses import replace

import pytest

from prism_eval.calls import Failure, Record, Store, Stored, database
from prism_eval.calls.upkeep import prune, stats, verify
from prism_eval.errors import PermanentError, StoreError
from prism_eval.schema import FinishReason, Generation


def record(key="k", text="a caption", stage="caption", source="ocr"):
    return Record(key, stage, source, Generation(text, FinishReason.LENGTH, 3, 4))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "deep" / "store.sqlite"


def test_what_was_put_is_read_back_with_who_wrote_it(path):
    with Store(path) as store:
        assert store.get("k") is None
        store.put(record())
        store.flush()
        assert store.get("k") == Stored(record().generation, "", None, "caption")
        store.put(replace(record("l"), address="http://a/v1", root="weights"))
    with Store(path) as store:
        assert store.get("l") == Stored(record().generation, "http://a/v1", "weights", "caption")


def test_the_store_and_its_folders_are_the_user_s_alone(path):
    with Store(path) as store:
        store.put(record())
        store.flush()
        files = list(path.parent.iterdir())
        assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
        assert len(files) == 3
    assert path.parent.stat().st_mode & 0o777 == 0o700


async def test_what_is_kept_is_on_disk_when_it_is_returned(path):
    with Store(path) as store, Store(path) as other:
        assert await store.keep(record()) == record().generation
        assert other.get("k").generation == record().generation


async def test_the_first_write_stays_and_the_second_is_told(path):
    with Store(path) as one, Store(path) as two:
        assert (await one.keep(record(text="first"))).text == "first"
        assert (await two.keep(record(text="second"))).text == "first"
        assert one.get("k").generation.text == "first"


async def test_many_at_once_from_two_stores_agree_on_every_key(path):
    with Store(path) as one, Store(path) as two:
        said = await asyncio.gather(
            *(store.keep(record(str(key), text=name)) for key in range(200) for name, store in (("a", one), ("b", two)))
        )
    assert [generation.text for generation in said[::2]] == [generation.text for generation in said[1::2]]


@pytest.mark.parametrize("counts", [(2**63, -1), (10**400, 1.5), ("7", [1])])
def test_counts_that_no_table_holds_are_no_counts(path, counts):
    with Store(path) as store:
        store.put(Record("k", "answer", "s", Generation("x", FinishReason.STOP, *counts)))
        store.flush()
        assert store.get("k").generation == Generation("x")


STRANGE_RECORDS = {
    "a count beyond SQLite": lambda: spoiled(prompt_tokens=2**63),
    "a count that is no number": lambda: spoiled(completion_tokens={"n": 1}),
    "a text that is none": lambda: spoiled(text=b"bytes"),
    "a note that is none": lambda: spoiled(note=["x"]),
    "a note of half a surrogate pair": lambda: spoiled(note="\ud800"),
    "no known end": lambda: spoiled(finish_reason="stop"),
    "no generation": lambda: replace(record("bad"), generation=None),
    "no key": lambda: record(None),
    "a key that is no text": lambda: record(("bad",)),
    "no stage": lambda: replace(record("bad"), stage=None),
    "a stage that is no text": lambda: replace(record("bad"), stage=["caption"]),
}


def spoiled(**values):
    """A record whose generation has got past its own checks."""
    generation = Generation("x")
    for name, value in values.items():
        object.__setattr__(generation, name, value)
    return replace(record("bad"), generation=generation)


@pytest.mark.parametrize("make", STRANGE_RECORDS.values(), ids=STRANGE_RECORDS)
async def test_a_record_that_cannot_be_written_costs_its_own_call_and_nothing_else(path, make):
    with Store(path) as store:
        before, kept, after = await asyncio.gather(
            *(store.keep(one) for one in (record("before"), make(), record("after"))), return_exceptions=True
        )
        assert before == after == record().generation
        assert isinstance(kept, PermanentError)
        assert f"the store {path} cannot hold this " in str(kept)
        store.put(make())
        store.put(record("later"))
        store.flush()
        assert store.get("later").generation == record().generation
        assert store.get("bad") is None
        assert (await store.keep(record("bad"))).text == "a caption"
    assert verify(path) == []


async def test_names_that_are_no_utf_8_are_written_as_far_as_they_are(path):
    with Store(path) as store:
        await store.keep(replace(record(source="openai:\udcff"), address="http://h/\udcff", root="/w/\udcff"))
        store.put_failure(Failure("l", "caption", "openai:\udcff", "PermanentError", "no", 1))
        store.flush()
        assert store.get("k") == Stored(record().generation, "http://h/?", "/w/?", "caption")
    assert {line.source for line in stats(path)} == {"openai:?"}


@pytest.mark.parametrize(
    ("column", "value"),
    [("finish_reason", "tired"), ("text", b"\xff")],
)
async def test_what_was_damaged_in_the_file_is_a_failure_of_its_own_call(path, column, value):
    with Store(path) as store:
        await store.keep(record())
        with sqlite3.connect(path) as connection:
            connection.execute(f"UPDATE generations SET {column} = ?", (value,))
        connection.close()
        for again in (store.keep(record()), store.keep(record())):
            with pytest.raises(PermanentError, match="no generation under k but something damaged"):
                await again
        with pytest.raises(PermanentError, match="prism-eval store verify"):
            store.get("k")
        assert await store.keep(record("other")) == record().generation
    (problem,) = verify(path)
    assert problem.startswith("entry k of ocr")


async def test_what_a_context_cut_short_gives_way_to_the_whole_and_nothing_else_does(path):
    with Store(path) as store:
        for text, reason, left in (
            ("The ch", FinishReason.CONTEXT, "The ch"),
            ("The chart", FinishReason.CONTEXT, "The chart"),
            ("The chart shows 4", FinishReason.STOP, "The chart shows 4"),
            ("The", FinishReason.CONTEXT, "The chart shows 4"),
            ("I cannot", FinishReason.FILTERED, "The chart shows 4"),
        ):
            said = await store.keep(Record("k", "answer", "s", Generation(text, reason, note="n")))
            assert said.text == left
            assert store.get("k").generation == said


@pytest.mark.parametrize("asked", ["get", "put", "put_failure", "flush", "keep"])
@pytest.mark.parametrize("dead", ["closed", "forked"])
async def test_a_store_without_a_writer_says_so_whatever_is_asked_of_it(path, asked, dead, monkeypatch):
    store = Store(path)
    if dead == "closed":
        store.close()
        store.close()  # once more does no harm
    else:
        monkeypatch.setattr(store, "_thread", threading.Thread())
    given = {"get": ["k"], "flush": [], "put_failure": [Failure("k", "caption", "s", "PermanentError", "no", 1)]}

    async def ask():
        said = getattr(store, asked)(*given.get(asked, [record()]))
        await asyncio.wait_for(said, 5)

    with pytest.raises(StoreError, match=r"was closed|nobody who writes"):
        await ask()


@pytest.mark.parametrize("error", [RuntimeError("out of luck"), SystemExit("out of luck"), MemoryError("out of luck")])
async def test_a_writer_that_dies_is_heard_by_everyone_who_waits_or_comes_later(path, monkeypatch, error):
    store = Store(path)

    def dies(*_):
        raise error

    monkeypatch.setattr(store, "_commit", dies)
    with pytest.raises(StoreError, match="out of luck"):
        await asyncio.wait_for(store.keep(record()), 5)
    for later in (lambda: store.put(record()), store.flush, store.close, lambda: store.get("k")):
        with pytest.raises(StoreError, match="out of luck"):
            later()


LATER = {
    3: ("seconds", "cached_tokens", "image_tokens", "imported"),
    4: ("cached_tokens", "image_tokens", "imported"),
    5: ("imported",),
}


@pytest.mark.parametrize("before", LATER)
async def test_a_store_of_a_format_before_keeps_what_it_holds(path, before):
    with Store(path) as store:
        await store.keep(record())
    with sqlite3.connect(path) as connection:
        for column in LATER[before]:
            connection.execute(f"ALTER TABLE generations DROP COLUMN {column}")
        connection.execute(f"PRAGMA user_version = {before}")
    connection.close()
    with Store(path) as one, Store(path) as two:
        assert one.get("k").generation == record().generation
        gained = [name for name in LATER[before] if name != "imported"]
        assert [getattr(one.get("k").generation, name) for name in gained] == [None] * len(gained)
        assert one.get("k").imported is None
        told = {"seconds": 2.5, "cached_tokens": 2, "image_tokens": 1}
        await two.keep(replace(record("l"), generation=replace(record().generation, **told)))
        assert {name: getattr(one.get("l").generation, name) for name in told} == told
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (database.FORMAT,)
    connection.close()


@pytest.mark.parametrize("value", ["soon", -1, float("inf"), b"1"])
def test_a_time_that_is_none_is_not_known(path, value):
    with Store(path) as store:
        store.put(record())
        store.flush()
        with sqlite3.connect(path) as connection:
            connection.execute("UPDATE generations SET seconds = ?", (value,))
        connection.close()
        assert store.get("k").generation.seconds is None


def test_an_older_store_is_refused_in_one_line(path):
    Store(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 1")
    connection.close()
    with pytest.raises(StoreError, match=r"older prism-eval \(format 1, this one reads 6\): move it away"):
        Store(path)


def test_a_flushed_record_is_seen_by_another_process_s_connection(path):
    with Store(path) as one, Store(path) as two:
        one.put(record())
        one.flush()
        assert two.get("k").generation.text == "a caption"


def test_many_may_make_a_store_at_the_same_moment(path):
    opened = []

    def open_it():
        with Store(path) as store:
            store.put(record(str(threading.get_ident())))
            opened.append(store)

    threads = [threading.Thread(target=open_it) for _ in range(12)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert len(opened) == 12


def test_two_writers_take_turns(path):
    def write(name):
        with Store(path) as store:
            for index in range(300):
                store.put(record(f"{name}{index}"))

    threads = [threading.Thread(target=write, args=(name,)) for name in "ab"]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert sum(line.generations for line in stats(path)) == 600


def test_a_failure_is_never_a_result_and_success_clears_it(path):
    with Store(path) as store:
        store.put_failure(Failure("k", "caption", "ocr", "TransientError", "no\ud800", 6))
        store.flush()
        assert store.get("k") is None
        assert stats(path)[0].failures == 1
        store.put(record())
    assert [(line.generations, line.failures) for line in stats(path)] == [(1, 0)]


def test_a_newer_store_is_refused(path):
    Store(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA user_version = {database.FORMAT + 1}")
    connection.close()
    with pytest.raises(StoreError, match="newer prism-eval"):
        Store(path)


def test_another_program_s_database_is_refused(path):
    path.parent.mkdir()
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE notes (text)")
    connection.close()
    with pytest.raises(StoreError, match="no store of prism-eval"):
        Store(path)


def test_a_file_that_is_no_database_is_refused(path):
    path.parent.mkdir()
    path.write_text("not a database, but long enough to look at " * 10)
    with pytest.raises(StoreError, match="give another with --store"):
        Store(path)


def test_a_path_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot open the store"):
        Store(tmp_path / "file" / "store.sqlite")


def test_a_network_file_system_is_refused(path, monkeypatch):
    monkeypatch.setattr(database, "network_file_system", lambda _: "nfs4")
    with pytest.raises(StoreError, match="nfs4"):
        Store(path)


def test_a_full_disk_is_one_line_and_earlier_writes_are_kept(path):
    store = Store(path)
    store.put(record("early"))
    store.flush()
    blocker = sqlite3.connect(path)
    blocker.execute("CREATE TRIGGER full BEFORE INSERT ON generations BEGIN SELECT RAISE(FAIL, 'disk is full'); END")
    blocker.commit()
    blocker.close()
    store.put(record("late"))
    with pytest.raises(StoreError, match="disk is full; what was written before is kept"):
        store.flush()
    with pytest.raises(StoreError):
        store.put(record("later"))
    with pytest.raises(StoreError):
        store.close()
    with Store(path) as again:
        assert again.get("early") is not None


def test_a_put_is_on_disk_within_a_quarter_second(path):
    with Store(path) as store, Store(path) as other:
        store.put(record())
        deadline = time.monotonic() + 0.25
        while other.get("k") is None and time.monotonic() < deadline:
            time.sleep(0.01)
        assert other.get("k") is not None


def test_verify_finds_a_changed_text(path):
    with Store(path) as store:
        store.put(record())
    assert verify(path) == []
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE generations SET text = 'forged'")
    connection.close()
    assert len(verify(path)) == 1


def test_prune_deletes_what_is_named_and_nothing_else(path):
    with Store(path) as store:
        store.put(record("a", source="ocr"))
        store.put(record("b", source="openai:m"))
        store.put_failure(Failure("c", "answer", "openai:m", "PermanentError", "no", 1))
    assert prune(path, older_than_days=1) == 0
    assert prune(path, source="ocr", older_than_days=0) == 1
    assert prune(path, failures=True) == 1
    assert prune(path, imported=True) == 0
    assert [(line.source, line.generations) for line in stats(path)] == [("openai:m", 1)]


def test_what_was_imported_is_counted_and_can_be_taken_out_again(path):
    with Store(path) as store:
        store.put(record("a"))
        store.put(replace(record("a"), imported="/runs/one"))
        store.put(replace(record("b"), imported="/runs/one"))
        store.flush()
        assert [store.get(key).imported for key in "ab"] == [None, "/runs/one"]
    assert [(line.generations, line.imported) for line in stats(path)] == [(2, 1)]
    assert prune(path, imported=True) == 1
    assert [(line.generations, line.imported) for line in stats(path)] == [(1, 0)]


async def test_a_text_under_the_key_of_another_stage_gives_way_to_the_call(path):
    with Store(path) as store:
        store.put(replace(record("k", "Answer: A"), imported="/runs/one"))
        store.flush()
        assert (await store.keep(record("k", "B", stage="answer"))).text == "B"
        assert store.get("k").imported is None


def test_upkeep_of_a_store_that_is_not_there(path):
    with pytest.raises(StoreError, match="there is no store"):
        stats(path)
