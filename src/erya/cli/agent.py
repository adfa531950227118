"""`erya agent`: a model that works with tools, on behalf of whoever calls it."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import click

from erya.agents import (
    STRATEGIES,
    AgentEvent,
    AgentFinished,
    AgentOptions,
    AgentRun,
    AgentRuns,
    Runner,
    StoredRun,
    ToolReturned,
    ToolStarted,
    open_agent,
    start_run,
    work,
)
from erya.cli.answers import show_answer, words_for
from erya.cli.common import (
    as_option,
    echo,
    echo_json,
    flags_of,
    interactive,
    kb_option,
    model_option,
    settings_for,
    table,
    usual_options,
)
from erya.cli.lazy import Group
from erya.cli.principals import principal_for
from erya.cli.text import one_line, snippet
from erya.cli.tools import (
    bases_for_tools,
    open_bases,
    shown_arguments,
    split_tools,
    tool_options,
)
from erya.config import Settings
from erya.errors import UsageError
from erya.records import Answer, Principal, ToolCall, absolute_path
from erya.shapes import agent_run_shape, stored_run_shape
from erya.tools import Tool

__all__ = ["app"]

app = Group("agent", help="Let a model work with tools.")

run_argument = click.argument("run_id", metavar="RUN", help="The id of the run.")
_SHOWN = 20
_USUAL = AgentOptions()


@app.command("run")
@click.argument("task", help="What is to be done or found out, in quotes.")
@tool_options
@click.option(
    "--allow",
    default="",
    metavar="LIST",
    help="What calls may do without asking you: write, network, money.",
)
@click.option(
    "--strategy",
    type=click.Choice(list(STRATEGIES)),
    default=_USUAL.strategy,
    help="How it works.",
)
@click.option(
    "--steps", type=click.IntRange(min=1), default=_USUAL.steps, help="Turns at most."
)
@click.option(
    "--seconds",
    type=click.FloatRange(min=0.1),
    default=_USUAL.seconds,
    help="How long it may take.",
)
@click.option("--tokens", type=click.IntRange(min=1), help="Tokens it may take.")
@click.option(
    "--context",
    type=click.IntRange(min=500),
    default=_USUAL.context,
    help="Tokens that the model is sent at once; of more the oldest results are cut.",
)
@model_option
@kb_option
@as_option
@usual_options
def run_agent(
    *,
    task: str,
    tools: str,
    folder: Path | None,
    allow: str,
    strategy: str,
    steps: int,
    seconds: float,
    tokens: int | None,
    context: int,
    model: str | None,
    kb: str | None,
    narrowed: str | None,
    as_json: bool,
    home: Path | None,
    config: Path | None,
) -> None:
    """Let a chat model work on a task with tools, and answer with sources.

    It reads what you may read. What would change something, send something to another
    machine or cost money is shown to you first, and refused where nobody is at the
    terminal, unless --allow says otherwise.

    Examples:

      erya agent run "Compare the leave rules of 2024 and 2025" --kb handbook

      erya agent run "What do 37 days at our travel rates cost?" --kb handbook --json

      erya agent run "Write a summary of hr/ to summary.md" --tools documents,files
      --folder notes/

      erya agent run "Is our notice period what the law asks?" --tools documents,web
      --allow network --strategy self-check
    """
    settings = settings_for(home=home, config=config, kb=kb, chat_model=model)
    if not task.strip():
        msg = "The task is empty. Say what is to be done, in quotes."
        raise UsageError(msg)
    options = AgentOptions(
        tools=split_tools(tools),
        folder=absolute_path(folder) if folder else "",
        allow=split_tools(allow),
        strategy=strategy,
        steps=steps,
        seconds=seconds,
        tokens=tokens,
        context=context,
    )
    principal = principal_for(settings, narrowed)
    names = bases_for_tools(settings, options.tools)
    kept = _kept(settings, options, names)

    def act(runner: Runner) -> Iterator[AgentEvent]:
        run = start_run(runner.agent, task)
        return work(runner, run, strategy=options.strategy)

    run = _worked(settings, principal, kept, act=act, quiet=as_json)
    _show_run(run, settings=settings, names=names, as_json=as_json)


@app.command("resume")
@run_argument
@as_option
@usual_options
def resume(
    *,
    run_id: str,
    narrowed: str | None,
    as_json: bool,
    home: Path | None,
    config: Path | None,
) -> None:
    """Go on with a run that was cut off, with the same tools and limits.

    What only reads is done again where it has to be; a call with effects that was begun
    is not.

    Example:

      erya agent resume 3f2a9c81d0b7e645
    """
    settings = settings_for(home=home, config=config)
    principal = principal_for(settings, narrowed)
    stored = AgentRuns(settings.home).get(run_id, principal=principal)
    if stored.owner != principal.user:
        msg = f"The run {run_id} is of {stored.owner}. Go on as them: --as NAME"
        raise UsageError(msg)
    if stored.run.is_over:
        msg = f"The run {run_id} is over ({stored.run.reason}). Begin another."
        raise UsageError(msg)
    run = _worked(
        settings,
        principal,
        dict(stored.options),
        act=lambda runner: runner.run(stored.run),
        quiet=as_json,
    )
    _show_run(run, settings=settings, names=stored.options["kb"], as_json=as_json)


@app.command("list")
@click.option("--all", "everything", is_flag=True, help="Not the last 20 alone.")
@as_option
@usual_options
def list_runs(
    *,
    everything: bool,
    narrowed: str | None,
    as_json: bool,
    home: Path | None,
    config: Path | None,
) -> None:
    """List runs, the newest first.

    Example:

      erya agent list
    """
    settings = settings_for(home=home, config=config)
    runs = AgentRuns(settings.home).all(principal=principal_for(settings, narrowed))
    runs = runs if everything else runs[:_SHOWN]
    if as_json:
        echo_json({"runs": [stored_run_shape(each) for each in runs]})
    elif not runs:
        echo("No runs yet. Begin one: erya agent run TASK")
    else:
        rows = [
            (each.run.id, each.created_at, each.run.reason, snippet(each.run.task))
            for each in runs
        ]
        table(rows, header=("RUN", "BEGUN", "ENDED", "TASK"))


@app.command("show")
@run_argument
@as_option
@usual_options
def show(
    *,
    run_id: str,
    narrowed: str | None,
    as_json: bool,
    home: Path | None,
    config: Path | None,
) -> None:
    """Show a run: each turn, each call with what it returned, and the answer.

    Example:

      erya agent show 3f2a9c81d0b7e645
    """
    settings = settings_for(home=home, config=config)
    principal = principal_for(settings, narrowed)
    stored = AgentRuns(settings.home).get(run_id, principal=principal)
    if as_json:
        echo_json(agent_run_shape(stored.run))
        return
    _show_turns(stored)


def _show_turns(stored: StoredRun) -> None:
    run = stored.run
    echo(f"Run {run.id} of {stored.owner}, begun {stored.created_at}: {run.reason}")
    for message in run.messages[1:]:
        for part in message.parts:
            if isinstance(part, ToolCall):
                echo(f"\n→ {part.name}({shown_arguments(part)})")
            else:
                text = getattr(part, "text", "")
                echo(f"\n[{message.role}] {snippet(text, width=2_000)}")
    if run.note:
        echo(f"\nNote: {run.note}")
    if not run.is_over:
        echo(f"\nGo on with: erya agent resume {run.id}")


def _kept(
    settings: Settings, options: AgentOptions, names: list[str]
) -> dict[str, Any]:
    """Return what a run keeps of how it was started."""
    return {"kb": names, "model": settings.chat_model, "agent": asdict(options)}


def _worked(
    settings: Settings,
    principal: Principal,
    kept: dict[str, Any],
    *,
    act: Callable[[Runner], Iterator[AgentEvent]],
    quiet: bool,
) -> AgentRun:
    """Let an agent work, show what it does, and keep each step.

    Raises:
        UsageError: A tool or the model is missing.
    """
    runs = AgentRuns(settings.home)
    options = AgentOptions.from_json(kept["agent"])
    with_model = replace(settings, chat_model=kept["model"])
    with (
        open_bases(settings, kept["kb"]) as assistant,
        open_agent(with_model, assistant, options) as agent,
    ):
        runner = Runner(
            agent=agent,
            principal=principal,
            check=lambda text, hits: (
                assistant.check(text, hits, principal=principal)
                if assistant is not None
                else Answer(text=text)
            ),
            approve=_approve,
            save=lambda run: runs.save(run, principal=principal, options=kept),
        )
        return _followed(act(runner), quiet=quiet)


def _followed(events: Iterator[AgentEvent], *, quiet: bool) -> AgentRun:
    final: AgentRun | None = None
    for event in events:
        if isinstance(event, AgentFinished):
            final = event.run
        elif not quiet and isinstance(event, ToolStarted):
            echo(f"→ {event.call.name}({shown_arguments(event.call)})", err=True)
        elif not quiet and isinstance(event, ToolReturned) and event.result.is_error:
            echo(f"  {one_line(event.result.text)[:200]}", err=True)
    if final is None:
        msg = "The run has no end."
        raise RuntimeError(msg)
    return final


def _approve(call: ToolCall, tool: Tool) -> bool:
    """Ask the person at the terminal; nobody approves where there is none."""
    if not interactive():
        echo(f"Not approved, as nobody is asked: {call.name}. See --allow.", err=True)
        return False
    may = ", ".join(sorted(tool.permissions - {"read"}))
    echo(f"\n{call.name} ({may}):\n{shown_arguments(call, width=4_000)}", err=True)
    return click.confirm("May it?", err=True)


def _show_run(
    run: AgentRun, *, settings: Settings, names: list[str], as_json: bool
) -> None:
    if as_json:
        echo_json(agent_run_shape(run))
    else:
        flags = flags_of({"--kb": ",".join(names), "--home": settings.home})
        words = words_for(settings.language, run.task)
        if run.answer.text:
            show_answer(run.answer, words=words, flags=flags, context=False)
        if run.reason != "answered":
            echo(f"\nNot finished ({run.reason}). {run.note}", err=True)
        echo(f"\nRun {run.id}, {run.steps} turns: erya agent show {run.id}", err=True)
    if run.reason != "answered":
        raise click.exceptions.Exit(1)
