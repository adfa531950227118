"""What Erya knows about Chinese and English text.

Terms for the index, sentences for quoting, and the size of a text in tokens. It never
changes a text: whatever is folded or cut here is for comparing and counting only.
"""

from erya.language.analysis import (
    ANALYSIS,
    QueryTerms,
    Terms,
    content_words,
    document_terms,
    is_code,
    passage_terms,
    query_terms,
    question_words,
    tagged_words,
    terms,
)
from erya.language.denials import denies
from erya.language.fact_finding import Fact, facts
from erya.language.folding import fold_letters
from erya.language.lexicon import WORD_KINDS, Lexicon, Word, lexicon_of
from erya.language.limits import Limits, limits
from erya.language.normalizing import listed, normal_text
from erya.language.raising import STANDING, lowered, raised
from erya.language.references import (
    Reference,
    leading_reference_spans,
    leading_references,
    named_numbers,
    reference_keys,
    references,
)
from erya.language.sentence_ends import LIST_MARK, sentences
from erya.language.spelling import edit_distance
from erya.language.tables import (
    header_above,
    is_row,
    named_row,
    names_columns,
    table_cells,
    table_header,
    table_row,
)
from erya.language.tokens import (
    HAN,
    count_tokens,
    language_of,
    run_together,
    token_ends,
)
from erya.language.written import (
    WrittenTerms,
    format_counts,
    sum_formatted_counts,
    write_terms,
)

__all__ = [
    "ANALYSIS",
    "HAN",
    "LIST_MARK",
    "STANDING",
    "WORD_KINDS",
    "Fact",
    "Lexicon",
    "Limits",
    "QueryTerms",
    "Reference",
    "Terms",
    "Word",
    "WrittenTerms",
    "content_words",
    "count_tokens",
    "denies",
    "document_terms",
    "edit_distance",
    "facts",
    "fold_letters",
    "format_counts",
    "header_above",
    "is_code",
    "is_row",
    "language_of",
    "leading_reference_spans",
    "leading_references",
    "lexicon_of",
    "limits",
    "listed",
    "lowered",
    "named_numbers",
    "named_row",
    "names_columns",
    "normal_text",
    "passage_terms",
    "query_terms",
    "question_words",
    "raised",
    "reference_keys",
    "references",
    "run_together",
    "sentences",
    "sum_formatted_counts",
    "table_cells",
    "table_header",
    "table_row",
    "tagged_words",
    "terms",
    "token_ends",
    "write_terms",
]
