import pytest

from erya.loading import parse

PAGE = """!!! warning "First"
    Stop the pump.

??? note
    Kept for 35 days.

=== "Linux"

    ```bash
    run !!! note "x" == y
    ```

=== "Other"

    Ask Ida.

> [!IMPORTANT]
> Call 51.

:::tip Restore
It takes 90 minutes.
:::

Term
:   What it means

[[Notes#Plan|see plan]] and [[Home]], ==7 days== %%14 days%%
"""


def test_what_programs_add_to_markdown_is_read_as_it_is_shown():
    parsed = parse(PAGE.encode(), "a.md")

    assert parsed.text == (
        "First\n\nStop the pump.\n\nNote\n\nKept for 35 days.\n\nLinux\n\n"
        'run !!! note "x" == y\n\nOther\n\nAsk Ida.\n\nImportant\n\nCall 51.\n\n'
        "Restore\n\nIt takes 90 minutes.\n\nTerm: What it means\n\n"
        "see plan and Home, 7 days"
    )
    assert [notice.code for notice in parsed.notices] == ["comments"]


@pytest.mark.parametrize(
    "text",
    [
        "a == b and c == d",
        "`[[x]]` and `==y==`",
        "100%% of it",
        "std::vector and ::",
        "!!!",
    ],
)
def test_other_signs_stay(text):
    assert parse(text.encode(), "a.md").text == text.replace("`", "")
