"""`convscope atlas`: the main job."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from convscope.cli.options import RUN, Common, Images, Model, ModelOptions, choose_layers, load_network


def atlas(
    model: Model,
    images: Images,
    /,
    *,
    out: Annotated[Path, Parameter(alias="-o", help="folder for the atlas")],
    layers: Annotated[str | None, Parameter(group=RUN)] = None,
    k: Annotated[int, Parameter(name="-k", group=RUN)] = 9,
    batch: Annotated[int, Parameter(group=RUN)] = 32,
    workers: Annotated[int, Parameter(group=RUN)] = 1,
    options: ModelOptions | None = None,
    common: Common | None = None,
) -> None:
    """Make an atlas: for every unit the patches that excite it most, beside what it takes from each.

    Scans the images, projects the strongest responses of every unit back to pixels, and writes a folder with a page,
    `index.html`, that opens from disk. When it was stopped, the same command goes on where it was; when all is done, it
    says so. A folder that holds the atlas of another model or of other images is left alone.

        convscope atlas zoo:squeezenet1_1 samples: -o atlas
        convscope atlas torchvision:resnet18 photos/ -o atlas --layers layer1,layer4 -k 16
        convscope atlas py:mypackage.nets:small npz:images.npz#val -o atlas --weights small.safetensors

    Parameters
    ----------
    layers
        Layers to show, separated by commas; by default one for each spatial stage.
    k
        Responses to keep for each unit, at most one from an image.
    batch
        Images that go through the network together.
    workers
        Processes that share the work.
    """
    common = common or Common()
    import convscope

    net = load_network(model, options or ModelOptions(), seed=common.seed)
    names = choose_layers(net, layers)
    source = convscope.open_source(images)
    terminal = common.terminal()
    terminal.remark(f"{net.name} on {source.describe()}; layers {', '.join(names)}")
    with terminal.progress() as progress:
        made = convscope.build_atlas(
            net, source, out, layers=names, k=k, batch=batch, workers=workers, progress=progress
        )
    page = Path(out) / "index.html"
    terminal.result({"out": str(out), "page": str(page)})
    terminal.say(f"open {page}")
    del made
