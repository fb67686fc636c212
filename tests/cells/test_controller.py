"""Controllers are torch's layers: which layer sees what, and when, is written out."""

import pytest
import torch
from torch import nn

from recollect.cells import FeedforwardController, GRUController, LSTMController


def run(controller, x, state):
    found = []
    for step in x.unbind(1):
        h, state = controller(step, state)
        found.append(h)
    return torch.stack(found, 1), state


def test_one_layer_is_torch_s_lstm():
    controller, x = LSTMController(4, hidden_size=6), torch.randn(3, 5, 4)
    lstm = nn.LSTM(4, 6, batch_first=True)
    layer = controller.layers[0]
    lstm.load_state_dict({f"{name}_l0": part for name, part in layer.state_dict().items()})
    y, state = run(controller, x, controller.initial_state(3))
    wanted, (hidden, inner) = lstm(x)
    torch.testing.assert_close(y, wanted)
    torch.testing.assert_close(state.hidden, hidden.transpose(0, 1))
    torch.testing.assert_close(state.inner, inner.transpose(0, 1))


@pytest.mark.parametrize("layers", [2, 3])
def test_a_layer_sees_the_input_the_one_below_now_and_itself_a_step_ago(layers):
    """Published code went through time and layers in the wrong order, and still trained."""
    controller, x = LSTMController(4, hidden_size=6, layers=layers), torch.randn(3, 5, 4)
    y, last = run(controller, x, controller.initial_state(3))
    below, outputs = x, []
    for number, layer in enumerate(controller.layers):  # a layer after the other, each in time
        lstm = nn.LSTM(below.shape[-1], 6, batch_first=True)
        lstm.load_state_dict({f"{name}_l0": part for name, part in layer.state_dict().items()})
        h, (hidden, inner) = lstm(below)
        torch.testing.assert_close(last.hidden[:, number], hidden[0])
        torch.testing.assert_close(last.inner[:, number], inner[0])
        below = torch.cat([x, h], -1)
        outputs.append(h)
    torch.testing.assert_close(y, torch.cat(outputs, -1))  # all layers are seen


def test_a_gru_is_torch_s():
    controller, x = GRUController(4, hidden_size=6), torch.randn(3, 5, 4)
    gru = nn.GRU(4, 6, batch_first=True)
    gru.load_state_dict({f"{n}_l0": part for n, part in controller.rnn.state_dict().items()})
    y, (h,) = run(controller, x, controller.initial_state(3))
    torch.testing.assert_close(y, gru(x)[0])
    torch.testing.assert_close(h, y[:, -1])


def test_feedforward_layers_are_one_above_the_other():
    controller, x = FeedforwardController(4, hidden_size=6, layers=2), torch.randn(3, 4)
    h, state = controller(x, ())
    first, second = controller.layers
    torch.testing.assert_close(h, second(first(x).tanh()).tanh())
    assert state == ()
