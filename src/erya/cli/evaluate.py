"""`erya evaluate`: measure before you change, and after."""

import json
from pathlib import Path

import click

from erya.cli.common import (
    as_option,
    echo,
    echo_json,
    filter_option,
    finding_options,
    place_options,
    settings_for,
    table,
    usual_options,
)
from erya.cli.evaluate_benchmark import benchmark
from erya.cli.evaluate_judge import judge
from erya.cli.evaluate_retrieval import retrieval
from erya.cli.lazy import Group
from erya.cli.measured import (
    again_option,
    concurrency_option,
    fresh_option,
    kept_options,
    queries_option,
    seed_option,
    show_comparison,
    show_run,
    split_option,
    watching,
    written,
)
from erya.cli.principals import principal_for
from erya.errors import UsageError
from erya.evaluating import (
    Data,
    Experiment,
    Run,
    RunOptions,
    Scorers,
    System,
    compare,
    run_experiment,
    runs_of,
)
from erya.evaluating.experiments import experiment_of, score_again
from erya.evaluating.files import lines_of
from erya.evaluating.leaderboard import (
    file_name_of,
    leaderboard,
    models_of,
    read_summaries,
    summary_of,
)
from erya.filters import Filter
from erya.shapes import comparison_shape, runs_shape

__all__ = ["app"]

app = Group(
    "evaluate",
    help="Measure, with intervals. Every measurement is kept as a run.",
)
app.add_command(retrieval)
app.add_command(benchmark)
app.add_command(judge)
guidelines_option = click.option(
    "--guidelines",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Rules that answers have to keep, one on a line, for the judge.",
)


@app.command("answers")
@click.argument("kb", help="The knowledge base to ask.")
@click.argument(
    "file",
    type=click.Path(path_type=Path),
    help="Questions with answers, one JSON object on a line.",
)
@finding_options
@split_option
@queries_option
@seed_option
@click.option(
    "--judge",
    "judged_by",
    metavar="NAME",
    help="A chat model that judges the answers, too.",
)
@guidelines_option
@concurrency_option
@as_option
@filter_option
@kept_options
@usual_options
def answers(
    *,
    kb: str,
    file: Path,
    model: str | None,
    query_strategy: str | None,
    rerank_model: str | None,
    split: str,
    queries: int | None,
    seed: int,
    judged_by: str | None,
    guidelines: Path | None,
    concurrency: int,
    narrowed: str | None,
    where: Filter | None,
    csv: Path | None,
    html: Path | None,
    fresh: bool,
    again: bool,
    as_json: bool,
    home: Path | None,
    config: Path | None,
) -> None:
    """Ask a base questions with known answers, and measure what it says.

    A line of FILE has `question` and `answers`, each right on its own; an empty list
    where the documents do not say. It may have `id`, and `source` and `quote` where
    they do. A run that was stopped goes on with the next question, and what a chat
    model has said once is not asked again.

    Examples:

      erya evaluate answers handbook questions.jsonl

      erya evaluate answers handbook questions.jsonl --model qwen --html report.html

      erya evaluate answers handbook questions.jsonl --judge gpt --guidelines rules.txt
    """
    settings = settings_for(
        home=home,
        config=config,
        chat_model=model,
        query_strategy=query_strategy,
        rerank_model=rerank_model,
    )
    if guidelines is not None and judged_by is None:
        msg = "--guidelines are for a judge: name one with --judge."
        raise UsageError(msg)
    experiment = Experiment(
        kind="answers",
        data=Data(path=file, split=split, queries=queries, seed=seed),
        system=System(
            settings=settings,
            kb=kb,
            principal=principal_for(settings, narrowed),
            where=where,
        ),
        scorers=Scorers(
            judge=judged_by or "", guidelines=tuple(_read_rules(guidelines))
        ),
    )
    with watching() as watcher:
        options = RunOptions(
            fresh=fresh, again=again, concurrency=concurrency, watcher=watcher
        )
        run = run_experiment(experiment, options)
    written(run, csv=csv, html=html)
    show_run(run, as_json=as_json)


@app.command("rerun")
@click.argument("run", help="A run's name, its folder, or `last`.")
@again_option
@usual_options
def rerun(
    *, run: str, again: bool, as_json: bool, home: Path | None, config: Path | None
) -> None:
    """Measure again what a run measured, with its settings, and compare.

    What models said before is repeated, and costs nothing, unless --again asks anew.

    Examples:

      erya evaluate rerun last --again

      erya evaluate rerun 20261122-080122-answers-handbook-questions
    """
    settings = settings_for(home=home, config=config)
    before = runs_of(settings).get(run)
    with watching() as watcher:
        options = RunOptions(fresh=True, again=again, watcher=watcher)
        after = run_experiment(experiment_of(before, settings), options)
    found = compare(before, after)
    if as_json:
        echo_json(comparison_shape(found))
    else:
        show_comparison(found)


@app.command("score")
@click.argument("run", help="A run's name, its folder, or `last`.")
@click.option(
    "--judge", "judged_by", required=True, metavar="NAME", help="A chat model."
)
@guidelines_option
@concurrency_option
@fresh_option
@again_option
@usual_options
def score(
    *,
    run: str,
    judged_by: str,
    guidelines: Path | None,
    concurrency: int,
    fresh: bool,
    again: bool,
    as_json: bool,
    home: Path | None,
    config: Path | None,
) -> None:
    """Score the answers of a kept run by a judge; nothing is asked or searched again.

    What comes is a run of its own, to be compared with the first.

    Examples:

      erya evaluate score last --judge gpt

      erya evaluate score last --judge gpt --guidelines rules.txt --concurrency 8
    """
    settings = settings_for(home=home, config=config)
    before = runs_of(settings).get(run)
    scorers = Scorers(judge=judged_by, guidelines=tuple(_read_rules(guidelines)))
    with watching() as watcher:
        options = RunOptions(
            fresh=fresh, again=again, concurrency=concurrency, watcher=watcher
        )
        scored = score_again(before, scorers, settings=settings, options=options)
    show_run(scored, as_json=as_json)


@app.command("runs")
@usual_options
def runs(*, as_json: bool, home: Path | None, config: Path | None) -> None:
    """List what was measured, the oldest first.

    Examples:

      erya evaluate runs

      erya evaluate runs --json
    """
    settings = settings_for(home=home, config=config)
    kept = runs_of(settings)
    found = [kept.get(name) for name in kept.names()]
    if as_json:
        echo_json(runs_shape(found))
        return
    if not found:
        echo("Nothing was measured yet. Try: erya evaluate --help")
        return
    table(
        [_line(each) for each in found],
        header=("RUN", "ITEMS", "STATE", "MAIN FIGURE", "MODELS"),
    )


@app.command("forget")
@click.argument("names", nargs=-1, metavar="[RUN]...", help="Names of runs.")
@click.option("--kb", metavar="NAME", help="All runs that asked this base.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@place_options
def forget(
    *,
    names: tuple[str, ...],
    kb: str | None,
    yes: bool,
    home: Path | None,
    config: Path | None,
) -> None:
    """Delete runs. They quote passages, also of documents that a base has lost since.

    Examples:

      erya evaluate forget 20261127-091500123-answers-handbook

      erya evaluate forget --kb handbook --yes
    """
    kept = runs_of(settings_for(home=home, config=config))
    wanted = list(dict.fromkeys([*names, *(kept.of_base(kb) if kb else ())]))
    if not wanted:
        msg = (
            "No run was named, and none asked that base. List them: erya evaluate runs"
        )
        raise UsageError(msg)
    if not yes and not click.confirm(f"Delete {len(wanted)} runs for good?"):
        msg = "Nothing was deleted."
        raise UsageError(msg)
    for name in wanted:
        kept.forget(name)
        echo(f"Deleted {name}.")


def _line(run: Run) -> tuple[str, ...]:
    main, settings = run.main_metric, run.spec.get("settings") or {}
    values = list(run.values(main).values())
    told = f"{main} {sum(values) / len(values):.4f}" if values else "-"
    models = models_of(settings)
    models += [run.spec["judge"]["name"]] if run.spec.get("judge") else []
    state = "finished" if run.finished else "unfinished"
    return run.name, str(len(run.items)), state, told, ", ".join(models)


@app.command("summary")
@click.argument("run", help="A run's name, its folder, or `last`.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Where to write it, as a file.",
)
@place_options
def summary(
    *, run: str, out: Path | None, home: Path | None, config: Path | None
) -> None:
    """Print the figures of a run, without any question, answer, passage or path.

    What it prints may be committed where the data itself may not.

    Examples:

      erya evaluate summary last

      erya evaluate summary last --out benchmarks/results/runs
    """
    found = runs_of(settings_for(home=home, config=config)).get(run)
    if not found.finished:
        echo(
            f"Note: {found.name} is not finished; {len(found.items)} are measured.",
            err=True,
        )
    told = summary_of(found)
    if out is None:
        echo_json(told)
        return
    path = out / file_name_of(told)
    try:
        out.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", "utf-8")
    except OSError as error:
        msg = f"{path} cannot be written: {error}."
        raise UsageError(msg) from None
    echo(f"The figures of {told['run']} are in {path}.")


@app.command("leaderboard")
@click.argument("folder", type=click.Path(path_type=Path), help="Summaries of runs.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FILE",
    help="The page, in Markdown.",
)
def page(*, folder: Path, out: Path) -> None:
    """Make a page of all summaries in a folder, every figure with its command.

    Examples:

      erya evaluate leaderboard benchmarks/results/runs --out docs/results.md
    """
    summaries = read_summaries(folder)
    try:
        out.write_text(leaderboard(summaries), "utf-8")
    except OSError as error:
        msg = f"{out} cannot be written: {error}."
        raise UsageError(msg) from None
    echo(f"{len(summaries)} runs in {out}.")


def _read_rules(path: Path | None) -> list[str]:
    """Return the lines of a file of guidelines.

    Raises:
        UsageError: It cannot be read, or has none.
    """
    if path is None:
        return []
    rules = [line.strip() for _, line in lines_of(path)]
    if not rules:
        msg = f"{path} has no guidelines."
        raise UsageError(msg)
    return rules
