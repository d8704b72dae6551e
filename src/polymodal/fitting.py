"""What `Model.fit` does: from a table or a store to everything that answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from torch import nn

from polymodal.asked import as_training
from polymodal.errors import SettingError
from polymodal.portfolio.limitations import limitations
from polymodal.portfolio.portfolio import Portfolio
from polymodal.portfolio.preset import PRESETS, least_rows, networks_of
from polymodal.portfolio.train import train_portfolio
from polymodal.schema.lines import counted
from polymodal.schema.table import Table
from polymodal.store.disk.dataset import is_store
from polymodal.store.disk.store import Store
from polymodal.store.loader.streamed import larger_store
from polymodal.store.preprocessing import Preprocessor
from polymodal.training.aligned import train_space
from polymodal.training.build import probe
from polymodal.training.choice import Choice
from polymodal.training.ensemble import Recipe, held_out_rows
from polymodal.training.history import OUT_OF_TIME, History
from polymodal.training.plan import Plan
from polymodal.training.progress import progress_bar
from polymodal.training.rows import learners, pairable, refuse_unreadable, same_rows, settled
from polymodal.training.setting_faults import setting_faults
from polymodal.training.settings import ALIGN, CONTRAST, NETWORK, idle

if TYPE_CHECKING:
    from polymodal.model import Model


@dataclass(frozen=True)
class Fitted:
    """What was learnt.

    Attributes:
        portfolio: everything that answers.
        preprocessor: schema, statistics and frozen encoders.
        features: by modality with somebody's own encoder, how wide what it returns is.
        histories: of each network.
        limitations: what the rows did not let it learn or check, in words.
    """

    portfolio: Portfolio
    preprocessor: Preprocessor
    features: dict[str, int]
    histories: list[History]
    limitations: list[str]


def learn(
    model: Model,
    table: Any,
    *,
    budget: float | None,
    checkpoint: Path | None,
    max_unreadable: float,
    most_bytes: float,
    progress: bool,
) -> Fitted:
    """With the settings of `model`, which is left as it is; arguments and errors are those of `Model.fit`."""
    table = Store.open(table) if is_store(table) else table
    stored = larger_store(table, most_bytes, model.seed)
    more = () if model.same is None else (model.same,)
    given: Table = as_training(table, more) if stored is None else stored.part.outline(more)
    _check(model, given)
    refuse_unreadable(given, max_unreadable)
    preset = PRESETS[model.preset]
    names = preset.learners_for(given) if model.learners is None else model.learners
    chosen = settled(learners(given, least_rows(names))) if given.schema.targets else pairable(given, model.hub)
    choice = Choice.of(chosen.schema, model.encoders)
    if stored is None:
        chosen = chosen.with_schema(choice.schema)
        preprocessor = Preprocessor.measure(chosen, choice.frozen)
        prepared = preprocessor.prepare(chosen)
    else:
        chosen = chosen.with_schema(choice.schema).with_cells({n: chosen.cells(n) for n in choice.schema.names})
        preprocessor = Preprocessor.measure(stored.sample(chosen, model.seed), choice.frozen)
        prepared = stored.streamed(chosen, preprocessor)
    if model.same is not None:
        columns = table.columns if isinstance(table, Store) else None
        prepared = replace(prepared, same=same_rows(chosen, model.same, columns))
    features = {n: probe(n, e, prepared) for n, e in choice.trained.items() if isinstance(e, nn.Module)}
    aligns = model.objective == ALIGN
    n_asked = 1 if aligns else preset.n_folds(chosen) if model.folds == "auto" else model.folds
    n_folds = min(n_asked, chosen.n_groups)
    recipe = Recipe(
        fusion=model.fusion,
        width=model.width,
        dropout=model.dropout,
        encoders=choice.trained,
        features=features,
        plan=partial(_plan, model, n_folds if preset.is_quick else 1),
        seed=model.seed,
        contrast=(model.contrast or CONTRAST) if aligns else None,
        hub=model.hub,
    )
    with progress_bar(progress) as watch:
        if chosen.schema.targets:
            portfolio, histories, missed = train_portfolio(
                chosen, prepared, recipe, names, n_folds, budget=budget, checkpoint=checkpoint, watch=watch
            )
        else:
            network, history = train_space(chosen, prepared, recipe, budget=budget, checkpoint=checkpoint, watch=watch)
            portfolio, histories, missed = Portfolio.of_networks({}, [network]), [history], []
    told = limitations(chosen, prepared, held_out_rows(chosen, n_folds, model.seed), n_asked)
    told += [] if stored is None else [stored.limitation(chosen)]
    told += [*missed, *_of_time(histories)]
    told += _of_settings(model, names if chosen.schema.targets else (NETWORK,))
    decided = preprocessor.schema.model_copy(update={"targets": dict(portfolio.targets)})
    return Fitted(portfolio, replace(preprocessor, schema=decided), features, histories, told)


def _of_time(histories: Sequence[History]) -> Iterator[str]:
    """Whether training ended before its time, which is not to say that it would have got any better."""
    cut = [one for one in histories if one.stopped == OUT_OF_TIME]
    if cut:
        which = "the network" if len(histories) == 1 else f"{len(cut)} of {len(histories)} networks"
        fewest = min(len(one.losses) for one in cut)
        yield f"the budget ended the training of {which}, after {counted(fewest, 'pass', 'passes')} or more"


def _of_settings(model: Model, learners: Sequence[str]) -> list[str]:
    """What was asked of networks and had none to matter to."""
    trained = networks_of(learners)
    unused = idle(vars(model), trained)
    if not unused:
        return []
    whose = "of the model's own fusion " if trained else ""
    what = f"{' and '.join(unused)} changed nothing, since no network {whose}is trained"
    return [f"{what}; {_other(model, learners)} trains one"]


def _other(model: Model, learners: Sequence[str]) -> str:
    """What to ask for, to have a network."""
    return "preset='good'" if model.learners is None else f"learners={[*learners, NETWORK]!r}"


def _plan(model: Model, n_networks: int, n_rows: int) -> Plan:
    settings = {one.name: getattr(model, one.name) for one in fields(Plan)}  # of one name in both
    return Plan.for_rows(n_rows, n_networks=n_networks, compares=model.objective == ALIGN, **settings)


def _check(model: Model, table: Any) -> None:
    if not isinstance(table, Table):
        raise SettingError(
            f"fit takes a Table, a Store or the path of one, {type(table).__name__} came; read it first: "
            "pm.Table.read(data, target=...)"
        )
    if not table.schema.targets and model.objective != ALIGN:
        raise SettingError(
            "the table has no target; name it: pm.Table.read(data, target=...). What belongs together can be learnt "
            f"without one: Model(objective={ALIGN!r})"
        )
    if not table.schema.modalities:
        raise SettingError("the table has no modality to learn from; see print(table.report())")
    faults = list(setting_faults(vars(model), table.schema))
    if faults:
        raise SettingError("\n".join(faults))
    learners = PRESETS[model.preset].learners if model.learners is None else model.learners
    if model.objective == ALIGN and table.schema.targets and not networks_of(learners):
        raise SettingError(
            f"objective={ALIGN!r} is learnt by a network, and none is trained; {_other(model, learners)} trains one"
        )
