"""What a command has done so far, over a kill."""

from brushwork.lab.journal import Journal


def test_a_line_that_a_kill_cut_off_counts_for_nothing_and_spoils_no_other(tmp_path):
    journal = Journal(tmp_path / "done.jsonl")
    assert list(journal.lines()) == []
    first, second = {"url": "a", "note": 'two\nlines, "quoted"'}, {"url": "b", "note": ""}
    journal.add(first)
    with (tmp_path / "done.jsonl").open("a") as file:
        file.write('{"url": "killed", "no')
    assert list(journal.lines()) == [first]
    journal.add(second)
    assert list(journal.lines()) == [first, second]
