"""The annotation file through its public door: what goes in comes out, on the next day as well."""

from __future__ import annotations

import sqlite3
import tempfile
import time
import unicodedata
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from model import annotation_file, schema
from model.annotations import (
    Alternative,
    Box,
    Character,
    Edit,
    Page,
    PageChange,
    PageMark,
    Prediction,
    RunRecord,
    Source,
    State,
    WeightsRecord,
    Word,
    WordChange,
)
from model.errors import StoreCorruptError, StoreError, StoreLockedError, StoreTooNewError
from model.store import FILE_NAME, AnnotationStore, Counts, Trash, newest_backup

BOX = Box.from_bounds(10, 20, 110, 52)


@pytest.fixture
def store(tmp_path):
    with AnnotationStore.open(tmp_path, create=True, author="ann") as store:
        store.add_pages([tmp_path / "a.jpg"], [(640, 480)])
        yield store


def edit(before: Word | None, after: Word | None, title: str = "Edit") -> Edit:
    return Edit(title, (WordChange(before, after),))


def add_word(store: AnnotationStore, label: str | None = None, *, page_id: int = 1) -> Word:
    word = Word(store.next_word_id(), page_id, BOX, label, source=Source.TYPED if label else None)
    store.apply(edit(None, word, "Draw word"))
    return store.content(page_id).words[-1]


UGLY = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12),
    st.sampled_from(
        [
            "",
            " ",
            "e\u0301",
            "ﬁ",
            "\u1100\u1161",
            "שלום",
            "👩‍👩‍👧",
            "a\nb\tc\r",
            "'; DROP TABLE words; --",
            "\ufeff",
            "\x01",
        ]
    ),
)
COORDINATES = st.floats(-1e6, 1e6) | st.integers(0, 4000).map(float)
BOXES = st.tuples(*[st.tuples(COORDINATES, COORDINATES)] * 4).map(Box)
UNIT = st.floats(0, 1)
PREDICTIONS = st.builds(
    Prediction,
    UGLY,
    UNIT,
    st.lists(st.builds(Character, UGLY, UNIT, UNIT, UNIT), max_size=2).map(tuple),
    st.lists(st.builds(Alternative, UGLY, UNIT), max_size=2).map(tuple),
    st.sampled_from(["starter", "mine"]),
)


class StoreAgainstDict(RuleBasedStateMachine):
    """The store beside plain dictionaries: whatever is done, and however often it is reopened, they agree."""

    @initialize()
    def begin(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / FILE_NAME
        self.store = AnnotationStore.open(self.path, create=True, author="ann")
        self.store.add_pages([self.path.with_name("a.jpg")])
        self.words: dict[int, Word] = {}
        self.predictions: dict[int, Prediction] = {}
        self.done: list[Edit] = []
        self.undone: list[Edit] = []

    def teardown(self):
        if hasattr(self, "store"):
            self.store.close()
            self.folder.cleanup()

    def apply(self, edit: Edit) -> None:
        self.store.apply(edit)
        for change in edit.changes:
            moved = change.before is None or change.after is None or change.before.box != change.after.box
            if moved:
                self.predictions.pop(change.word_id, None)
            if change.after is None:
                del self.words[change.word_id]
            else:
                self.words[change.word_id] = change.after

    def do(self, title: str, *changes: WordChange) -> None:
        edit = Edit(title, changes)
        self.apply(edit)
        self.done.append(edit)
        self.undone.clear()

    def pick(self, data) -> Word:
        return self.words[data.draw(st.sampled_from(sorted(self.words)))]

    @rule(box=BOXES, label=st.none() | UGLY)
    def draw(self, box, label):
        label = label and unicodedata.normalize("NFC", label)
        self.do("Draw", WordChange(None, Word(self.store.next_word_id(), 1, box, label, author="bob", changed_at=1.5)))

    @precondition(lambda self: self.words)
    @rule(data=st.data(), label=st.none() | UGLY, ignored=st.booleans())
    def label(self, data, label, ignored):
        word = self.pick(data)
        label = label and unicodedata.normalize("NFC", label)
        source = None if label is None else Source.ACCEPTED
        after = replace(word, label=label, ignored=ignored, source=source, author="eve", changed_at=word.changed_at + 1)
        self.do("Type", WordChange(word, after))

    @precondition(lambda self: self.words)
    @rule(data=st.data(), box=BOXES)
    def move_one_and_delete_the_rest(self, data, box):
        word = self.pick(data)
        others = [WordChange(other, None) for other in self.words.values() if other.id > word.id]
        self.do("Move", WordChange(word, replace(word, box=box)), *others)

    @rule(texts=st.lists(UGLY, max_size=3))
    def import_words(self, texts):
        texts = [unicodedata.normalize("NFC", text) for text in texts]
        new = [Word(0, 0, BOX, text, source=Source.IMPORTED, author="imp", changed_at=2.0) for text in texts]
        ids = self.store.add_words({1: new})
        self.words |= {i: replace(word, id=i, page_id=1) for i, word in zip(ids, new, strict=True)}

    @precondition(lambda self: self.done)
    @rule()
    def undo(self):
        self.undone.append(self.done.pop())
        self.apply(self.undone[-1].inverted())

    @precondition(lambda self: self.undone)
    @rule()
    def redo(self):
        self.done.append(self.undone.pop())
        self.apply(self.done[-1])

    @precondition(lambda self: self.words)
    @rule(data=st.data(), prediction=PREDICTIONS, late=st.booleans())
    def predict(self, data, prediction, late):
        word = self.pick(data)
        box = word.box.moved(3, 0) if late else word.box
        moved = box != word.box  # so far out, three pixels may be nothing
        assert self.store.save_predictions([(word.id, box, prediction), (10**6, box, prediction)]) == (not moved)
        if not moved:
            text = unicodedata.normalize("NFC", prediction.text)
            self.predictions[word.id] = replace(prediction, text=text)

    @precondition(lambda self: self.words)
    @rule(data=st.data())
    def an_edit_of_what_is_not_there_any_more_changes_nothing(self, data):
        word = self.pick(data)
        stale = replace(word, label=(word.label or "") + "!")
        fresh = Word(self.store.next_word_id(), 1, BOX, "never")
        with pytest.raises(StoreError, match="changed elsewhere"):
            self.store.apply(Edit("Stale", (WordChange(None, fresh), WordChange(stale, None))))

    @rule()
    def reopen(self):
        self.store.close()
        self.undone.clear()
        self.store = AnnotationStore.open(self.path, author="ann")

    @invariant()
    def agree(self):
        content = self.store.content(1)
        assert {w.id: w for w in content.words} == self.words
        assert dict(content.predictions) == self.predictions
        assert self.store.predictions_for(self.words) == self.predictions
        assert list(self.store.words()) == sorted(self.words.values(), key=lambda w: w.id)
        assert self.store.undo_history() == self.done
        for state in State:
            expected = {w.id for w in self.words.values() if w.state(self.predictions.get(w.id)) is state}
            assert {w.id for w in self.store.words(state=state)} == expected
            assert getattr(self.store.counts(), state) == len(expected)


class StoreAgainstDictForLonger(StoreAgainstDict):
    """The same with more examples."""


COMMON = settings(deadline=None, suppress_health_check=list(HealthCheck))  # every step waits for the disk
StoreAgainstDict.TestCase.settings = settings(COMMON, max_examples=8, stateful_step_count=20)
StoreAgainstDictForLonger.TestCase.settings = settings(COMMON, max_examples=150, stateful_step_count=40)
TestStoreAgainstDict = StoreAgainstDict.TestCase
TestStoreAgainstDictForLonger = pytest.mark.slow(StoreAgainstDictForLonger.TestCase)


def test_labels_are_kept_in_normal_form_c_and_edits_may_come_in_any(store):
    word = add_word(store, "cafe\u0301")
    assert word.label == "café"
    store.apply(edit(replace(word, label="cafe\u0301"), replace(word, label="the\u0301")))
    assert store.content(1).words[0].label == "thé"


@pytest.mark.parametrize("label", ["a\0b", "half \ud83d"])
def test_a_label_that_no_file_can_hold_is_refused_with_the_whole_edit(store, label):
    fine, bad = Word(1, 1, BOX, "fine"), Word(2, 1, BOX, label)
    with pytest.raises(StoreError, match="cannot hold"):
        store.apply(Edit("Two", (WordChange(None, fine), WordChange(None, bad))))
    assert store.counts().words == 0


def test_a_word_says_who_made_it_and_an_undo_gives_the_earlier_author_back(store):
    first = add_word(store, "1")
    assert first.author == "ann"
    assert first.changed_at > 1e9
    change = edit(first, replace(first, label="2", author="bob", changed_at=5.0))
    store.apply(change)
    store.apply(change.inverted())
    assert store.content(1).words == (first,)


def test_word_history_tells_every_edit_of_the_word_and_of_no_other(store):
    word = add_word(store)
    add_word(store, "other")
    typed = edit(word, replace(word, label="x"), "Type label")
    store.apply(typed)
    store.apply(typed.inverted())
    entries = store.word_history(word.id)
    assert [(e.title, e.undoes, e.author) for e in entries] == [
        ("Draw word", False, "ann"),
        ("Type label", False, "ann"),
        ("Type label", True, "ann"),
    ]
    assert [e.change.after and e.change.after.label for e in entries] == [None, "x", None]


def test_undo_history_is_the_newest_that_stand_oldest_first(store):
    edits = [edit(None, Word(i, 1, BOX, author="a", changed_at=1.0), f"Draw {i}") for i in range(1, 6)]
    for each in edits[:4]:
        store.apply(each)
    store.apply(edits[3].inverted())
    store.apply(edits[2].inverted())
    store.apply(edits[4])
    assert [e.title for e in store.undo_history()] == ["Draw 1", "Draw 2", "Draw 5"]
    assert [e.title for e in store.undo_history(limit=2)] == ["Draw 2", "Draw 5"]


def test_an_id_is_never_given_twice(store):
    word = add_word(store)
    store.apply(edit(word, None))
    assert store.next_word_id() == word.id + 1
    path = store.path
    store.close()
    with AnnotationStore.open(path) as again:
        assert again.next_word_id() == word.id + 1


def test_predictions_never_touch_what_a_human_said(store):
    word = add_word(store, "human")
    store.save_predictions([(word.id, word.box, Prediction("machine", 0.99, weights="w"))])
    content = store.content(1)
    assert content.words == (word,)
    assert content.predictions[word.id].text == "machine"
    assert store.counts().verified == 1


def test_a_prediction_is_a_suggestion_until_a_human_speaks_or_the_box_moves(store):
    word = add_word(store)
    store.save_predictions([(word.id, word.box, Prediction("machine", 0.5))])
    assert store.counts() == Counts(pages=1, words=1, suggested=1)

    typed = edit(word, replace(word, label="human"))
    store.apply(typed)
    assert store.counts() == Counts(pages=1, words=1, verified=1)
    store.apply(typed.inverted())
    assert store.counts() == Counts(pages=1, words=1, suggested=1)
    assert [w.id for w in store.words(state=State.SUGGESTED)] == [word.id]

    store.apply(edit(word, replace(word, box=word.box.moved(1, 0))))
    assert store.counts() == Counts(pages=1, words=1, unlabelled=1)
    assert store.content(1).predictions == {}


def test_a_prediction_for_pixels_that_are_not_the_words_any_more_is_dropped(store):
    word = add_word(store)
    late = (word.id, word.box.moved(0.25, 0), Prediction("late", 0.5))
    gone = (word.id + 1, word.box, Prediction("gone", 0.5))
    fine = (word.id, word.box, Prediction("fine", 0.5))
    assert store.save_predictions([late, gone, fine]) == 1
    assert store.predictions_for([word.id, word.id + 1]) == {word.id: fine[2]}


def test_the_newest_prediction_counts_and_older_weights_keep_theirs(store):
    word = add_word(store)
    for text, weights in [("old", "a"), ("new", "b"), ("again", "a")]:
        store.save_predictions([(word.id, word.box, Prediction(text, 0.5, weights=weights))])
    assert store.predictions_for([word.id])[word.id].text == "again"
    assert store.predictions_for([word.id], weights="b")[word.id].text == "new"
    assert store.predictions_for([word.id], weights="c") == {}


def test_pages_are_known_by_their_place_beside_the_file(store, tmp_path):
    outside = tmp_path.parent / "elsewhere.png"
    new = store.add_pages([tmp_path / "sub" / "b.jpg", tmp_path / "a.jpg", outside, tmp_path / "sub" / "b.jpg"])
    assert [(p.id, p.path) for p in new] == [(2, "sub/b.jpg"), (3, "../elsewhere.png")]
    assert store.pages() == [Page(1, "a.jpg", 640, 480), *new]
    assert (store.root / new[1].path).resolve() == outside


def test_a_page_is_the_same_through_a_link_to_the_project(store, tmp_path):
    link = tmp_path.parent / f"{tmp_path.name}-link"
    link.symlink_to(tmp_path)
    assert store.add_pages([link / "a.jpg"]) == []


def test_a_file_name_that_is_not_text_is_listed_with_its_problem(store, tmp_path):
    [page] = store.add_pages([tmp_path / "caf\udce9.jpg"])
    assert page.problem
    assert store.pages()[-1] == page
    assert store.add_pages([tmp_path / "caf\udce9.jpg"]) == []


def mark(page_id: int, mark: PageMark, *, is_set: bool = True) -> Edit:
    return Edit("Mark page", (), pages=(PageChange(page_id, mark, is_set),))


def test_pages_change_go_to_the_trash_and_come_back(store, tmp_path):
    [second] = store.add_pages([tmp_path / "b.jpg"])
    add_word(store, "kept", page_id=second.id)
    store.apply(mark(1, PageMark.VERIFIED))
    store.update_page(replace(second, width=3, height=4, problem="It is empty."))
    assert store.pages() == [Page(1, "a.jpg", 640, 480, verified=True), Page(2, "b.jpg", 3, 4, "It is empty.")]

    store.apply(mark(2, PageMark.TRASHED))
    assert [p.id for p in store.pages()] == [1]
    assert [p.id for p in store.trashed_pages()] == [2]
    assert store.counts() == Counts(pages=1)
    assert list(store.words()) == []
    assert store.add_pages([tmp_path / "b.jpg"]) == []
    with pytest.raises(StoreError, match="Page 2 was changed elsewhere"):
        store.apply(mark(2, PageMark.TRASHED))

    for edit in reversed(store.undo_history()[1:]):
        store.apply(edit.inverted())
    assert store.pages() == [Page(1, "a.jpg", 640, 480), Page(2, "b.jpg", 3, 4, "It is empty.")]
    assert store.page_counts() == {2: Counts(1, 1, verified=1)}
    assert [w.label for w in store.words()] == ["kept"]
    assert [e.title for e in store.undo_history()] == ["Draw word"]


def test_the_trash_names_pages_and_deleted_words_with_when_and_by_whom(store, tmp_path):
    [second] = store.add_pages([tmp_path / "b.jpg"])
    beside = add_word(store, "beside", page_id=second.id)
    kept, gone = add_word(store, "kept"), add_word(store, "gone")
    store.apply(Edit("Delete words", (WordChange(kept, None), WordChange(gone, None))))
    store.apply(edit(None, kept, "Restore word"))
    taken_back = add_word(store)
    store.apply(edit(None, taken_back).inverted())
    before = store.trash()
    assert [(d.word, d.page.path, d.by) for d in before.words] == [(gone, "a.jpg", "ann")]
    assert before.words[0].at == pytest.approx(time.time(), abs=60)

    store.apply(edit(beside, None, "Delete word"))
    store.apply(mark(second.id, PageMark.TRASHED))
    after = store.trash()
    assert [(t.page, t.words, t.by) for t in after.pages] == [(second, 0, "ann")]
    assert after.words == before.words, "what was deleted from a page in the trash is with that page"


def test_emptying_the_trash_forgets_pages_for_good_and_nothing_else(store, tmp_path):
    [second] = store.add_pages([tmp_path / "b.jpg"])
    here, there = add_word(store, "here"), add_word(store, "there", page_id=second.id)
    both = [replace(word, label=word.label.upper()) for word in (here, there)]
    store.apply(Edit("Replace", (WordChange(here, both[0]), WordChange(there, both[1]))))
    store.apply(mark(second.id, PageMark.TRASHED))
    assert store.empty_trash() == 1
    assert store.trash() == Trash()
    assert [w.label for w in store.words()] == ["HERE"]
    assert store.word_history(there.id) == []
    assert [e.title for e in store.undo_history()] == ["Draw word", "Replace"]
    store.apply(store.undo_history()[-1].inverted())
    assert [w.label for w in store.words()] == ["here"]
    assert store.add_pages([tmp_path / "b.jpg"], are_wanted=False) == []
    [again] = store.add_pages([tmp_path / "b.jpg"])
    assert again.id > second.id
    assert store.content(again.id).words == ()


def test_words_come_by_page_then_id_however_many_there_are(store, tmp_path, monkeypatch):
    monkeypatch.setattr("model.store._WORDS_PER_READ", 3)
    store.add_pages([tmp_path / "b.jpg"])
    blank = Word(0, 0, BOX, "x")
    ids = [*store.add_words({2: [blank] * 4}), *store.add_words({1: [blank] * 4, 2: [blank] * 3})]
    assert [(w.page_id, w.id) for w in store.words()] == [
        *((1, i) for i in ids[4:8]),
        *((2, i) for i in ids[:4] + ids[8:]),
    ]
    assert [w.id for w in store.words(2, state=State.VERIFIED)] == ids[:4] + ids[8:]


def test_an_edit_on_a_page_that_is_not_there_is_refused(store):
    with pytest.raises(StoreError, match="does not fit"):
        store.apply(edit(None, Word(1, 99, BOX)))
    with pytest.raises(StoreError, match="no page 99"):
        store.content(99)


def test_the_history_of_weights_and_the_active_ones(store):
    first = WeightsRecord("h1", "first", "w/1.safetensors", None, 1.0, {"cer": 0.25}, "kept", True)
    second = WeightsRecord("h2", "zweite", "w/2.safetensors", "h1", 2.0, {"fixed": [1, 2]}, "refused: worse")
    store.add_weights(first)
    store.add_weights(second)
    assert store.weights_history() == [first, second]
    store.activate_weights("h2")
    assert [r.active for r in store.weights_history()] == [False, True]
    store.activate_weights(None)
    assert [r.active for r in store.weights_history()] == [False, False]
    with pytest.raises(StoreError, match="no weights h3"):
        store.activate_weights("h3")


def test_there_is_one_writer_and_the_error_names_it(store):
    with pytest.raises(StoreLockedError, match="process") as caught:
        AnnotationStore.open(store.path)
    assert caught.value.owner == store.owner


def test_a_reader_sees_what_the_writer_commits_and_may_not_write(store):
    with AnnotationStore.open(store.path, read_only=True) as reader:
        assert reader.owner == store.owner
        add_word(store, "seen")
        assert [w.label for w in reader.words()] == ["seen"]
        with pytest.raises(StoreError, match="reading only"):
            reader.add_pages([])


def test_after_closing_one_file_is_all_of_it(store, tmp_path):
    add_word(store, "here")
    store.close()
    store.close()
    assert [p.name for p in tmp_path.iterdir() if not p.name.startswith(".")] == [FILE_NAME]
    copy = tmp_path / "copy.crnn"
    copy.write_bytes((tmp_path / FILE_NAME).read_bytes())
    with AnnotationStore.open(copy, read_only=True) as again:
        assert [w.label for w in again.words()] == ["here"]


def test_closing_while_somebody_reads_leaves_one_file_too(store, tmp_path):
    add_word(store, "here")
    with AnnotationStore.open(store.path, read_only=True) as reader:
        assert reader.counts().words == 1
        store.close()
        copy = tmp_path / "copy.crnn"
        copy.write_bytes((tmp_path / FILE_NAME).read_bytes())
    with AnnotationStore.open(copy) as again:
        assert again.counts().words == 1


def test_a_missing_file_is_not_made_unasked(tmp_path):
    for read_only in (False, True):
        with pytest.raises(StoreError, match="no annotation file"):
            AnnotationStore.open(tmp_path, read_only=read_only)
    assert list(tmp_path.iterdir()) == []
    with AnnotationStore.open(tmp_path / "new" / "my.crnn", create=True) as store:
        assert store.path.name == "my.crnn"


@pytest.mark.parametrize("content", [b"", b"no database at all" * 100, b"SQLite format 3\0" + bytes(4096)])
@pytest.mark.parametrize("read_only", [False, True])
def test_a_file_that_is_no_annotation_file_is_refused_and_left_as_it_is(tmp_path, content, read_only):
    path = tmp_path / FILE_NAME
    path.write_bytes(content)
    with pytest.raises(StoreCorruptError):
        AnnotationStore.open(path, create=not read_only, read_only=read_only)
    assert path.read_bytes() == content


def test_the_database_of_another_program_is_refused(tmp_path):
    path = tmp_path / FILE_NAME
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE words (id)")
    other.close()
    with pytest.raises(StoreCorruptError, match="not an annotation file") as caught:
        AnnotationStore.open(path)
    path.unlink()
    AnnotationStore.open(path, create=True).close()  # the refusal has let go of the lock
    del caught  # its traceback kept alive whatever held the lock


def _add_note(db: sqlite3.Connection) -> None:
    db.execute("ALTER TABLE words ADD COLUMN note TEXT")


def _fail(db: sqlite3.Connection) -> None:
    db.execute("DELETE FROM words")
    db.execute("ALTER TABLE nowhere ADD COLUMN note TEXT")


@pytest.fixture
def old_file(store):
    add_word(store, "old")
    store.close()
    return store.path


def test_an_older_file_is_backed_up_and_migrated(old_file, monkeypatch):
    monkeypatch.setattr(schema, "MIGRATIONS", [*schema.MIGRATIONS, _add_note])
    with pytest.raises(StoreError, match="older version"):
        AnnotationStore.open(old_file, read_only=True)
    with AnnotationStore.open(old_file) as store:
        assert [w.label for w in store.words()] == ["old"]
        assert add_word(store, "new").label == "new"
    monkeypatch.undo()

    before = old_file.read_bytes()
    with pytest.raises(StoreTooNewError, match="newer version"):
        AnnotationStore.open(old_file)
    assert old_file.read_bytes() == before
    [backup] = old_file.with_name(FILE_NAME + ".backups").glob(f"*-version-{len(schema.MIGRATIONS)}.crnn")
    with AnnotationStore.open(backup, read_only=True) as kept:
        assert [w.label for w in kept.words()] == ["old"]


def test_a_migration_that_fails_leaves_the_old_file(old_file, monkeypatch):
    monkeypatch.setattr(schema, "MIGRATIONS", [*schema.MIGRATIONS, _add_note, _fail])
    with pytest.raises(StoreError):
        AnnotationStore.open(old_file)
    monkeypatch.undo()
    with AnnotationStore.open(old_file) as store:
        assert [w.label for w in store.words()] == ["old"]


@pytest.fixture(params=[1, 2])
def file_of_version(request, tmp_path, monkeypatch):
    """A file as earlier versions of the program made it: a page, a word drawn and labelled, a page in the trash."""
    path = tmp_path / FILE_NAME
    monkeypatch.setattr(schema, "MIGRATIONS", schema.MIGRATIONS[: request.param])
    schema.create(path)
    monkeypatch.undo()
    before = '{"id":1,"page":1,"box":[1,2,9,2,9,8,1,8],"author":"ann","changed_at":5,"label":%s,"ignored":false,%s}'
    drawn, labelled = before % ("null", '"source":null'), before % ('"old"', '"source":"typed"')
    changes = (f'[{{"before":null,"after":{drawn}}}]', f'[{{"before":{drawn},"after":{labelled}}}]')
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("INSERT INTO pages (path, verified) VALUES ('a.jpg', 1)")
        db.execute("INSERT INTO pages (path, trashed_at) VALUES ('b.jpg', 7.5)")
        db.execute("INSERT INTO words VALUES (1, 1, 1, 2, 9, 2, 9, 8, 1, 8, 'old', 0, 'typed', 'ann', 5, 'verified')")
        for entry, (title, change) in enumerate(zip(("Draw word", "Type label"), changes, strict=True), start=1):
            db.execute("INSERT INTO journal VALUES (?, 5, 'ann', ?, 0, ?)", (entry, title, change))
            db.execute("INSERT INTO journal_words VALUES (1, ?)", (entry,))
    return path


def test_a_file_of_an_earlier_version_keeps_everything_and_takes_what_is_new(file_of_version):
    with AnnotationStore.open(file_of_version) as store:
        assert [(w.label, w.author) for w in store.words()] == [("old", "ann")]
        assert [(p.path, p.verified) for p in store.pages()] == [("a.jpg", True)]
        assert [(t.page.path, t.at, t.by) for t in store.trash().pages] == [("b.jpg", 7.5, "")]
        assert [h.title for h in store.word_history(1)] == ["Draw word", "Type label"]
        store.apply(mark(2, PageMark.TRASHED, is_set=False))
        for edit in reversed(store.undo_history()):
            store.apply(edit.inverted())
        assert list(store.words()) == []
        assert [t.page.path for t in store.trash().pages] == ["b.jpg"]
        read_and_verify(store, "new", read="new", weights="w")
        store.save_run(RunRecord("first", 1.0))
        assert store.verifications(9) == {"w": (True,)}
        assert [run.name for run in store.runs()] == ["first"]


# --- what verified words say of the weights ---


def read_and_verify(store: AnnotationStore, label: str, *, read: str | None, weights: str = "w") -> Word:
    word = add_word(store)
    if read is not None:
        store.save_predictions([(word.id, BOX, Prediction(read, 0.9, weights=weights))])
    verified = replace(word, label=label, source=Source.TYPED)
    store.apply(edit(word, verified))
    return verified


def test_a_verification_tests_the_prediction_that_stood_beside_the_word(store):
    read_and_verify(store, "rose", read="rose")
    read_and_verify(store, "tulip", read="tuIip")
    read_and_verify(store, "lily", read=None)
    add_word(store, "typed while it was drawn")
    assert store.verifications(9) == {"w": (True, False)}


def test_what_was_read_later_tests_nothing(store):
    word = read_and_verify(store, "rose", read="nose")
    store.save_predictions([(word.id, BOX, Prediction("rose", 0.9, weights="w2"))])
    store.apply(edit(word, replace(word, ignored=True)))
    assert store.verifications(9) == {"w": (False,)}


def test_a_corrected_label_corrects_the_test_and_a_cleared_one_takes_it_back(store):
    word = read_and_verify(store, "nose", read="rose")
    assert store.verifications(9) == {"w": (False,)}
    corrected = replace(word, label="rose")
    store.apply(edit(word, corrected))
    assert store.verifications(9) == {"w": (True,)}
    store.apply(edit(word, corrected).inverted())
    store.apply(edit(word, replace(word, label=None)))
    assert store.verifications(9) == {}


def test_the_newest_words_of_each_weights_are_told_in_their_order(store):
    for weights, right in (("old", [False] * 3), ("new", [True, False, True]), ("old", [True])):
        for is_right in right:
            read_and_verify(store, "rose", read="rose" if is_right else "nose", weights=weights)
    told = store.verifications(2)
    assert told == {"new": (False, True), "old": (False, True)}
    assert list(told) == ["new", "old"], "the weights of the newest word come last"


def test_runs_are_kept_as_they_stand_the_newest_first(store):
    run = RunRecord("a", 1.0, None, 38, options={"minutes": 5}, curves={"batches": [[1, None]]}, log=("begun",))
    store.save_run(run)
    store.save_run(RunRecord("b", 2.0))
    ended = replace(run, ended_at=3.0, outcome="better", reason="measured", log=("begun", "ended"))
    store.save_run(ended)
    assert store.runs() == [RunRecord("b", 2.0), ended]
    assert store.runs(last=1) == [RunRecord("b", 2.0)]


class _Calendar(date):
    now = date(2024, 2, 25)

    @classmethod
    def today(cls) -> date:
        return cls.now


def test_before_the_first_change_of_a_day_the_day_before_is_kept_for_seven_days(store, monkeypatch):
    monkeypatch.setattr(annotation_file, "date", _Calendar)
    add_word(store, "day 0")
    for day in range(1, 10):
        _Calendar.now = date(2024, 2, 25) + timedelta(days=day)
        add_word(store, f"day {day}")
        add_word(store, f"later on day {day}")
    backups = sorted(store.path.with_name(FILE_NAME + ".backups").iterdir())
    assert [b.name for b in backups] == [f"{date(2024, 2, 28) + timedelta(days=i)}.crnn" for i in range(7)]
    assert newest_backup(store.path) == backups[-1]
    with AnnotationStore.open(backups[-1], read_only=True) as kept:
        assert [w.label for w in kept.words()][-1] == "later on day 8"


def test_without_room_for_a_backup_the_edit_is_kept_and_the_problem_told(store, caplog):
    store.path.with_name(FILE_NAME + ".backups").write_text("in the way")
    add_word(store, "first")
    add_word(store, "second")
    assert "cannot be written" in store.backup_problem
    assert "no backup today" in caplog.text
    assert store.counts().words == 2


def test_a_value_without_a_table_is_kept_under_its_name_until_it_is_taken_away(store):
    assert store.meta("lexicon") is None
    store.set_meta("lexicon", "a")
    store.set_meta("lexicon", "b ü")
    with AnnotationStore.open(store.path, read_only=True) as reader:
        assert reader.meta("lexicon") == "b ü"
        with pytest.raises(StoreError, match="reading only"):
            reader.set_meta("lexicon", "c")
    store.set_meta("lexicon", None)
    assert store.meta("lexicon") is None
