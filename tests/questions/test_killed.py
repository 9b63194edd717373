"""A filter that is killed again and again: a real process, a real server, a real SIGKILL."""

import subprocess
import sys
import time

from prism_eval.questions.question_set import QuestionSet
from tests.server.calls import unexcused_repeats

LET_THE_SERVER_READ = 0.1


def command(server, folder, store):
    spec = f"openai:model?base_url={server.url}"
    words = ["questions", "filter", folder, "--vlm", spec, "-r", spec, "--store", store, "--concurrency", 8, "-q"]
    return [sys.executable, "-m", "prism_eval", *map(str, words)]


def test_kills_change_no_decision_and_repeat_nothing_that_was_finished(make_set, spawn_server, tmp_path):
    server = spawn_server(latency=0.03)
    questions, kills = make_set(8), []
    words = command(server, questions.folder, tmp_path / "store.sqlite")
    for _ in range(4):
        before = len(server.events())
        process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while len(server.events()) < before + 40 and process.poll() is None:
            time.sleep(0.01)
        killed = time.time()
        process.kill()
        process.wait()
        time.sleep(LET_THE_SERVER_READ)
        kills.append((killed, time.time()))
        # Whatever stands there is a set; what was not decided is to be asked.
        assert {one.state for one in QuestionSet.open(questions.folder).read()} == {"open"}
    assert subprocess.run(words, stdout=subprocess.DEVNULL, check=False, timeout=60).returncode == 0
    assert unexcused_repeats(server.events(), kills) == []
    found = questions.read()
    assert "open" not in {one.state for one in found}
    assert all(arm.asked == 12 for one in found for arm in one.arms)
    undisturbed = subprocess.run(
        [*command(server, questions.folder, tmp_path / "other.sqlite")], check=False, timeout=60
    )
    assert undisturbed.returncode == 0
    assert questions.read() == found
