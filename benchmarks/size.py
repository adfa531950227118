"""How large an installation is: the wheel and what it declares, as pip installs them.

    python benchmarks/size.py

Builds the wheel, installs it with pip under the constraints into a fresh environment,
bytecode included, takes pip and setuptools away, and adds up what is left: blocks on
disk as `du -sm` counts them, which is the bar of 320, and the sizes of the files.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from common import print_run

ROOT = Path(__file__).parent.parent
NOT_OURS = ("pip", "setuptools", "pkg_resources", "_distutils_hack")
SHOWN = 12


def main() -> None:
    """Build, install and weigh."""
    with tempfile.TemporaryDirectory() as folder:
        dist, env = Path(folder, "dist"), Path(folder, "env")
        _run(sys.executable, "-m", "venv", str(env))
        pip = [str(env / "bin" / "python"), "-m", "pip", "--quiet"]
        _run(*pip, "wheel", "--no-deps", "--wheel-dir", str(dist), str(ROOT))
        (wheel,) = dist.glob("*.whl")
        constraints = str(ROOT / "constraints.txt")
        _run(*pip, "install", "--constraint", constraints, str(wheel))
        (packages,) = (env / "lib").glob("python*/site-packages")
        parts = [each for each in packages.iterdir() if not _of_others(each)]
        weights = {each.name: _weight(each) for each in parts}
        blocks = sum(each[0] for each in weights.values())
        sizes = sum(each[1] for each in weights.values())
        print_run()
        print(f"wheel: {wheel.stat().st_size / 1e6:.1f} MB")
        print(f"site-packages: {blocks / 2**20:.0f} MiB on disk (du -sm),")
        print(f"  {sizes / 1e6:.0f} MB in files; of them")
        largest = sorted(weights.items(), key=lambda each: -each[1][0])[:SHOWN]
        for name, (on_disk, _) in largest:
            print(f"  {on_disk / 2**20:6.1f}  {name}")


def _of_others(part: Path) -> bool:
    return (
        part.name.split("-")[0] in NOT_OURS or part.name == "distutils-precedence.pth"
    )


def _weight(part: Path) -> tuple[int, int]:
    """Return the bytes of blocks on disk, and of the files' sizes."""
    files = [part, *part.rglob("*")] if part.is_dir() else [part]
    found = [each.lstat() for each in files]
    return (
        sum(each.st_blocks for each in found) * 512,
        sum(s.st_size for s, f in zip(found, files, strict=True) if not f.is_dir()),
    )


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")


if __name__ == "__main__":
    main()
