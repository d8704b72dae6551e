import pytest
from pydantic import ValidationError

import polymodal as pm
from polymodal.errors import SettingError


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: pm.Series(rat=500), "Series: no setting 'rat'. Did you mean 'rate'? Allowed: "),
        (lambda: pm.Series(rate=-1), "Series: rate: Input should be greater than 0; -1 came"),
        (lambda: pm.Survival("days"), "Survival: event is needed"),
        (lambda: pm.Category(decide="f7"), "Category: decide is a probability"),
        (lambda: pm.Series(rate=0, rat=1), "greater than 0; 0 came; no setting 'rat'"),
    ],
)
def test_what_is_wrong_is_told_as_everywhere_else(make, says):
    with pytest.raises(SettingError) as raised:
        make()
    assert says in str(raised.value)
    assert "pydantic" not in str(raised.value)


def test_what_is_read_back_is_checked_by_pydantic():
    with pytest.raises(ValidationError):
        pm.Series.model_validate({"rate": -1})
